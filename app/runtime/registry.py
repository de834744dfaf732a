"""Which calls are live in this process, and who may attach a media stream to them."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from app.domain.events import Event, InterpreterStatusChanged, LegStatusChanged
from app.domain.legs import Leg, LegStatus
from app.domain.phrases import Phrase
from app.errors import RemoteProtocolError
from app.runtime.session import Session

T = TypeVar("T")

_REMEMBERED = 1024
"""How many ended calls, and statuses of calls that are not known yet, are kept."""
_AGENT_SID_TIMEOUT_S = 10.0
_RESERVATION_TIMEOUT_S = 15.0
"""Longer than the order to dial takes."""


@dataclass(slots=True)
class StreamTicket:
    """The right to attach one stream: one leg of one session, once, within a time."""

    leg: Leg
    token: str
    expires_at_s: float
    """On the monotonic clock."""
    is_used: bool = False


@dataclass(slots=True)
class LiveCall:
    session: Session
    language: str
    """What the carrier's voice speaks to the client."""
    tickets: dict[Leg, StreamTicket] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EndedCall:
    farewell: Phrase | None
    language: str
    conference: str | None = None
    """Where the parties were moved to."""


class Registry:
    """The live calls, by session and by CallSid. For one event loop; no locks."""

    def __init__(self) -> None:
        self._live: dict[str, LiveCall] = {}
        self._reserved: dict[str, asyncio.Event] = {}
        """Calls that are being placed: their sessions begin when the carrier has named them."""
        self._by_call_sid: dict[str, tuple[LiveCall, Leg | None]] = {}
        self._ended: OrderedDict[str, EndedCall] = OrderedDict()
        self._ended_sessions: OrderedDict[str, None] = OrderedDict()
        self._early: OrderedDict[str, LegStatus] = OrderedDict()

    def __len__(self) -> int:
        return len(self._live)

    @property
    def occupied(self) -> int:
        """Return how many calls there are or are about to be."""
        return len(self._live) + len(self._reserved)

    @contextmanager
    def reserve(self, session_id: str) -> Iterator[None]:
        """Keep a place for a call that is being placed; a stream that is faster than its session waits for it."""
        decided = self._reserved[session_id] = asyncio.Event()
        try:
            yield
        finally:
            del self._reserved[session_id]
            decided.set()

    def sessions(self) -> list[Session]:
        return [call.session for call in self._live.values()]

    def add(self, session: Session, language: str) -> LiveCall:
        call = LiveCall(session, language)
        self._live[session.id] = call
        self.claim(session.call_sid, call, Leg.CLIENT)
        return call

    def find(self, call_sid: str) -> LiveCall | None:
        """Return the live call that this CallSid, of either leg, belongs to."""
        found = self._by_call_sid.get(call_sid)
        return found[0] if found else None

    def find_session(self, session_id: str) -> LiveCall | None:
        return self._live.get(session_id)

    def has_known(self, session_id: str) -> bool:
        """Whether this process holds that session, is about to, or did lately."""
        return session_id in self._live or session_id in self._reserved or session_id in self._ended_sessions

    def ended(self, call_sid: str) -> EndedCall | None:
        """Return what is left of a client's call that ended lately."""
        return self._ended.get(call_sid)

    def claim(self, call_sid: str, call: LiveCall, leg: Leg | None) -> None:
        """A CallSid belongs to this leg, or to an interpreter (None).

        A status that came before anybody knew it is delivered now.
        """
        self._by_call_sid[call_sid] = (call, leg)
        early = self._early.pop(call_sid, None)
        if early is not None:
            call.session.post(_status_event(leg, early))

    def leg_status(self, call_sid: str, status: LegStatus) -> bool:
        """Deliver a status callback; False when no call of this process has, or had, this CallSid (yet)."""
        found = self._by_call_sid.get(call_sid)
        if found is not None:
            call, leg = found
            call.session.post(_status_event(leg, status))
            return True
        if call_sid in self._ended:
            return True
        early = self._early.get(call_sid)
        if early is None or not early.is_terminal:
            _remember(self._early, call_sid, status)
        return False

    def remove(self, session: Session) -> None:
        """The call is over."""
        call = self._live.pop(session.id, None)
        if call is None:
            return
        _remember(self._ended_sessions, session.id, None)
        farewell = session.end.farewell if session.end is not None else None
        for call_sid in [sid for sid, (live, _) in self._by_call_sid.items() if live is call]:
            del self._by_call_sid[call_sid]
            _remember(self._ended, call_sid, EndedCall(farewell, call.language, session.telephones.conference))

    def issue_ticket(self, call: LiveCall, leg: Leg, ttl_s: float) -> StreamTicket:
        """Make the ticket of a leg; the same one again while it is unused and good."""
        now_s = time.monotonic()
        ticket = call.tickets.get(leg)
        if ticket is None or (not ticket.is_used and ticket.expires_at_s <= now_s):
            ticket = call.tickets[leg] = new_ticket(leg, ttl_s)
        return ticket

    async def redeem(
        self, session_id: str, leg_name: str, token: str, call_sid: str, account_sid: str
    ) -> tuple[Session, Leg]:
        """Use a ticket for the stream of this call and account.

        Raises RemoteProtocolError, with a reason fit for the log, when anything about it does not fit.
        """
        if session_id in self._reserved:
            with suppress(TimeoutError):
                async with asyncio.timeout(_RESERVATION_TIMEOUT_S):
                    await self._reserved[session_id].wait()
        call = self._live.get(session_id)
        if call is None or leg_name not in tuple(Leg):
            raise RemoteProtocolError("media stream for a session that is not live")
        leg = Leg(leg_name)
        ticket = call.tickets.get(leg)
        if ticket is None or not hmac.compare_digest(ticket.token.encode(), token.encode()):
            raise RemoteProtocolError("media stream with a wrong token")
        if ticket.is_used:
            raise RemoteProtocolError("media stream with a token that was used before")
        if time.monotonic() > ticket.expires_at_s:
            raise RemoteProtocolError("media stream with an expired token")
        ticket.is_used = True
        expected = await call.session.telephones.wait_for_call_sid(leg, _AGENT_SID_TIMEOUT_S)
        if call_sid != expected or account_sid != call.session.account_sid:
            ticket.is_used = False
            raise RemoteProtocolError("media stream of another call or account")
        return call.session, leg


def new_ticket(leg: Leg, ttl_s: float) -> StreamTicket:
    """Make a ticket that belongs to no call yet."""
    return StreamTicket(leg, secrets.token_urlsafe(24), time.monotonic() + ttl_s)


def _status_event(leg: Leg | None, status: LegStatus) -> Event:
    return InterpreterStatusChanged(status) if leg is None else LegStatusChanged(leg, status)


def _remember(memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
