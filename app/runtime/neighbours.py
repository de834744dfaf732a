"""The calls that other processes hold: found, changed, ended and watched from here; and ours from there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import msgspec
import structlog

from app.domain.events import EndRequested, PolicyChanged
from app.domain.legs import EndReason, LegStatus
from app.errors import FleetError
from app.fleet.base import Fleet
from app.fleet.messages import (
    AnswerAgain,
    Answered,
    Change,
    CircuitsOpen,
    End,
    Request,
    StatusChanged,
    Told,
    Watch,
    decode,
    encode,
)
from app.runtime.captions import Captions, Subscription
from app.runtime.providers import Providers
from app.runtime.registry import LiveCall, Registry
from app.telemetry.call_events import decode as decode_event

log = structlog.get_logger(__name__)

ANSWER_TIMEOUT_S = 2.0
ROUND_S = 2.0
WATCH_LEASE_S = 12.0
"""Who watches a call and did not say so for so long is told no more of it."""
_WATCH_AGAIN_S = 4.0
_MISSED_ANSWERS = 2
"""So many in a row, and the process that holds a watched call is gone."""

_NEVER = "the process that holds this call does not answer"


@dataclass(slots=True)
class _Watcher:
    """Another process that watches a call of ours."""

    subscription: Subscription
    until_s: float


class Neighbours:
    """The owner runs ``run()`` as a task. Without others it does nothing, at no cost."""

    def __init__(
        self,
        fleet: Fleet,
        registry: Registry,
        captions: Captions,
        providers: Providers,
        answer_again: Callable[[LiveCall], str],
    ) -> None:
        """``answer_again`` returns the TwiML that the client's call was answered with."""
        self._fleet = fleet
        self._registry = registry
        self._captions = captions
        self._providers = providers
        self._answer_again = answer_again
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Answered]] = {}
        self._watchers: dict[tuple[str, str], _Watcher] = {}
        """By call and process."""
        self._watched: set[str] = set()
        """Calls of others that somebody watches here."""
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Keep in touch until cancelled. A bug costs what was under way, and no more than that."""
        while True:
            try:
                async with asyncio.TaskGroup() as self._tasks:
                    self._tasks.create_task(self._fleet.run(self.receive))
                    self._tasks.create_task(self._go_round())
            except* Exception as bugs:
                log.exception("fleet.crashed", exc_info=bugs)
            self._watchers.clear()
            self._watched.clear()
            await asyncio.sleep(ROUND_S)

    # --- Their calls ------------------------------------------------------------------------------------------------

    async def end_call(self, call_sid: str) -> bool:
        """End a call of another process; False when there is none. Raises FleetError."""
        answer = await self._ask(End, call_sid)
        return answer is not None and answer.is_done

    async def change_policies(self, call_sid: str, changes: Sequence[PolicyChanged]) -> bool:
        """Choose what the legs of another's call hear; False when there is none. Raises FleetError."""
        answer = await self._ask(partial(Change, changes=tuple(changes)), call_sid)
        return answer is not None and answer.is_done

    async def answer(self, holder: str, call_sid: str) -> str:
        """Return what another process answered to the webhook of a call. Raises FleetError."""
        answer = await self._ask(AnswerAgain, call_sid, holder)
        if answer is None or not answer.is_done:
            raise FleetError(_NEVER)
        return answer.text

    def tell_status(self, call_sid: str, status: LegStatus) -> None:
        """The carrier told this of a telephone that nobody here knows."""
        self._fleet.send(encode(StatusChanged(call_sid=call_sid, status=status)))

    async def watch(self, call_sid: str) -> Subscription | None:
        """Watch a live call, ours or another's; None when there is none. Raises FleetError."""
        subscription = self._captions.subscribe(call_sid)
        if subscription is not None:
            return subscription
        if await self._fleet.holder(call_sid) is None or self._tasks is None:
            return None
        subscription = self._captions.subscribe_ahead(call_sid)
        try:
            answer = await self._ask(Watch, call_sid)
        except BaseException:
            self._captions.unsubscribe(subscription)
            raise
        if answer is None or not answer.is_done:
            self._captions.unsubscribe(subscription)
            return None
        if call_sid not in self._watched:
            self._watched.add(call_sid)
            self._tasks.create_task(self._keep_watching(call_sid))
        return subscription

    async def _keep_watching(self, call_sid: str) -> None:
        """Renew what was asked for until nobody here watches any more, or the other one is gone."""
        missed = 0
        while missed < _MISSED_ANSWERS:
            await asyncio.sleep(_WATCH_AGAIN_S)
            if not self._captions.is_watched(call_sid):
                break
            try:
                answer = await self._ask(Watch, call_sid)
                missed = 0 if answer is not None and answer.is_done else missed + 1
            except FleetError:
                missed += 1
        self._watched.discard(call_sid)
        self._captions.forget(call_sid)

    async def _ask(self, make: Callable[..., Request], call_sid: str, holder: str | None = None) -> Answered | None:
        """Ask the process that holds a call; None when there is none."""
        holder = holder or await self._fleet.holder(call_sid)
        if holder is None:
            return None
        number = next(self._numbers)
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._fleet.send(encode(make(sender=self._fleet.instance_id, number=number, call_sid=call_sid)), holder)
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await answer
        except TimeoutError:
            raise FleetError(_NEVER) from None
        finally:
            del self._waiting[number]

    # --- Our calls --------------------------------------------------------------------------------------------------

    def receive(self, payload: bytes) -> None:
        """Take a message of another process."""
        message = decode(payload)
        match message:
            case None:
                log.warning("fleet.message_not_understood")
            case Answered(number=number):
                waiting = self._waiting.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case Told(event=event):
                self._take(bytes(event))
            case StatusChanged(call_sid=call_sid, status=status):
                self._registry.leg_status(call_sid, status)
            case CircuitsOpen(circuits=circuits):
                for stage, breaker in self._providers.breakers():
                    if f"{stage}.{breaker.provider}" in circuits:
                        breaker.heard_to_fail()
            case _:
                self._serve(message)

    def _serve(self, request: Request) -> None:
        call = self._registry.find(request.call_sid)
        text = ""
        if call is not None:
            match request:
                case End():
                    call.session.post(EndRequested(EndReason.ADMINISTRATOR))
                case Change(changes=changes):
                    for change in changes:
                        call.session.post(change)
                case AnswerAgain():
                    text = self._answer_again(call)
                case Watch():
                    self._let_watch(request)
        answer = Answered(number=request.number, is_done=call is not None, text=text)
        self._fleet.send(encode(answer), request.sender)

    def _let_watch(self, request: Watch) -> None:
        until_s = time.monotonic() + WATCH_LEASE_S
        key = (request.call_sid, request.sender)
        watcher = self._watchers.get(key)
        if watcher is not None:
            watcher.until_s = until_s
            return
        subscription = self._captions.subscribe(request.call_sid)
        if subscription is not None and self._tasks is not None:
            self._watchers[key] = _Watcher(subscription, until_s)
            self._tasks.create_task(self._tell(key, subscription))

    async def _tell(self, key: tuple[str, str], subscription: Subscription) -> None:
        with subscription:
            async for event in subscription:
                self._fleet.send(encode(Told(event=msgspec.Raw(event))), key[1])
        self._watchers.pop(key, None)

    def _take(self, payload: bytes) -> None:
        try:
            event = decode_event(payload)
        except msgspec.MsgspecError:
            log.warning("fleet.event_not_understood")
            return
        if self._registry.find(event.call_sid) is None and self._captions.is_watched(event.call_sid):
            self._captions.take(event)

    async def _go_round(self) -> None:
        while True:
            await asyncio.sleep(ROUND_S)
            now_s = time.monotonic()
            for watcher in self._watchers.values():
                if watcher.until_s < now_s:
                    watcher.subscription.close()
            circuits = tuple(
                f"{stage}.{breaker.provider}" for stage, breaker in self._providers.breakers() if not breaker.permits()
            )
            if circuits:
                self._fleet.send(encode(CircuitsOpen(circuits=circuits)))
