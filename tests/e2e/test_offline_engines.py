"""One call through `uvicorn app.main:app` in a process of its own, with the engines that need no key.

What is asserted is what each party heard, as a recogniser understands it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
import pytest_audioeval
from sacrebleu.metrics.chrf import CHRF

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.demo.bridge_process import running_bridge
from app.demo.captions import CaptionReader
from app.demo.judge import Judge
from app.demo.run import free_port
from app.domain.legs import CallStatus, Leg
from app.domain.records import Outcome
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.emulator.report import CallReport
from app.emulator.script import AtTime, Turn, WhenQuiet
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from tests.e2e.harness import ACCOUNT_SID, AGENT_NUMBER, AUTH_TOKEN, PUBLIC_URL, script

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
    port = free_port()
    config = EmulatorConfig(ACCOUNT_SID, AUTH_TOKEN, server_url=f"http://127.0.0.1:{port}", public_url=PUBLIC_URL)
    async with Emulator(config) as emulator:
        environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_PHONE_NUMBER": "+34910000001",
            "TWILIO_API_BASE_URL": emulator.rest_url,
            "WEBHOOK_BASE_URL": PUBLIC_URL,
            "AGENT_PHONE_NUMBER": AGENT_NUMBER,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'offline.db'}",
        }
        async with running_bridge(environment, port, tmp_path / "server.log") as bridge:
            report = await emulator.call(
                script(
                    client=(Turn("question", AtTime(1.5), say=client),),
                    agent=(Turn("answer", WhenQuiet(1.5, since="question"), say=agent),),
                    linger_s=5.0,
                    max_duration_s=90.0,
                )
            )
            headers = {"Authorization": f"Bearer {bridge.admin_api_key}"}
            async with httpx.AsyncClient(base_url=bridge.url, headers=headers) as http:
                call = await CaptionReader(http, lambda _: None).read_to_the_end()
    return report, call


@pytest.mark.parametrize(
    ("language", "clip", "heard_by_agent", "heard_by_client"),
    [
        (
            "en",
            "en/quick_brown_fox.wav",
            "El rápido zorro marrón salta sobre el perro perezoso.",
            "One two three four five",
        ),
        (
            "pt",
            "pt/pangrama.wav",
            "La rápida zorra marrón salta sobre el perro perezoso.",
            "Um dois três quatro cinco",
        ),
    ],
)
async def test_real_speech_reaches_the_other_party(
    tmp_path: Path, language: str, clip: str, heard_by_agent: str, heard_by_client: str
) -> None:
    report, call = await hold(tmp_path, CLIPS / clip, CLIPS / "es" / "conteo.wav")
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert call.status is CallStatus.COMPLETED
    assert call.client_language == language
    assert {each.speaker for each in call.utterances} == set(Leg)
    assert all(each.outcome is Outcome.SPOKEN for each in call.utterances)
    judge = await asyncio.to_thread(Judge, MODELS / "whisper-base")
    agent = await asyncio.to_thread(judge.hear, report.agent.heard_ulaw, "es", heard_by_agent)
    assert agent.chrf >= 40, agent
    client = await asyncio.to_thread(judge.hear, report.client.heard_ulaw, language, heard_by_client)
    digits = CHRF().sentence_score(client.recognised, ["1, 2, 3, 4, 5, 6, 7, 8, 9, 10."]).score
    assert max(client.chrf, digits) >= 40, client
