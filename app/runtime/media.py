"""The media socket's entrance: who may attach a stream, and to what."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

import structlog
from structlog.contextvars import bound_contextvars

from app.domain.events import LanguageHinted
from app.domain.legs import Leg
from app.errors import RemoteProtocolError
from app.runtime.hearing import Hearing
from app.runtime.leg import LegConnection, Transport
from app.runtime.recordings import Recordings
from app.runtime.registry import Registry
from app.runtime.session import Session
from app.telemetry.metrics import Metrics
from app.twilio.media import MediaStream, Start
from app.twilio.status import parse_language

log = structlog.get_logger(__name__)

_MAXIMUM_EARLY_MESSAGES = 50
"""What a peer may send before its ``start``; one message is usual."""
_POLICY_VIOLATION = 1008


class MediaEntrance:
    """Lets a socket in when its ``start`` brings a good ticket, and serves it until it ends."""

    def __init__(
        self,
        registry: Registry,
        metrics: Metrics,
        *,
        start_timeout_s: float,
        vad_aggressiveness: int,
        has_echo_gate: bool,
        measures_pitch: bool,
        recordings: Recordings | None = None,
    ) -> None:
        self._registry = registry
        self._metrics = metrics
        self._start_timeout_s = start_timeout_s
        self._vad_aggressiveness = vad_aggressiveness
        self._has_echo_gate = has_echo_gate
        self._measures_pitch = measures_pitch
        self._recordings = recordings

    async def serve(self, transport: Transport, path_session_id: str = "") -> None:
        """Serve an accepted socket; returns when it is closed. Its path may have named the session, too."""
        stream = MediaStream()
        try:
            start = await self._wait_for_start(transport, stream)
            session, leg = await self._admit(start, path_session_id)
        except RemoteProtocolError as error:
            self._metrics.refused_streams.inc()
            log.warning("media.refused", why=str(error))
            if path_session_id and not self._registry.has_known(path_session_id):
                report_misrouted(self._metrics, "stream", path_session_id)
            with suppress(ConnectionError):
                await transport.close(_POLICY_VIOLATION, "refused")
            return
        hearing = Hearing(
            leg,
            self._vad_aggressiveness,
            has_echo_gate=self._has_echo_gate,
            wants_pitch=partial(session.wants_pitch, leg) if self._measures_pitch else None,
        )
        tap = None if self._recordings is None else self._recordings.tap(session, leg)
        connection = LegConnection(leg, transport, stream, session.mailbox, hearing, tap)
        language = parse_language(start.parameters.get("language", ""))
        if leg is Leg.CLIENT and language:
            session.post(LanguageHinted(language))
        session.attach(connection)
        with bound_contextvars(call_sid=session.call_sid):
            await connection.run()

    async def _admit(self, start: Start, path_session_id: str) -> tuple[Session, Leg]:
        session_id = start.parameters.get("session", "")
        if path_session_id not in ("", session_id):
            raise RemoteProtocolError("media stream on the path of another session")
        return await self._registry.redeem(
            session_id,
            start.parameters.get("leg", ""),
            start.parameters.get("token", ""),
            start.call_sid,
            start.account_sid,
        )

    async def _wait_for_start(self, transport: Transport, stream: MediaStream) -> Start:
        why = "no start message"
        try:
            async with asyncio.timeout(self._start_timeout_s):
                for _ in range(_MAXIMUM_EARLY_MESSAGES):
                    message = await transport.receive()
                    if message is None:
                        raise RemoteProtocolError("media socket closed before its start message")
                    try:
                        inbound = stream.receive(message)
                    except RemoteProtocolError as error:
                        why = str(error)
                        continue
                    if isinstance(inbound, Start):
                        return inbound
        except TimeoutError:
            why = f"no start message in {self._start_timeout_s:g} s"
        raise RemoteProtocolError(why)


def report_misrouted(metrics: Metrics, entrance: str, session_id: str) -> None:
    """Something came here that belongs to a session of another process (or of one that is no more)."""
    metrics.misrouted.labels(entrance).inc()
    log.error(
        "call.misrouted",
        entrance=entrance,
        session=session_id,
        fix="the proxy's upstream servers and FLEET_SERVERS differ, or the call's process died: docs/operations.md",
    )
