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
from app.audio.ulaw import float_to_ulaw
from app.config import PROJECT_ROOT
from app.demo.captions import CaptionReader
from app.demo.desk import running_desk
from app.demo.judge import Judge, Verdict
from app.domain.legs import CallStatus, Leg
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn, WhenQuiet
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from tests.e2e.harness import script
from tests.e2e.recorded import KEYS, Samples, assert_same, channels, own_record

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


async def hold(tmp_path: Path, client: Path, agent: Path) -> tuple[CallReport, CallView, dict[str, Samples]]:
    """Hold a call; return what the telephones say of it, what the database does, and its recording."""
    recording = {"RECORDING": "on", "RECORDING_KEYS": KEYS, "RECORDING_DIR": str(tmp_path / "recordings")}
    async with running_desk(tmp_path, recording) as at:
        report = await at.emulator.call(
            script(
                client=(Turn("question", AtTime(1.5), say=client),),
                agent=(Turn("answer", WhenQuiet(1.5, since="question"), say=agent),),
                linger_s=5.0,
                patience_s=60.0,
                max_duration_s=90.0,
            )
        )
        call = await CaptionReader(at.http, lambda _: None).read_to_the_end()
        recorded = await at.http.get(f"/calls/{call.call_sid}/recording")
    return report, call, channels(recorded.content)


NUMBERS = {
    "en": ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "fr": ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"],
    "es": ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"],
    "pt": ["um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez"],
}


def counted(text: str, language: str) -> set[int]:
    """Return the numbers of a count to ten that a recogniser wrote down, as words or as digits."""
    words = re.findall(r"\w+", text.lower())
    spelled = {NUMBERS[language].index(word) + 1 for word in words if word in NUMBERS[language]}
    return spelled | {int(word) for word in words if word.isdecimal()}


@pytest.mark.parametrize(
    ("language", "clip", "said", "meaning"),
    [
        (
            "en",
            "en/quick_brown_fox.wav",
            "The quick brown fox jumps over the lazy dog.",
            "El rápido zorro marrón salta sobre el perro perezoso.",
        ),
        ("pt", "pt/pangrama.wav", "", "La rápida zorra marrón salta sobre el perro perezoso."),
    ],
)
async def test_real_speech_reaches_the_other_party_and_the_recording(
    tmp_path: Path, language: str, clip: str, said: str, meaning: str
) -> None:
    report, call, recording = await hold(tmp_path, CLIPS / clip, CLIPS / "es" / "conteo.wav")
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert call.status is CallStatus.COMPLETED
    assert call.client_language == language
    assert {each.speaker for each in call.utterances} == set(Leg)
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    assert_same(recording, own_record(report))
    judge = await asyncio.to_thread(Judge, MODELS / "whisper-base")

    async def understood(track: str, spoken: str, reference: str = "") -> Verdict:
        return await asyncio.to_thread(judge.hear, float_to_ulaw(recording[track]), spoken, reference)

    agent = await understood("agent heard", "es", meaning)
    assert agent.chrf >= 40, agent
    client = await understood("client heard", language)
    assert len(counted(client.recognised, language) & set(range(1, 11))) >= 8, client
    if said:
        original = await understood("client said", language, said)
        assert original.chrf >= 60, original
        answer = await understood("agent said", "es")
        assert len(counted(answer.recognised, "es") & set(range(1, 11))) >= 8, answer
