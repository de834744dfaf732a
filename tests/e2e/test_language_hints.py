"""What is known of a client's language before they speak, through the real webhook."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emulator.script import AtTime, Turn
from tests.e2e.harness import desk, script
from tests.e2e.sounds import babble

CALLED_NUMBER = (("+34910000001", "it"),)


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
