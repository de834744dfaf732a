"""The calls of this process, from Twilio's first request to the last row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from app.config import Settings
from app.domain.events import EndRequested, PolicyChanged
from app.domain.legs import CallDirection, EndReason, Leg
from app.domain.phrases import Phrase
from app.domain.records import CallStarted
from app.errors import CapacityError, Crowding, FleetError, OutboundRefusal, OutboundRefused, TelephonyError
from app.fleet.base import Fleet, Line
from app.fleet.placement import Placement
from app.runtime.accounting import Accounting
from app.runtime.admission import Admission
from app.runtime.announcing import Announcing
from app.runtime.call_plans import CallPlan, CallPlans, say
from app.runtime.carrier import TwilioCarrier
from app.runtime.client_twiml import ClientTwiml
from app.runtime.media import report_misrouted
from app.runtime.neighbours import Neighbours
from app.runtime.outbound import OutboundGuard
from app.runtime.recordings import Recordings
from app.runtime.registry import LiveCall, Registry, new_ticket
from app.runtime.services import Services
from app.runtime.session import Session
from app.store.recorder import Recorder
from app.telemetry.metrics import Metrics
from app.twilio.status import StatusCallback, VoiceWebhook
from app.twilio.twiml import say_and_hang_up

log = structlog.get_logger(__name__)

_END_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Books:
    """Who is told that a call began and ended."""

    recorder: Recorder
    announcing: Announcing
    accounting: Accounting
    recordings: Recordings | None
    hash_of: Callable[[str], str | None]
    """What stands for a caller's number in the row."""


class Switchboard:
    """Answers, places and ends the calls that this process holds; asks the others for theirs."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        *,
        plans: CallPlans,
        placement: Placement,
        admission: Admission,
        fleet: Fleet,
        neighbours: Neighbours,
        registry: Registry,
        carrier: TwilioCarrier,
        twiml: ClientTwiml,
        books: Books,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._services = services
        self._plans = plans
        self._placement = placement
        self._admission = admission
        self._fleet = fleet
        self._neighbours = neighbours
        self._registry = registry
        self._carrier = carrier
        self._twiml = twiml
        self._books = books
        self._metrics = metrics
        self._outbound = OutboundGuard(
            settings.outbound_allowed_prefixes,
            settings.outbound_calls_per_minute,
            own_numbers=[settings.twilio_phone_number, *dict(settings.called_number_languages)],
        )
        self._live: set[asyncio.Task[None]] = set()

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls, let those that are live finish in that time, and end the rest with a goodbye."""
        self._admission.stop()
        log.info("server.draining", calls=len(self._live), timeout_s=timeout_s)
        if self._live:
            await asyncio.wait(self._live, timeout=timeout_s)
        await self.aclose()
        log.info("server.drained")

    async def aclose(self) -> None:
        """Take no more calls, and end those that are live with a goodbye."""
        self._admission.stop()
        for session in self._registry.sessions():
            session.post(EndRequested(EndReason.SHUTDOWN))
        if self._live:
            _, late = await asyncio.wait(self._live, timeout=_END_TIMEOUT_S)
            for task in late:
                task.cancel()
        await asyncio.gather(*self._live, return_exceptions=True)

    # --- What Twilio asks -------------------------------------------------------------------------------------------

    async def answer(self, webhook: VoiceWebhook, *, may_decline: bool = False) -> str:
        """Return the TwiML for a client's call: a greeting and the media stream, or an apology.

        Where another process may be asked (``may_decline``), raises CapacityError instead of apologising.
        """
        plan = self._plans.plan(webhook.from_, webhook.to, webhook.language)
        try:
            call = self._registry.find(webhook.call_sid)
            if call is None:
                self._admission.check()
                return await self._take(webhook, plan)
        except CapacityError as error:
            log.warning(
                "call.refused",
                call_sid=webhook.call_sid,
                reason=error.reason,
                why=str(error),
                may_go_elsewhere=may_decline,
            )
            if may_decline:
                raise
            self._metrics.refused_calls.labels(error.reason).inc()
            return say_and_hang_up(say(Phrase.TOO_MANY_CALLS, plan.language))
        return self._twiml.answer(call)

    async def _take(self, webhook: VoiceWebhook, plan: CallPlan) -> str:
        """Begin a call, unless its webhook came twice and it has begun meanwhile, here or in another process."""
        session_id = self._placement.new_session_id()
        with self._registry.reserve(session_id):
            answer = await self._fleet.take_line(session_id, webhook.call_sid)
            if answer.line is Line.HELD_ELSEWHERE:
                try:
                    return await self._neighbours.answer(answer.holder, webhook.call_sid)
                except FleetError as error:
                    log.error("call.not_answered", call_sid=webhook.call_sid, why=str(error))
                    return say_and_hang_up(say(Phrase.TECHNICAL_PROBLEM, plan.language))
            if answer.line is Line.FULL:
                raise CapacityError(Crowding.FLEET, "FLEET_MAX_CONCURRENT_CALLS is reached")
            call = self._registry.find(webhook.call_sid)
            if call is not None:
                self._fleet.release(session_id)
            elif self._admission.is_stopped:
                self._fleet.release(session_id)
                raise CapacityError(Crowding.STOPPING, "the server is stopping")
            else:
                call = self._open(session_id, webhook, plan)
        return self._twiml.answer(call)

    def after_stream(self, call_sid: str, session_id: str = "") -> str:
        """Return the TwiML for a client's call whose stream is over: usually nothing but the end."""
        if session_id and not self._registry.has_known(session_id):
            report_misrouted(self._metrics, "after-stream", session_id)
        return self._twiml.after_stream(call_sid)

    def leg_status(self, callback: StatusCallback, session_id: str = "") -> None:
        """Take a status callback of either leg; one for a call that is not known yet is kept for it."""
        if session_id and not self._registry.has_known(session_id):
            report_misrouted(self._metrics, "status", session_id)
        if not self._registry.leg_status(callback.call_sid, callback.status):
            self._neighbours.tell_status(callback.call_sid, callback.status)

    # --- What administrators ask ------------------------------------------------------------------------------------

    async def call_out(self, to: str, client_language: str = "") -> str:
        """Dial a client at an E.164 number and, once they have answered, the agent; return the client's CallSid.

        Raises OutboundRefused, CapacityError or TelephonyError.
        """
        try:
            self._admission.check()
            self._outbound.admit(to, time.monotonic())
            call_sid = await self._call_out(to, client_language)
        except (OutboundRefused, CapacityError) as error:
            self._metrics.outbound_calls.labels("refused").inc()
            log.warning("outbound.refused", why=str(error))
            raise
        except TelephonyError as error:
            self._metrics.outbound_calls.labels("failed").inc()
            log.error("outbound.failed", code=error.code, status=error.status)
            raise
        self._metrics.outbound_calls.labels("placed").inc()
        return call_sid

    async def _call_out(self, to: str, client_language: str) -> str:
        settings = self._settings
        plan = self._plans.plan(to, "", client_language)
        session_id = self._placement.new_session_id()
        # The stream's token is in the TwiML that goes with the order, and so older than the call.
        patience_s = settings.outbound_ring_timeout_s + settings.stream_token_ttl_s
        ticket = new_ticket(Leg.CLIENT, patience_s)
        with self._registry.reserve(session_id):
            call_sid = await self._dial_client(to, session_id, self._twiml.connect(session_id, ticket, plan.language))
            client = VoiceWebhook(
                call_sid=call_sid,
                account_sid=settings.twilio_account_sid,
                from_=to,
                to=settings.twilio_phone_number,
                status=None,
                direction="outbound-api",
                language=client_language,
            )
            call = self._open(session_id, client, plan, patience_s=patience_s, dialled=to)
            call.tickets[Leg.CLIENT] = ticket
        return call_sid

    async def _dial_client(self, to: str, session_id: str, twiml: str) -> str:
        """Dial with the leave of the whole deployment. Raises as ``call_out``."""
        if (await self._fleet.take_line(session_id, "")).line is Line.FULL:
            raise CapacityError(Crowding.FLEET, "FLEET_MAX_CONCURRENT_CALLS is reached")
        try:
            call_sid = await self._order(to, session_id, twiml)
        except BaseException:
            self._fleet.release(session_id)
            raise
        self._fleet.hold(session_id, call_sid)
        return call_sid

    async def _order(self, to: str, session_id: str, twiml: str) -> str:
        wait_s = await self._fleet.take_order()
        if wait_s > 0:
            raise OutboundRefused(OutboundRefusal.RATE, wait_s)
        call_sid = await self._carrier.dial_client(to, twiml, session_id)
        if self._admission.is_stopped:
            await self._carrier.hang_up(call_sid)
            raise CapacityError(Crowding.STOPPING, "the server is stopping")
        return call_sid

    async def end_call(self, call_sid: str) -> bool:
        """End a live call, whatever process holds it; False when there is none. Raises FleetError."""
        call = self._registry.find(call_sid)
        if call is None:
            return await self._neighbours.end_call(call_sid)
        call.session.post(EndRequested(EndReason.ADMINISTRATOR))
        return True

    async def change_policies(self, call_sid: str, changes: Sequence[PolicyChanged]) -> bool:
        """Choose what the legs of a live call hear; False when there is none with this CallSid. Raises FleetError."""
        call = self._registry.find(call_sid)
        if call is None:
            return await self._neighbours.change_policies(call_sid, changes)
        for change in changes:
            call.session.post(change)
        return True

    # ----------------------------------------------------------------------------------------------------------------

    def _open(
        self,
        session_id: str,
        webhook: VoiceWebhook,
        plan: CallPlan,
        *,
        patience_s: int | None = None,
        dialled: str = "",
    ) -> LiveCall:
        """Begin a call; its client has ``patience_s`` to connect. ``dialled`` is their number where we call them."""
        session = Session(
            session_id=session_id,
            call_sid=webhook.call_sid,
            account_sid=webhook.account_sid,
            config=self._plans.config(plan, patience_s),
            services=self._services,
        )
        call = self._registry.add(session, plan.language)
        self._books.recorder.record(
            CallStarted(
                session.call_sid,
                session.started_at,
                session.agent_language,
                instance_id=self._fleet.instance_id,
                caller_hash=self._books.hash_of(webhook.from_),
                direction=CallDirection.OUTBOUND if dialled else CallDirection.INBOUND,
            )
        )
        self._books.announcing.started(session)
        self._books.accounting.started(session, called=webhook.to, dialled=dialled)
        task = asyncio.create_task(self._hold(session), name=f"call-{session.call_sid}")
        self._live.add(task)
        task.add_done_callback(self._live.discard)
        session.log.info(
            "call.started", region=plan.region, language_hint=plan.hint.language, hint_source=plan.hint.source
        )
        return call

    async def _hold(self, session: Session) -> None:
        try:
            await session.run()
        finally:
            if self._books.recordings is not None:
                await self._books.recordings.finish(session)
            self._books.accounting.ended(session)
            self._registry.remove(session)
            self._fleet.release(session.id)
