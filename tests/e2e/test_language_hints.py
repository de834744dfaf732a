"""What is known of a client's language before they speak, through the real webhook."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.audio import ULAW_SILENCE
from app.domain.legs import Leg
from app.domain.records import Outcome
from app.emulator.script import AfterTurn, AtTime, Turn
from tests.e2e.harness import desk, script
from tests.e2e.sounds import babble

CALLED_NUMBER = (("+34910000001", "it"),)


def audible(ulaw: bytes) -> bytes:
    """Leave the silence out: where frames come late, it is between them."""
    return ulaw.replace(ULAW_SILENCE, b"")


@pytest.mark.parametrize(
    ("voice_path", "called_number_languages", "language"),
    [
        ("/voice/webhook", (), "en"),
        ("/voice/webhook", CALLED_NUMBER, "it"),
        ("/voice/webhook?language=fr-CA", CALLED_NUMBER, "fr"),
        ("/voice/webhook?language=zz", CALLED_NUMBER, "it"),
    ],
)
async def test_the_most_trusted_hint_decides_what_the_client_is_spoken_to_in(
    tmp_path: Path, voice_path: str, called_number_languages: tuple[tuple[str, str], ...], language: str
) -> None:
    async with desk(tmp_path, voice_path=voice_path, called_number_languages=called_number_languages) as at:
        report = await at.emulator.call(script(agent=(Turn("answer", AtTime(0.5), say=babble(1.5)),)))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert [(each.source_language, each.target_language) for each in call.utterances] == [("es", language)]


@pytest.mark.parametrize("bypass", [True, False])
async def test_two_who_speak_the_same_language_hear_each_others_own_voice(tmp_path: Path, bypass: bool) -> None:
    sound = babble(2.5)
    async with desk(
        tmp_path, voice_path="/voice/webhook?language=es", bypass_translation_for_same_language=bypass
    ) as at:
        report = await at.emulator.call(
            script(
                client=(Turn("first", AtTime(0.5), say=sound), Turn("second", AfterTurn("first", 4.0), say=sound)),
                agent=(Turn("answer", AfterTurn("second", 1.5), say=sound),),
            )
        )
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    middle = audible(sound[len(sound) // 3 : 2 * len(sound) // 3])
    for leg in Leg:
        assert (middle in audible(report.leg(leg).heard_ulaw)) == bypass, f"what the {leg} heard, sample for sample"
    later = Outcome.PASSED_THROUGH if bypass else Outcome.SPOKEN
    assert [each.outcome for each in call.utterances] == [Outcome.SPOKEN, later, later]
    assert call.client_language == "es"
