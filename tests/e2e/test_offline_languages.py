"""Clients who do not keep to one language, with the engines that need no key and recordings of people."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.demo.captions import CaptionReader
from app.demo.desk import running_desk
from app.demo.judge import Judge
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.language_notices import notice_to_agent, notice_to_client
from app.domain.legs import Leg
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn, WhenQuiet
from tests.contract.stt_suite import SPEECH_DIR
from tests.e2e.harness import script
from tests.e2e.test_offline_engines import CLIPS, counted
from tests.e2e.test_offline_engines import pytestmark as needs_engines

ENGLISH = SPEECH_DIR / "en" / "fleurs_003.wav"
FRENCH = SPEECH_DIR / "fr" / "fleurs_002.wav"
GERMAN = SPEECH_DIR / "de" / "fleurs_001.wav"
ANSWER = CLIPS / "es" / "conteo.wav"

pytestmark = [
    *needs_engines,
    pytest.mark.skipif(not FRENCH.is_file(), reason=f"no recordings in {SPEECH_DIR} (set SPEECH_DIR)"),
]


async def hold(folder: Path, client: tuple[Turn, ...], agent: tuple[Turn, ...]) -> tuple[CallReport, CallView]:
    async with running_desk(folder) as at:
        report = await at.emulator.call(
            script(client=client, agent=agent, linger_s=6.0, patience_s=60.0, max_duration_s=120.0)
        )
        return report, await CaptionReader(at.http, lambda _: None).read_to_the_end()


async def test_a_client_who_goes_over_to_french_is_followed(tmp_path: Path) -> None:
    report, call = await hold(
        tmp_path,
        client=(
            Turn("english", AtTime(1.5), say=ENGLISH),
            Turn("french", WhenQuiet(2.0, since="first answer"), say=FRENCH),
        ),
        agent=(
            Turn("first answer", WhenQuiet(2.0, since="english"), say=ANSWER),
            Turn("second answer", WhenQuiet(2.0, since="french"), say=ANSWER),
        ),
    )
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert call.client_language == "fr"
    pairs = [(each.source_language, each.target_language) for each in call.utterances]
    assert list(dict.fromkeys(pairs)) == [("en", "es"), ("es", "en"), ("fr", "es"), ("es", "fr")]
    assert all(each.outcome is Outcome.SPOKEN for each in call.utterances)
    judge = await asyncio.to_thread(Judge, PROJECT_ROOT / "models" / "whisper-base")
    half = len(report.client.heard_ulaw) // 2
    answered = await asyncio.to_thread(judge.hear, report.client.heard_ulaw[half:], "fr", "")
    assert len(counted(answered.recognised, "fr")) >= 7, answered
    said = " ".join(each.translated_text or "" for each in call.utterances if each.speaker is Leg.CLIENT)
    heard = await asyncio.to_thread(judge.hear, report.agent.heard_ulaw, "es", said)
    assert heard.chrf >= 60, heard


async def test_a_client_whose_language_nothing_covers_is_told_and_so_is_the_agent(tmp_path: Path) -> None:
    report, call = await hold(
        tmp_path,
        client=(Turn("german", AtTime(1.5), say=GERMAN), Turn("bye", WhenQuiet(3.0), hang_up=True)),
        agent=(),
    )
    assert call.client_language == "de"
    assert {each.source_language for each in call.utterances} == {"de"}
    for each in call.utterances:
        assert (each.outcome, each.error_code) == (Outcome.UNTRANSLATED, "language-uncovered")
    judge = await asyncio.to_thread(Judge, PROJECT_ROOT / "models" / "whisper-base")
    told_from = int(report.client.said[0].end_s - 1) * SAMPLE_RATE_HZ
    for leg, language, told in (
        (Leg.CLIENT, "de", notice_to_client("de", "en", "de")),
        (Leg.AGENT, "es", notice_to_agent("de", "en", "es")),
    ):
        heard = await asyncio.to_thread(judge.hear, report.leg(leg).heard_ulaw[told_from:], language, told)
        assert heard.was_understood, heard
