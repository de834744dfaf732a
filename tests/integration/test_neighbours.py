"""What processes ask of each other about calls, over a wire in memory: one asks, another holds the call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from app.domain.events import EndRequested, Event, PolicyChanged
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.policies import Listening
from app.domain.usage import Stage
from app.errors import FleetError
from app.fleet.base import Receive
from app.fleet.memory import Alone
from app.resilience.breaker import CircuitBreaker
from app.runtime import neighbours
from app.runtime.captions import Captions
from app.runtime.neighbours import Neighbours
from app.runtime.registry import Registry
from app.telemetry.call_events import CallEndedEvent, CallStartedEvent, CallStatusEvent
from app.telemetry.metrics import Metrics
from tests.waiting import PATIENCE_S, until

SID = "CA" + "1" * 32
OTHER_SID = "CA" + "2" * 32
AT = datetime(2026, 1, 1, tzinfo=UTC)


class Wire(Alone):
    """Carries messages within one event loop, and loses them when it is cut."""

    def __init__(self, name: str, ends: dict[str, Receive], holders: dict[str, str]) -> None:
        super().__init__(name, 0)
        self._ends = ends
        self._holders = holders
        self.is_cut = False
        self.bug = asyncio.Event()

    async def run(self, receive: Receive) -> None:
        self._ends[self.instance_id] = receive
        await self.bug.wait()
        self.bug.clear()
        del self._ends[self.instance_id]
        raise ZeroDivisionError

    async def holder(self, call_sid: str) -> str | None:
        name = self._holders.get(call_sid)
        return None if name == self.instance_id else name

    def send(self, message: bytes, to: str | None = None) -> None:
        for name, receive in self._ends.items():
            if name != self.instance_id and to in (None, name) and not self.is_cut:
                asyncio.get_running_loop().call_soon(receive, message)


@dataclass
class HeldSession:
    id: str
    call_sid: str
    posted: list[Event] = field(default_factory=list)

    def post(self, event: Event) -> None:
        self.posted.append(event)


class Circuits:
    def __init__(self) -> None:
        self.breaker = CircuitBreaker("deepl", failures_to_open=1)

    def breakers(self) -> list[tuple[Stage, CircuitBreaker]]:
        return [(Stage.TRANSLATION, self.breaker)]


class Process:
    def __init__(self, name: str, ends: dict[str, Receive], holders: dict[str, str]) -> None:
        self.wire = Wire(name, ends, holders)
        self.registry, self.captions, self.circuits = Registry(), Captions(Metrics()), Circuits()
        self.neighbours = Neighbours(
            self.wire, self.registry, self.captions, self.circuits, lambda call: f"<answer to {call.session.call_sid}/>"
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        task = asyncio.create_task(self.neighbours.run())
        await asyncio.sleep(0)
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass
class Street:
    here: Process
    there: Process
    held: HeldSession
    """A call of the one over there."""


@pytest.fixture
async def street(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    monkeypatch.setattr(neighbours, "ROUND_S", 0.02)
    monkeypatch.setattr(neighbours, "_WATCH_AGAIN_S", 0.05)
    ends: dict[str, Receive] = {}
    holders = {SID: "there"}
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(Process(name, ends, holders).running()) for name in ("here", "there")
        ]
        held = HeldSession("session", SID)
        there.registry.add(held, "en")
        there.captions.take(CallStartedEvent(call_sid=SID, at=AT, sequence=1, agent_language="es"))
        await until(lambda: len(ends) == 2)
        yield Street(here, there, held)


async def test_a_call_of_another_process_is_ended_and_changed(street: Street) -> None:
    change = PolicyChanged(Leg.AGENT, Listening.CAPTIONS, None)
    assert await street.here.neighbours.change_policies(SID, [change])
    assert await street.here.neighbours.end_call(SID)
    assert street.held.posted == [change, EndRequested(EndReason.ADMINISTRATOR)]


async def test_a_call_that_nobody_holds_is_not_found(street: Street) -> None:
    assert not await street.here.neighbours.end_call(OTHER_SID)
    assert await street.here.neighbours.watch(OTHER_SID) is None
    street.there.registry = street.there.neighbours._registry = Registry()
    assert not await street.here.neighbours.end_call(SID), "it ended while it was asked for"


async def test_the_answer_to_a_webhook_that_came_twice_is_had_from_who_holds_the_call(street: Street) -> None:
    assert await street.here.neighbours.answer("there", SID) == f"<answer to {SID}/>"
    with pytest.raises(FleetError):
        await street.here.neighbours.answer("there", OTHER_SID)


async def test_who_does_not_answer_is_an_error_and_not_a_silence(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "ANSWER_TIMEOUT_S", 0.05)
    street.here.wire.is_cut = True
    with pytest.raises(FleetError, match="does not answer"):
        await street.here.neighbours.end_call(SID)
    with pytest.raises(FleetError):
        await street.here.neighbours.watch(SID)
    assert not street.here.captions.is_watched(SID)


async def test_a_status_that_nobody_here_knows_reaches_the_call(street: Street) -> None:
    street.here.neighbours.tell_status(SID, LegStatus.COMPLETED)
    await until(lambda: street.held.posted)


async def test_captions_pass_while_somebody_watches_and_begin_with_where_the_call_stands(street: Street) -> None:
    subscription = await street.here.neighbours.watch(SID)
    assert subscription is not None
    with subscription:
        for sequence in range(2, 52):
            street.there.captions.take(
                CallStatusEvent(
                    call_sid=SID, at=AT, sequence=sequence, status=CallStatus.IN_PROGRESS, client_language=None
                )
            )
        street.there.captions.take(
            CallEndedEvent(
                call_sid=SID, at=AT, sequence=52, status=CallStatus.COMPLETED, reason=EndReason.CLIENT_HUNG_UP
            )
        )
        async with asyncio.timeout(PATIENCE_S):
            seen = [json.loads(message)["sequence"] async for message in subscription]
    assert seen == list(range(1, 53))
    await until(lambda: not street.there.neighbours._watchers)


async def test_who_watches_no_more_is_told_no_more(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "WATCH_LEASE_S", 0.3)
    subscription = await street.here.neighbours.watch(SID)
    assert subscription is not None
    with subscription:
        await asyncio.sleep(0.6)  # A lease that nobody renews would be over.
        assert street.there.captions.is_watched(SID)
    await until(lambda: not street.there.captions.is_watched(SID))
    assert street.here.captions.subscribe(SID) is None, "what was heard of it is forgotten"


async def test_watchers_of_a_process_that_died_are_let_go(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "ANSWER_TIMEOUT_S", 0.05)
    subscription = await street.here.neighbours.watch(SID)
    assert subscription is not None
    with subscription:
        street.there.wire.is_cut = True
        async with asyncio.timeout(PATIENCE_S):
            assert len([message async for message in subscription]) == 1


async def test_a_circuit_that_opens_elsewhere_makes_a_provider_the_second_choice(street: Street) -> None:
    here, there = street.here.circuits.breaker, street.there.circuits.breaker
    assert not here.is_shunned
    there.failed()
    await until(lambda: here.is_shunned)
    assert here.permits(), "hearsay opens nothing"
    here.succeeded()
    await asyncio.sleep(0.2)  # Ten rounds, in which the other one goes on about it.
    assert not here.is_shunned, "it has just worked here"


async def test_a_bug_does_not_leave_a_process_without_neighbours(street: Street) -> None:
    subscription = await street.here.neighbours.watch(SID)
    assert subscription is not None
    with subscription:
        street.there.wire.bug.set()
        await until(lambda: "there" not in street.there.wire._ends)
        await until(lambda: "there" in street.there.wire._ends)
        assert await street.here.neighbours.end_call(SID)
    assert street.held.posted == [EndRequested(EndReason.ADMINISTRATOR)]


async def test_what_is_not_understood_is_dropped(street: Street) -> None:
    for message in (b"", b"{}", b'{"type":"of-a-later-version"}', b'{"type":"told","event":{"type":"nonsense"}}'):
        street.here.neighbours.receive(message)
    assert await street.here.neighbours.end_call(SID)
