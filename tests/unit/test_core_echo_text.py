"""What was spoken on a leg and comes back as words is known again; what people say is not."""

from __future__ import annotations

import pytest

from app.core.echo_text import SpokenTexts
from app.domain.commands import ReportEcho, Translate
from app.domain.events import SpeechFinished, SpeechReady, TranslationReady
from app.domain.legs import Leg
from tests.unit.core_driver import CoreDriver

SENTENCE = "El paquete salió de nuestro almacén el 12 de marzo y llegará mañana por la tarde."


@pytest.fixture
def texts() -> SpokenTexts:
    texts = SpokenTexts()
    texts.spoken("Buenos días, ¿en qué puedo ayudarle?", 0)
    texts.spoken(SENTENCE, 2500)
    return texts


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        SENTENCE.upper().replace(",", ""),
        "el paquete salió del almacén el 12 de marzo y llegara mañana por la tarde",
        "salió de nuestro almacén",
        "llegará mañana por la tarde",
        "¿en qué puedo ayudarle? El paquete salió de nuestro almacén",
    ],
)
def test_what_was_spoken_is_an_echo_whole_in_pieces_and_misheard(texts: SpokenTexts, text: str) -> None:
    assert texts.is_echo(text, began_ms=1500, now_ms=8000)


@pytest.mark.parametrize(
    "text",
    [
        "sí",
        "Buenos días",
        "no, no, no",
        "12",
        "de marzo",
        "¿Y a qué hora llegará el paquete a mi casa?",
        "No quiero esperar hasta mañana, gracias.",
        "el paquete no es mío y la tarde no me viene bien",
    ],
)
def test_what_people_say_meanwhile_is_not(texts: SpokenTexts, text: str) -> None:
    assert not texts.is_echo(text, began_ms=3000, now_ms=8000)


def test_what_is_read_back_after_the_voice_has_ended_is_not(texts: SpokenTexts) -> None:
    assert not texts.is_echo("el 12 de marzo y llegará mañana por la tarde", began_ms=8500, now_ms=12_000)


def test_it_is_forgotten_after_twelve_seconds(texts: SpokenTexts) -> None:
    assert texts.is_echo(SENTENCE, began_ms=3000, now_ms=15_000)
    assert not texts.is_echo(SENTENCE, began_ms=3000, now_ms=25_000)


def test_nothing_was_spoken() -> None:
    assert not SpokenTexts().is_echo(SENTENCE, 0, 0)


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    texts = SpokenTexts()
    texts.spoken("您的包裹已于三月十二日离开我们的仓库，明天下午送达。", 0)
    assert texts.is_echo("已于三月十二日离开我们的仓库", 500, 3000)
    assert not texts.is_echo("好的", 500, 3000)
    assert not texts.is_echo("我想知道为什么这么晚才送到", 500, 3000)


@pytest.fixture
def driver() -> CoreDriver:
    driver = CoreDriver()
    driver.connect()
    driver.say(Leg.CLIENT)
    driver.final(Leg.CLIENT, 1, "Where is my parcel, please?", "en")
    (translate,) = driver.translations()
    driver.give(TranslationReady(translate.clause, "¿Dónde está mi paquete, por favor?"))
    driver.give(SpeechReady(translate.clause, b"\x20" * 16_000))
    driver.give(SpeechFinished(translate.clause))
    driver.log.clear()
    return driver


def test_a_leg_that_says_what_it_is_told_is_not_interpreted(driver: CoreDriver) -> None:
    driver.say(Leg.AGENT, 1500)
    driver.final(Leg.AGENT, 1, "¿Dónde está mi paquete por favor?", "es")
    assert driver.commands(ReportEcho) == [ReportEcho(Leg.AGENT)]
    assert not driver.commands(Translate)


def test_the_same_words_are_interpreted_on_the_leg_that_has_not_heard_them(driver: CoreDriver) -> None:
    driver.say(Leg.CLIENT, 1500)
    driver.final(Leg.CLIENT, 2, "¿Dónde está mi paquete por favor?", "en")
    assert not driver.commands(ReportEcho)
    assert len(driver.translations()) == 1


def test_an_answer_is_interpreted(driver: CoreDriver) -> None:
    driver.say(Leg.AGENT, 1500)
    driver.final(Leg.AGENT, 1, "Su paquete está en camino.", "es")
    assert len(driver.translations()) == 1
