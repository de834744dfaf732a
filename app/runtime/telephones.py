"""A call's telephones: what the carrier was told to do with them, and what it answered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import TYPE_CHECKING, Protocol

from app.domain.commands import DialAgent, DialInterpreter, EndCall, MoveToConference, ReleaseInterpreter
from app.domain.events import InterpreterStatusChanged, LegStatusChanged, MovedToConference, NotMovedToConference
from app.domain.legs import EndReason, Leg, LegStatus
from app.domain.phrases import Phrase
from app.errors import TelephonyError
from app.runtime.leg import LegConnection

if TYPE_CHECKING:
    from app.runtime.session import Session

_STREAM_END_TIMEOUT_S = 2.0
"""How long a carrier that was told to hang up may take to close its streams before we do."""


class Carrier(Protocol):
    """Places, moves and ends telephone calls."""

    async def dial_agent(self, session: Session) -> str:
        """Ring the agent for this session; return the CallSid. Raises TelephonyError."""

    async def dial_interpreter(self, session: Session) -> str:
        """Ring a person into this session's conference; return the CallSid. Raises TelephonyError."""

    async def move_to_conference(self, session: Session, leg: Leg) -> None:
        """Take a leg away from its stream and into this session's conference. Raises TelephonyError."""

    async def say_goodbye(self, session: Session, leg: Leg, phrase: Phrase) -> None:
        """Say something on a leg that was answered and end it, without further help. Raises TelephonyError."""

    async def hang_up(self, call_sid: str) -> None:
        """End a call in whatever state; idempotent. Raises TelephonyError."""


class Telephones:
    """One session's client, agent and, perhaps, interpreter. What the carrier answers is posted to the session."""

    def __init__(self, session: Session, carrier: Carrier) -> None:
        self.agent_call_sid: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Known once the carrier has taken the order to dial; cancelled when it never will be."""
        self.conference: str | None = None
        """Where the parties are being moved, or were moved, to."""
        self._session = session
        self._carrier = carrier
        self._interpreter_call_sid: str | None = None
        self._orders: set[asyncio.Task[None]] = set()
        """What the carrier has not answered yet: what it began must be known before it can be ended."""

    @property
    def conference_name(self) -> str:
        """The name of this call's conference, unique in the account."""
        return f"puente-{self._session.call_sid}"

    @property
    def interpreter_call_sid(self) -> str | None:
        """The CallSid of a person who was called to interpret, once it is known and until they are released."""
        return self._interpreter_call_sid

    def leg_call_sid(self, leg: Leg) -> str | None:
        """Return the CallSid of a leg, once it is known."""
        if leg is Leg.CLIENT:
            return self._session.call_sid
        known = self.agent_call_sid.done() and not self.agent_call_sid.cancelled()
        return self.agent_call_sid.result() if known else None

    async def wait_for_call_sid(self, leg: Leg, timeout_s: float) -> str | None:
        """Return the CallSid of a leg; the agent's stream may open before the order to dial was answered."""
        if leg is Leg.AGENT:
            await asyncio.wait([self.agent_call_sid], timeout=timeout_s)
        return self.leg_call_sid(leg)

    def order(self, command: DialAgent | DialInterpreter | ReleaseInterpreter | MoveToConference) -> None:
        """Begin to carry a command out; never blocks."""
        match command:
            case DialAgent():
                self._begin(self._dial_agent())
            case DialInterpreter():
                self._begin(self._dial_interpreter())
            case ReleaseInterpreter():
                self._begin(self._release_interpreter())
            case MoveToConference():
                self.conference = self.conference_name
                self._begin(self._move_to_conference())

    async def hang_up(self, end: EndCall, connections: Collection[LegConnection]) -> None:
        """End all calls by REST and then their streams: a stream that we close first is an error to Twilio.

        A client who still has to be told something keeps their call: the carrier speaks once their stream is closed,
        and asks us what. When we are about to stop, the carrier is told beforehand what to say to both.
        Parties who were handed over keep theirs: only the streams end.
        """
        if self._orders:
            await asyncio.wait(self._orders)
        asks_us = end.farewell is not None and end.reason is not EndReason.SHUTDOWN
        endings: list[Coroutine[None, None, None]] = []
        if end.reason is not EndReason.HANDED_OVER:
            legs = {leg: self.leg_call_sid(leg) for leg in Leg if not (asks_us and leg is Leg.CLIENT)}
            endings = [self._end_leg(leg, sid, end) for leg, sid in legs.items() if sid is not None]
            if self._interpreter_call_sid is not None:
                endings.append(self._hang_up(self._interpreter_call_sid))
        await asyncio.gather(*endings)
        open_connections = [connection for connection in connections if not connection.closed.done()]
        if not asks_us and open_connections:
            closed = [connection.closed for connection in open_connections]
            await asyncio.wait(closed, timeout=_STREAM_END_TIMEOUT_S)
        for connection in open_connections:
            connection.close()

    def _begin(self, job: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(job, name="carrier")
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def _dial_agent(self) -> None:
        try:
            call_sid = await self._carrier.dial_agent(self._session)
        except TelephonyError as error:
            self.agent_call_sid.cancel()
            self._session.log.error("agent.not_dialled", code=error.code, status=error.status)
            self._session.post(LegStatusChanged(Leg.AGENT, LegStatus.FAILED))
        else:
            self.agent_call_sid.set_result(call_sid)
            self._session.post(LegStatusChanged(Leg.AGENT, LegStatus.QUEUED))

    async def _dial_interpreter(self) -> None:
        try:
            self._interpreter_call_sid = await self._carrier.dial_interpreter(self._session)
        except TelephonyError as error:
            self._session.log.error("interpreter.not_dialled", code=error.code, status=error.status)
            self._session.post(InterpreterStatusChanged(LegStatus.FAILED))

    async def _release_interpreter(self) -> None:
        call_sid, self._interpreter_call_sid = self._interpreter_call_sid, None
        if call_sid is not None:
            await self._hang_up(call_sid)

    async def _move_to_conference(self) -> None:
        """Move the agent first: a client who cannot follow still has the bridge, which can tell them."""
        moved: list[Leg] = []
        try:
            for leg in (Leg.AGENT, Leg.CLIENT):
                await self._carrier.move_to_conference(self._session, leg)
                moved.append(leg)
        except TelephonyError as error:
            self.conference = None
            self._session.log.error("call.not_handed_over", code=error.code, status=error.status, moved=moved)
            self._session.post(NotMovedToConference(tuple(moved)))
        else:
            self._session.post(MovedToConference())

    async def _end_leg(self, leg: Leg, call_sid: str, end: EndCall) -> None:
        if end.reason is EndReason.SHUTDOWN and end.farewell is not None:
            try:
                await self._carrier.say_goodbye(self._session, leg, end.farewell)
            except TelephonyError as error:
                # Nobody answered yet, or they are gone.
                self._session.log.info("leg.not_told", leg=leg, code=error.code, status=error.status)
            else:
                return
        await self._hang_up(call_sid)

    async def _hang_up(self, call_sid: str) -> None:
        try:
            await self._carrier.hang_up(call_sid)
        except TelephonyError as error:
            self._session.log.error("leg.not_hung_up", code=error.code, status=error.status)
