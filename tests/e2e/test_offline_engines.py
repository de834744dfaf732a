"""One call through `uvicorn app.main:app` in a process of its own, with the engines that need no key.

What is asserted is what each party heard, as a recogniser understands it.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import pytest_audioeval

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.demo.captions import CaptionReader
from app.demo.desk import running_desk
from app.demo.judge import Judge
from app.domain.legs import CallStatus, Leg
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn, WhenQuiet
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from tests.e2e.harness import script

CLIPS = Path(next(iter(pytest_audioeval.__path__))) / "samples" / "audio"
MODELS = PROJECT_ROOT / "models"

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not all(looks_installed(engine, MODELS) for engine in ENGINES),
        reason="the offline engines are not installed: run `make engines`",
    ),
]


async def hold(tmp_path: Path, client: Path, agent: Path) -> tuple[CallReport, CallView]:
    async with running_desk(tmp_path) as at:
        report = await at.emulator.call(
            script(
                client=(Turn("question", AtTime(1.5), say=client),),
                agent=(Turn("answer", WhenQuiet(1.5, since="question"), say=agent),),
                linger_s=5.0,
                max_duration_s=90.0,
            )
        )
        call = await CaptionReader(at.http, lambda _: None).read_to_the_end()
    return report, call


NUMBERS = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "fr": ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"],
    "pt": ["um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"],
}


def counted(text: str, language: str) -> set[int]:
    """Return the numbers of a count to ten that a recogniser wrote down, as words or as digits."""
    words = re.findall(r"\w+", text.lower())
    spelled = {NUMBERS[language].index(word) + 1 for word in words if word in NUMBERS[language]}
    return spelled | {int(word) for word in words if word.isdecimal()}


@pytest.mark.parametrize(
    ("language", "clip", "meaning"),
    [
        ("en", "en/quick_brown_fox.wav", "El rápido zorro marrón salta sobre el perro perezoso."),
        ("pt", "pt/pangrama.wav", "La rápida zorra marrón salta sobre el perro perezoso."),
    ],
)
async def test_real_speech_reaches_the_other_party(tmp_path: Path, language: str, clip: str, meaning: str) -> None:
    report, call = await hold(tmp_path, CLIPS / clip, CLIPS / "es" / "conteo.wav")
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert call.status is CallStatus.COMPLETED
    assert call.client_language == language
    assert {each.speaker for each in call.utterances} == set(Leg)
    assert all(each.outcome is Outcome.SPOKEN for each in call.utterances)
    judge = await asyncio.to_thread(Judge, MODELS / "whisper-base")
    agent = await asyncio.to_thread(judge.hear, report.agent.heard_ulaw, "es", meaning)
    assert agent.chrf >= 40, agent
    client = await asyncio.to_thread(judge.hear, report.client.heard_ulaw, language, "")
    assert len(counted(client.recognised, language) & set(range(1, 11))) >= 8, client
