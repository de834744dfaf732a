"""The guard around a translator: what it asks for again, what it takes, and how long it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import pytest

from app.config import Settings
from app.domain.meaning import MeaningCheck, MissKind
from app.errors import ProviderTimeout
from app.translation.base import TranslationProvider, TranslationRequest, TranslatorCapabilities
from app.translation.guarded import GuardedTranslator, create_translator
from app.translation.scripted import ScriptedTranslator
from tests.contract.translation_suite import TranslationSuite

PAIR = ("en", "es")
CODE = "My code is six one two seven."


class Answers(TranslationProvider):
    """Gives one answer after the other; an exception is raised, None never comes."""

    def __init__(self, *answers: str | Exception | None, takes_instructions: bool = False) -> None:
        self.capabilities = TranslatorCapabilities("answers", frozenset({PAIR}), takes_instructions)
        self.requests: list[TranslationRequest] = []
        self.was_cancelled = False
        self._answers = iter(answers)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls()

    async def translate(self, request: TranslationRequest) -> str:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            try:
                await asyncio.Event().wait()
            finally:
                self.was_cancelled = True
        assert answer is not None
        return answer


class TestGuardedScripted(TranslationSuite):
    pair = ("de", "es")
    sentence = "Die Nummer der Bestellung ist 4521."

    def build(self) -> TranslationProvider:
        return GuardedTranslator(ScriptedTranslator(delay_ms=1))


def request(text: str) -> TranslationRequest:
    return TranslationRequest(text, *PAIR)


async def test_what_a_translator_learns_when_it_starts_is_known() -> None:
    class Learns(Answers):
        async def start(self) -> None:
            self.capabilities = TranslatorCapabilities("learns", frozenset({PAIR, ("es", "en")}))

    guard = GuardedTranslator(Learns())
    await guard.start()
    assert guard.capabilities.pairs == {PAIR, ("es", "en")}


async def test_a_right_translation_is_taken_as_it_is() -> None:
    answers = Answers("Mi código es 6127.")
    found = await GuardedTranslator(answers).translate_checked(request(CODE))
    assert (found.text, found.misses, found.check) == ("Mi código es 6127.", (), MeaningCheck.CLEAN)
    assert answers.requests == [request(CODE)]


async def test_lost_digits_are_asked_for_again_as_digits() -> None:
    answers = Answers("Mi código es 617.", "Mi código es 6127.")
    found = await GuardedTranslator(answers).translate_checked(request(CODE))
    assert (found.text, found.misses, found.check) == ("Mi código es 6127.", (), MeaningCheck.MENDED)
    assert answers.requests[1] == request("My code is 6127.")


async def test_a_lost_negation_is_asked_for_again_alone() -> None:
    text = "I want to stay with you, but I do not want the insurance."
    answers = Answers("Quiero quedarme y quiero el seguro.", "Quiero quedarme. Pero no quiero el seguro.")
    found = await GuardedTranslator(answers).translate_checked(request(text))
    assert found.check is MeaningCheck.MENDED
    assert answers.requests[1].text == "I want to stay with you. But I do not want the insurance."


async def test_a_translator_that_takes_instructions_is_told_what_to_keep() -> None:
    answers = Answers("Pague.", "Pague 20 euros el lunes.", takes_instructions=True)
    found = await GuardedTranslator(answers).translate_checked(request("Pay twenty euros on Monday."))
    assert found.check is MeaningCheck.MENDED
    assert answers.requests[1].text == "Pay twenty euros on Monday."
    assert set(answers.requests[1].keep) == {"twenty", "Monday", "euros"}


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("No es 5.", "Es 5 el lunes.", "No es 5."),
        ("Es 5 el lunes.", "No es 5.", "No es 5."),
        ("Es 5.", "Son 5.", "Es 5."),
    ],
)
async def test_the_one_that_misses_less_is_taken_and_flagged(first: str, second: str, taken: str) -> None:
    guard = GuardedTranslator(Answers(first, second))
    found = await guard.translate_checked(request("It is not six."))
    assert (found.text, found.check) == (taken, MeaningCheck.FLAGGED)
    assert MissKind.NUMBER in found.misses
    assert len(set(found.misses)) == len(found.misses)


@pytest.mark.parametrize("second", [None, ProviderTimeout("answers", "timeout"), ""])
async def test_a_second_try_that_brings_nothing_leaves_the_first(second: str | Exception | None) -> None:
    answers = Answers("Mi código es 617.", second)
    async with asyncio.timeout(10):
        found = await GuardedTranslator(answers).translate_checked(request(CODE))
    assert (found.text, found.misses, found.check) == ("Mi código es 617.", (MissKind.NUMBER,), MeaningCheck.FLAGGED)
    assert answers.was_cancelled == (second is None)


async def test_what_cannot_be_put_differently_is_not_asked_for_again() -> None:
    answers = Answers("Mi código es 617.")
    found = await GuardedTranslator(answers).translate_checked(request("My code is 6127."))
    assert found.check is MeaningCheck.FLAGGED
    assert len(answers.requests) == 1


async def test_a_translator_that_fails_fails_through_the_guard() -> None:
    with pytest.raises(ProviderTimeout):
        await GuardedTranslator(Answers(ProviderTimeout("answers", "timeout"))).translate_checked(request(CODE))


async def test_what_is_counted_adds_up() -> None:
    right, wrong = "Mi código es 6127.", "Mi código es 617."
    replies: Sequence[str | None] = (right, wrong, right, wrong, wrong, wrong, None)
    guard = GuardedTranslator(Answers(*replies))
    checks = [(await guard.translate_checked(request(CODE))).check for _ in range(4)]
    assert checks == [MeaningCheck.CLEAN, MeaningCheck.MENDED, MeaningCheck.FLAGGED, MeaningCheck.FLAGGED]
    tally = guard.tally
    assert (tally.checked, tally.missed, tally.retried, tally.late, tally.mended, tally.flagged) == (4, 3, 3, 1, 1, 2)
    assert tally.misses == {MissKind.NUMBER: 2}


@pytest.mark.parametrize(("value", "kind"), [(True, GuardedTranslator), (False, ScriptedTranslator)])
async def test_the_setting_switches_the_guard(value: bool, kind: type[TranslationProvider]) -> None:
    values: dict[str, Any] = {"_env_file": None, "translation_provider": "scripted", "meaning_guard": value}
    translator = create_translator(Settings(**values))
    assert type(translator) is kind
    found = await translator.translate_checked(TranslationRequest("The number is 4827.", "en", "es"))
    assert found.check is (MeaningCheck.CLEAN if value else MeaningCheck.UNCHECKED)
