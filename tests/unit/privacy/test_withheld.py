"""A language model sees no number that names somebody; the listener hears every one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

import pytest
from hypothesis import given

from app.config import Settings
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.factory import create_bare
from app.translation.withheld import STAND_INS, WithholdingTranslator
from tests.unit.privacy.numbers import cards

CARD = "4111 1111 1111 1111"


class Model(TranslationProvider):
    """Says what it is told, changed a little, and remembers what it was sent."""

    def __init__(self, change: Callable[[str], str] = str) -> None:
        self.capabilities = TranslatorCapabilities("model", frozenset({("en", "es")}), is_language_model=True)
        self.seen: list[TranslationRequest] = []
        self._change = change

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls()

    async def translate(self, request: TranslationRequest) -> str:
        self.seen.append(request)
        return self._change(request.text)


def translated(model: Model, text: str, source: str = "en", **values: tuple[str, ...]) -> str:
    request = TranslationRequest(text, source, "es" if source != "es" else "en", **values)
    return asyncio.run(WithholdingTranslator(model).translate(request))


@given(cards())
def test_the_model_never_sees_a_card_and_the_listener_hears_it(card: str) -> None:
    model = Model()
    assert translated(model, f"It is {card}, thanks.") == f"It is {card}, thanks."
    assert card not in model.seen[0].text
    assert model.seen[0].keep


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        (str.upper, f"IT IS {CARD}, THANKS."),
        (lambda text: text.replace(STAND_INS[0], "it"), f"It is it, thanks. {CARD}"),
        (lambda text: text.replace(f"{STAND_INS[0]}, thanks", f"thanks, {STAND_INS[0]}"), f"It is thanks, {CARD}."),
    ],
)
def test_whatever_the_model_does_the_number_is_said(change: Callable[[str], str], heard: str) -> None:
    assert translated(Model(change), f"It is {CARD}, thanks.") == heard


def test_a_number_in_words_comes_back_in_digits() -> None:
    model = Model()
    assert translated(model, "es el seis uno dos tres cuatro cinco seis siete ocho", "es") == "es el 612345678"


def test_what_was_said_before_and_what_to_keep_are_withheld_too() -> None:
    model = Model()
    translated(model, f"Again, {CARD}.", context=(f"My card is {CARD}",), keep=("4111", CARD, "Again"))
    sent = model.seen[0]
    assert sent.context == ("My card is [card]",)
    assert sent.keep == ("Again", STAND_INS[0])


def test_more_numbers_than_stand_ins_lose_none() -> None:
    numbers = [f"6123456{index:02}" for index in range(len(STAND_INS) + 2)]
    model = Model()
    heard = translated(model, " and ".join(numbers))
    assert all(number in heard and number not in model.seen[0].text for number in numbers)


def test_a_text_without_such_numbers_is_sent_as_it_is() -> None:
    model = Model()
    assert translated(model, "The order 4827 costs 65 euros.") == "The order 4827 costs 65 euros."
    assert model.seen[0].keep == ()


@pytest.mark.parametrize("is_on", [True, False])
def test_the_setting_decides_for_language_models(is_on: bool) -> None:
    settings = Settings(_env_file=None, openai_base_url="http://127.0.0.1:1/v1", redact_for_language_models=is_on)
    assert isinstance(create_bare(settings, "openai", "TRANSLATION_PROVIDER"), WithholdingTranslator) is is_on
    assert not isinstance(create_bare(settings, "scripted", "TRANSLATION_PROVIDER"), WithholdingTranslator)
