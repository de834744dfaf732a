"""The shell around speech-to-speech streams: what opens, pauses and closes them, and what their circuit learns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from app.domain.audio import FRAME_BYTES, FRAME_MS, AudioFrame, silence
from app.domain.commands import LeaveDirect, SetDirectTarget
from app.domain.direct import SourceText, Spoken, TargetText, TurnEnded
from app.domain.events import DirectFailed, DirectHeard, Event
from app.domain.legs import Leg
from app.errors import ProviderUnavailable
from app.resilience.breaker import BreakerState
from app.resilience.chain import Link
from app.runtime.direct import DirectStreams
from app.s2s.base import S2sOptions, S2sProvider, S2sStream
from app.s2s.scripted import ScriptedS2s
from tests.e2e.sounds import babble
from tests.waiting import until

SPEECH = babble(1.0) + silence(600)


class Dead(ScriptedS2s):
    """Cannot be opened."""

    async def open(self, options: S2sOptions) -> S2sStream:
        raise ProviderUnavailable("dead", "no-connection")


class Stage:
    """The streams of one call, and what they post."""

    def __init__(self, provider: S2sProvider) -> None:
        self.link = Link("scripted", provider)
        self.events: list[Event] = []
        self.streams = DirectStreams(self.link, self.events.append)
        self.tasks: list[asyncio.Task[None]] = []

    def begin(self, leg: Leg = Leg.CLIENT) -> asyncio.Task[None]:
        task = asyncio.create_task(self.streams.interpret(leg, "en", "es"))
        self.tasks.append(task)
        return task

    def say(self, leg: Leg = Leg.CLIENT) -> None:
        for index in range(len(SPEECH) // FRAME_BYTES):
            ulaw = SPEECH[index * FRAME_BYTES :][:FRAME_BYTES]
            self.streams.push(AudioFrame(leg, index + 1, index * FRAME_MS, ulaw))

    async def pieces(self, count: int) -> list[type]:
        await until(lambda: len(self.events) >= count)
        return [type(event.piece) if isinstance(event, DirectHeard) else type(event) for event in self.events]

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(ScriptedS2s())
    yield stage
    await stage.close()


async def ready() -> None:
    """Let a stream be opened: with the scripted provider that takes no time."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_a_direction_hears_comes_back_as_its_pieces(stage: Stage) -> None:
    stage.begin(Leg.AGENT)
    await ready()
    stage.say(Leg.CLIENT)
    stage.say(Leg.AGENT)
    assert await stage.pieces(4) == [SourceText, TargetText, Spoken, TurnEnded]
    assert {event.leg for event in stage.events if isinstance(event, DirectHeard)} == {Leg.AGENT}
    assert stage.link.breaker.successes == 1


async def test_a_provider_that_cannot_be_opened_is_a_failure_of_the_direction() -> None:
    stage = Stage(Dead())
    for _ in range(3):
        await stage.begin()
    assert stage.events == [DirectFailed(Leg.CLIENT, "no-connection")] * 3
    assert stage.link.breaker.state is BreakerState.OPEN
    await stage.begin()
    assert stage.events[-1] == DirectFailed(Leg.CLIENT, "circuit-open")
    assert stage.link.breaker.failures == 3, "who is not asked cannot fail"


async def test_a_direction_that_is_left_is_closed_and_its_fault_counted(stage: Stage) -> None:
    task = stage.begin()
    await ready()
    stage.streams.leave(LeaveDirect(Leg.CLIENT, "silent"))
    await asyncio.wait({task}, timeout=10)
    assert task.cancelled()
    assert stage.link.breaker.failures == 1
    stage.say()
    await ready()
    assert stage.events == []
    stage.streams.leave(LeaveDirect(Leg.CLIENT, "language", is_fault=False))
    assert stage.link.breaker.failures == 1


async def test_a_paused_direction_hears_nothing_until_it_has_a_target(stage: Stage) -> None:
    stage.begin()
    await ready()
    stage.streams.set_target(SetDirectTarget(Leg.CLIENT, None))
    stage.say()
    await ready()
    assert stage.events == []
    stage.streams.set_target(SetDirectTarget(Leg.CLIENT, "fr"))
    stage.say()
    await stage.pieces(4)
    (text,) = (
        event.piece.text
        for event in stage.events
        if isinstance(event, DirectHeard) and isinstance(event.piece, TargetText)
    )
    assert text == " Bonjour, j'appelle au sujet de ma commande."


async def test_a_target_that_changed_before_the_stream_was_there_counts(stage: Stage) -> None:
    stage.streams.set_target(SetDirectTarget(Leg.CLIENT, "fr"))
    stage.begin()
    await ready()
    stage.say()
    await stage.pieces(4)
    assert any(
        isinstance(event, DirectHeard) and event.piece == TargetText(" Bonjour, j'appelle au sujet de ma commande.")
        for event in stage.events
    )


async def test_without_a_provider_nothing_happens() -> None:
    events: list[Event] = []
    streams = DirectStreams(None, events.append)
    await streams.interpret(Leg.CLIENT, "en", "es")
    streams.push(AudioFrame(Leg.CLIENT, 1, 0, silence(FRAME_MS)))
    streams.leave(LeaveDirect(Leg.CLIENT, "silent"))
    assert events == []
