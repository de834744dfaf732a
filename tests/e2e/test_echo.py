"""Speakerphones: a leg's own playout is never interpreted, and who speaks over it is."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from app.api.schemas import CallView
from app.config import PROJECT_ROOT
from app.demo.captions import CaptionReader
from app.demo.desk import running_desk
from app.demo.judge import Judge
from app.domain.audio import silence
from app.domain.legs import Leg
from app.domain.phrasebook import phrase
from app.domain.records import Outcome
from app.emulator.report import CallReport
from app.emulator.script import AfterTurn, AtTime, Faults, Turn, WhenQuiet
from app.engines.install import looks_installed
from app.engines.manifest import ENGINES
from tests.e2e.harness import Desk, desk, script
from tests.e2e.sounds import talk

MODELS = PROJECT_ROOT / "models"
GREETING, QUESTION, ANSWER = talk(1.5, 11), talk(2.0, 12), talk(2.0, 13)
SPEAKERPHONES = [(60, 6), (150, 20), (300, 13), (600, 6), (600, 20)]


def speakerphone(delay_ms: float, loss_db: float, legs: str = "both") -> Faults:
    return Faults(legs=legs, echo_delay_ms=delay_ms, echo_loss_db=loss_db)


async def counted(at: Desk, metric: str, leg: Leg) -> float:
    """Return a counter of the server."""
    found = re.search(rf'^{metric}{{leg="{leg}"}} (\S+)$', (await at.http.get("/metrics")).text, re.MULTILINE)
    assert found, f"no {metric} for the {leg}"
    return float(found[1])


async def talk_over_the_echo(at: Desk, faults: Faults) -> CallReport:
    """The agent greets, the client asks, and the agent speaks while the question is being spoken to them."""
    return await at.emulator.call(
        script(
            client=(Turn("question", WhenQuiet(0.8, since="greeting"), say=QUESTION),),
            agent=(
                Turn("greeting", AtTime(0.5), say=GREETING),
                Turn("answer", AfterTurn("question", 1.9), say=ANSWER),
            ),
            faults=faults,
            linger_s=3.0,
        )
    )


@pytest.mark.parametrize(("delay_ms", "loss_db"), SPEAKERPHONES)
async def test_nothing_is_spoken_twice_and_nobody_is_talked_down(
    tmp_path: Path, delay_ms: float, loss_db: float
) -> None:
    async with desk(tmp_path) as at:
        report = await talk_over_the_echo(at, speakerphone(delay_ms, loss_db))
        call = await at.the_call()
        echo_s = await counted(at, "puente_echo_seconds_total", Leg.AGENT)
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    question = next(said for said in report.agent.said if said.turn == "answer")
    assert any(heard.start_s < question.start_s < heard.end_s for heard in report.agent.heard_segments), "an overlap"
    assert [(each.speaker, each.source_text, each.outcome) for each in call.utterances] == [
        (Leg.AGENT, phrase(1, "es"), Outcome.SPOKEN),
        (Leg.CLIENT, phrase(1, "en"), Outcome.SPOKEN),
        (Leg.AGENT, phrase(2, "es"), Outcome.SPOKEN),
    ]
    assert echo_s > 0.1


async def test_without_the_gate_the_same_call_hears_itself(tmp_path: Path) -> None:
    async with desk(tmp_path, echo_gate=False) as at:
        report = await at.emulator.call(
            script(
                client=(Turn("question", AtTime(1.5), say=QUESTION),),
                faults=speakerphone(200, 10, "agent"),
                linger_s=4.0,
            )
        )
        call = await at.the_call()
        dropped = await counted(at, "puente_echoes_dropped_total", Leg.AGENT)
    assert not report.errors
    # The scripted recogniser takes the echo for the agent's first phrase, which is what was spoken: the text tells.
    assert dropped == 1
    assert [each.speaker for each in call.utterances] == [Leg.CLIENT]


@pytest.mark.engines
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    not all(looks_installed(engine, MODELS) for engine in ENGINES),
    reason="the offline engines are not installed: run `make engines`",
)
@pytest.mark.parametrize(("delay_ms", "loss_db"), [(90, 6), (450, 14)])
async def test_real_voices_do_not_come_back(tmp_path: Path, delay_ms: float, loss_db: float) -> None:
    examples = PROJECT_ROOT / "docs" / "examples"
    async with running_desk(tmp_path) as at:
        report = await at.emulator.call(
            script(
                client=(Turn("question", AtTime(1.5), say=examples / "question.wav"),),
                agent=(Turn("reply", WhenQuiet(1.5, since="question"), say=examples / "reply.wav"),),
                faults=speakerphone(delay_ms, loss_db),
                linger_s=6.0,
                patience_s=60.0,
                max_duration_s=90.0,
            )
        )
        call: CallView = await CaptionReader(at.http, lambda _: None).read_to_the_end()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    speakers = [each.speaker for each in call.utterances]
    assert speakers == sorted(speakers, key=[Leg.CLIENT, Leg.AGENT].index), "nobody speaks again after being heard"
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    judge = await asyncio.to_thread(Judge, MODELS / "whisper-base")
    heard = await asyncio.to_thread(judge.hear, report.agent.heard_ulaw + silence(500), "es", "")
    words = re.findall(r"\w+", heard.recognised.casefold())
    spoken = " ".join(each.translated_text or "" for each in call.utterances if each.speaker is Leg.CLIENT)
    assert len(words) <= 1.5 * len(re.findall(r"\w+", spoken)), "what was spoken to the agent was spoken once"
