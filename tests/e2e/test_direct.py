"""Whole calls that a speech-to-speech provider interprets, and the cascade where it does not."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.api.schemas import CallView
from app.domain.legs import Leg
from app.domain.records import CommitReason, Outcome
from app.domain.usage import Stage, UsageUnit
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import conversation, desk, script, together
from tests.e2e.sounds import babble
from tests.vendors.deepgram import Deepgram
from tests.vendors.faults import Fault, FaultKind
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.server import Vendor, serving

SPEECH = babble(2.0)
LONG = babble(6.0)


def settings(stt: str, s2s: str, **changes: Any) -> dict[str, Any]:
    """Return those of a call by OpenAI's realtime translations, with Deepgram listening beside it."""
    return {
        "client_languages": ("en", "es"),
        "stt_provider": "deepgram",
        "deepgram_api_key": SecretStr(Vendor.key),
        "deepgram_url": f"ws://{stt}",
        "s2s_provider": "openai_realtime",
        "openai_api_key": SecretStr(Vendor.key),
        "openai_realtime_url": f"ws://{s2s}/v1",
        "s2s_timeout_ms": 3000,
        **changes,
    }


def numbers(call: CallView, leg: Leg) -> list[int]:
    """Return which words of a speaker were translated for the other, by their numbers."""
    texts = [each.translated_text or "" for each in call.utterances if each.speaker is leg]
    return [int(number) for text in texts for number in re.findall(r"\d+", text)]


def by_cascade(call: CallView, leg: Leg) -> list[bool]:
    spoken = [each for each in call.utterances if each.speaker is leg]
    return [each.commit_reason is not CommitReason.DIRECT for each in spoken]


async def test_both_directions_are_interpreted_directly(tmp_path: Path) -> None:
    vendor = OpenAiTranslation()
    async with (
        serving(Deepgram()) as stt,
        serving(vendor) as s2s,
        desk(tmp_path, **settings(stt, s2s)) as at,
    ):
        report = await at.emulator.call(script(**conversation(SPEECH), linger_s=6.0))
        (call,) = await at.settled_calls()
        health = (await at.http.get("/health")).json()
        metrics = (await at.http.get("/metrics")).text
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert vendor.refused == []
    assert {each.speaker for each in call.utterances} == set(Leg)
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    for leg, word in ((Leg.CLIENT, "palabra"), (Leg.AGENT, "word")):
        assert by_cascade(call, leg) == [False] * len(by_cascade(call, leg))
        said = numbers(call, leg)
        assert said == list(range(1, len(said) + 1)), "every word once and in order"
        assert all(word in (each.translated_text or "") for each in call.utterances if each.speaker is leg)
    assert min(report.agent.heard_s, report.client.heard_s) > 2
    (line,) = (line for line in call.usage if line.stage is Stage.SPEECH_TO_SPEECH)
    assert (line.provider, line.unit, line.amount > 10_000) == ("openai_realtime", UsageUnit.AUDIO_MS, True)
    assert line.cost == pytest.approx(line.amount * Decimal("0.034") / 60_000, abs=Decimal("1e-8"))
    assert health["circuits"] == {"speech-to-speech.openai_realtime": "closed"}
    assert 'puente_provider_circuit_open{provider="openai_realtime",stage="speech-to-speech"} 0.0' in metrics


async def test_one_direction_directly_and_the_other_by_the_cascade(tmp_path: Path) -> None:
    async with (
        serving(Deepgram()) as stt,
        serving(vendor := OpenAiTranslation()) as s2s,
        desk(tmp_path, **settings(stt, s2s, s2s_directions=("client",))) as at,
    ):
        report = await at.emulator.call(script(**conversation(SPEECH), linger_s=6.0))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert len(vendor.connections) == 2, "one at the start, to try the key, and one for the client"
    assert set(by_cascade(call, Leg.CLIENT)) == {False}
    assert set(by_cascade(call, Leg.AGENT)) == {True}
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}


async def test_the_cascade_takes_over_and_no_word_is_lost(tmp_path: Path) -> None:
    """The socket is never up, or it dies while they speak, who begin two seconds and ten messages after its birth."""
    faults = (
        Fault(FaultKind.STATUS, 503),
        Fault(FaultKind.SILENCE),
        Fault(FaultKind.CLOSE, 1011, 22),
        Fault(FaultKind.GARBAGE, 0, 30),
        Fault(FaultKind.SILENCE, 0, 26),
    )
    await together(tmp_path, faults, hold_while_it_fails)


async def hold_while_it_fails(fault: Fault, folder: Path, all_up: asyncio.Barrier) -> None:
    vendor = OpenAiTranslation()
    vendor.faults.plan(None, fault)
    turns = {"client": (Turn("story", AtTime(2.0), say=LONG), Turn("end", AtTime(18.0), say=SPEECH))}
    async with (
        serving(Deepgram()) as stt,
        serving(vendor) as s2s,
        desk(folder, **settings(stt, s2s, s2s_directions=("client",))) as at,
    ):
        await all_up.wait()
        report = await at.emulator.call(script(**turns, linger_s=7.0))
        call = await at.the_call()
        metrics = (await at.http.get("/metrics")).text
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert by_cascade(call, Leg.CLIENT)[-1]
    said = numbers(call, Leg.CLIENT)
    assert max(said) >= (len(LONG) + len(SPEECH)) // 8 // 300 - 2
    assert set(range(1, max(said) + 1)) == set(said), "a word is missing"
    assert len(said) <= max(said) + len(LONG) // 8 // 300, "more than the utterance in which it happened is said again"
    assert {each.outcome for each in call.utterances} == {Outcome.SPOKEN}
    assert 'puente_provider_errors_total{stage="speech-to-speech"} 1.0' in metrics


async def test_a_provider_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    vendor = OpenAiTranslation()
    async with (
        serving(Deepgram()) as stt,
        serving(vendor) as s2s,
        desk(tmp_path, **settings(stt, s2s)) as at,
    ):
        vendor.faults.always = Fault(FaultKind.STATUS, 503)
        for _ in range(2):
            await at.emulator.call(script(client=(Turn("bye", AtTime(2.0), hang_up=True),)))
            await at.the_call()
        health = await at.http.get("/health")
    assert health.json()["circuits"] == {"speech-to-speech.openai_realtime": "open"}
    assert health.status_code == 200, "calls are taken all the same"


async def test_who_speaks_the_listeners_language_is_heard_as_they_are(tmp_path: Path) -> None:
    """The agent answers in the client's language: a recogniser for Spanish does not know, the provider is silent."""
    vendor = OpenAiTranslation()
    vendor.hears_target = True
    async with (
        serving(Deepgram()) as stt,
        serving(vendor) as s2s,
        desk(tmp_path, **settings(stt, s2s, s2s_directions=("agent",), default_client_language="en")) as at,
    ):
        report = await at.emulator.call(script(agent=(Turn("answer", AtTime(1.0), say=LONG),), linger_s=6.0))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert [each.outcome for each in call.utterances if each.speaker is Leg.AGENT] == [Outcome.PASSED_THROUGH]
    assert report.client.heard_s > 5


async def test_scripted_providers_need_no_network(tmp_path: Path) -> None:
    async with desk(tmp_path, s2s_provider="scripted") as at:
        report = await at.emulator.call(script(**conversation(SPEECH)))
        call = await at.the_call()
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    assert [(each.speaker, each.commit_reason) for each in call.utterances] == [
        (Leg.CLIENT, CommitReason.DIRECT),
        (Leg.AGENT, CommitReason.DIRECT),
        (Leg.CLIENT, CommitReason.DIRECT),
    ]
    assert call.utterances[0].source_text == "Good morning, I am calling about my order."
    assert call.utterances[0].translated_text == "Buenos días, llamo por mi pedido."
