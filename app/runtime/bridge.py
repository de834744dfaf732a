"""The running service: providers, live calls, and the three things that Twilio asks of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import structlog

from app import __version__
from app.config import E164, Settings
from app.domain.events import EndRequested, PolicyChanged
from app.domain.legs import CallDirection, EndReason, Leg
from app.domain.phrases import Phrase
from app.domain.policies import Transcripts
from app.domain.recordings import RecordingKeys
from app.domain.records import CallStarted
from app.errors import (
    CallIsLive,
    CapacityError,
    Crowding,
    FleetError,
    OutboundRefusal,
    OutboundRefused,
    StoreError,
    TelephonyError,
)
from app.fleet.base import Fleet, Line, Roll
from app.fleet.memory import Alone
from app.fleet.placement import Placement
from app.glossary_file import read_glossaries
from app.prices import load_prices
from app.privacy.callers import caller_hash
from app.recordings.shelf import Shelf
from app.runtime.accounting import Accounting
from app.runtime.addresses import Addresses
from app.runtime.admission import Admission, lag_gate, lines_gate, local_models_gate
from app.runtime.announcing import Announcing
from app.runtime.call_plans import CallPlan, CallPlans, say
from app.runtime.capacity import Capacity
from app.runtime.captions import Captions
from app.runtime.caretaker import Caretaker
from app.runtime.carrier import TwilioCarrier
from app.runtime.gauges import Gauges
from app.runtime.history import History
from app.runtime.media import MediaEntrance, report_misrouted
from app.runtime.neighbours import Neighbours
from app.runtime.observers import Logging, Measuring, Recording
from app.runtime.outbound import OutboundGuard
from app.runtime.providers import Providers
from app.runtime.recording_care import RecordingCare
from app.runtime.recordings import Recordings
from app.runtime.registry import LiveCall, Registry, StreamTicket, new_ticket
from app.runtime.retention import Deleted, Retention
from app.runtime.session import Observer, Services, Session
from app.runtime.upkeep import Upkeep
from app.store.database import Database
from app.store.erasure import Eraser
from app.store.instances import Instances
from app.store.journal import Journal
from app.store.recorder import Recorder
from app.store.repository import Repository
from app.telemetry.event_webhook import EventWebhook
from app.telemetry.loop_lag import LoopLag
from app.telemetry.metrics import Metrics
from app.telemetry.summary import Summary, summarise
from app.twilio.rest import TwilioRest
from app.twilio.status import StatusCallback, VoiceWebhook
from app.twilio.twiml import connect_stream, hang_up, join_conference, say_and_hang_up

if TYPE_CHECKING:
    from app.telemetry.traces import SpanExport

log = structlog.get_logger(__name__)

_DRAIN_TIMEOUT_S = 5.0
_END_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """What `/health` says."""

    database: bool
    problems: tuple[str, ...]
    """Why no call can be taken."""
    live_calls: int
    fleet: Roll
    fleet_trouble: str
    """Why this process is on its own; empty where it is not, or is the only one."""
    local_capacity_calls: int | None
    """What the engines of this machine carry; None where there are none."""
    circuits: dict[str, str]
    """The state of each provider's circuit, by ``stage.provider``, where there are fallbacks."""


class Bridge:
    """One process's calls."""

    def __init__(
        self,
        settings: Settings,
        providers: Providers,
        rest: TwilioRest,
        database: Database,
        placement: Placement,
        fleet: Fleet,
        processors: float,
    ) -> None:
        """``processors`` is what this process may use of the machine's."""
        self.settings = settings
        self.fleet = fleet
        self._placement = placement
        self._addresses = Addresses(settings, self._placement)
        self.instance_id = fleet.instance_id
        """Which process holds a call, in its row."""
        self.providers = providers
        self.metrics = Metrics()
        self.registry = Registry()
        self.capacity = Capacity(processors, chosen_calls=settings.local_capacity_calls)
        """What engines on this machine carry; known once they are loaded."""
        self._lag = LoopLag(self.metrics)
        self._admission = Admission(
            lines_gate(lambda: self.registry.occupied, settings.max_concurrent_calls),
            local_models_gate(lambda: self.registry.occupied, lambda: self.capacity.calls),
            lag_gate(lambda: self._lag.recent_ms, settings.admission_max_lag_ms, lambda: self.registry.occupied),
        )
        self.repository = Repository(database)
        self.recorder = Recorder(
            database, Journal(settings.journal_dir, self.instance_id, max_bytes=settings.journal_max_mb * 1_000_000)
        )
        self.eraser = Eraser(database)
        self.shelf = Shelf(settings.recording_dir)
        self.recording_keys = RecordingKeys.parse(settings.recording_keys.get_secret_value())
        self._care = RecordingCare(self.shelf, self.eraser)
        self._recordings = (
            Recordings(self.shelf, self.recording_keys, self.recorder, self.metrics) if settings.recording else None
        )
        self.glossaries = read_glossaries(settings.glossary_file)
        self._plans = CallPlans(settings, providers, self.glossaries)
        self.client_languages = self._plans.client_languages
        self.captions = Captions(self.metrics)
        self.neighbours = Neighbours(fleet, self.registry, self.captions, providers, self._answer_of)
        self._webhook = self._event_webhook()
        sinks = (self.captions,) if self._webhook is None else (self.captions, self._webhook)
        self._announcing = Announcing(sinks)
        self._spans = self._span_export()
        self._accounting = Accounting(
            load_prices(settings.prices_file), self.recorder, self.metrics, settings.agent_phone_number
        )
        self._gauges = Gauges(
            metrics=self.metrics,
            settings=settings,
            registry=self.registry,
            fleet=fleet,
            recorder=self.recorder,
            webhook=self._webhook,
            providers=providers,
            accounting=self._accounting,
            lag=self._lag,
            capacity_calls=lambda: self.capacity.calls,
        )
        self._database = database
        self._rest = rest
        self._carrier = TwilioCarrier(settings, rest, self.registry, self._addresses)
        self._outbound = OutboundGuard(
            settings.outbound_allowed_prefixes,
            settings.outbound_calls_per_minute,
            own_numbers=[settings.twilio_phone_number, *dict(settings.called_number_languages)],
        )
        self._services = Services(
            settings=settings,
            stt=providers.stt,
            translator=providers.translator,
            voice=providers.voice,
            s2s=providers.s2s,
            spare_voice=providers.spare_voice,
            carrier=self._carrier,
            observers=(
                Recording(self.recorder, settings.transcripts),
                History(self.recorder, consent=self._plans.consent),
                Measuring(self.metrics),
                Logging(settings.transcripts if settings.log_personal_data else Transcripts.OFF),
                self._announcing,
                self._accounting,
                *_tracing(self._spans),
            ),
        )
        self.media = MediaEntrance(
            self.registry,
            self.metrics,
            start_timeout_s=settings.stream_start_timeout_s,
            vad_aggressiveness=settings.vad_aggressiveness,
            has_echo_gate=settings.echo_gate,
            measures_pitch=settings.voice_matching,
            recordings=self._recordings,
        )
        is_alone = database.is_sqlite and isinstance(fleet, Alone)
        caretaker = Caretaker(
            self.instance_id,
            Instances(database, is_alone=is_alone),
            rest.hang_up,
            self.metrics,
            is_caught_up=lambda: self.recorder.is_caught_up,
            judges_at_once=is_alone,
        )
        retention = Retention(self.eraser, self._care, settings.retention_days)
        self._upkeep = Upkeep(database, self.recorder, caretaker, retention, migrates=settings.database_auto_migrate)
        self._calls: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load the engines and begin to write. A database that is down holds nothing up.

        Raises ConfigError, also where calls are to be recorded and cannot be.
        """
        if self._recordings is not None:
            self._recordings.start()
        self._background = [
            asyncio.create_task(self._upkeep.run(), name="upkeep"),
            asyncio.create_task(self._accounting.run(), name="accounting"),
            asyncio.create_task(self.neighbours.run(), name="neighbours"),
            asyncio.create_task(self._lag.run(), name="loop-lag"),
        ]
        if self._webhook is not None:
            self._background.append(asyncio.create_task(self._webhook.run(), name="event-webhook"))
        await self.providers.start()
        self.capacity = replace(
            self.capacity, recognition=self.providers.stt.processors, voice=self.providers.voice.processors
        )
        if self.capacity.calls is not None:
            log.info("capacity.measured", calls=self.capacity.calls, **asdict(self.capacity))
        await self.providers.translator.learn(self.glossaries.all())
        await self._upkeep.tried()

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls, let those that are live finish in that time, and end the rest with a goodbye."""
        self._admission.stop()
        log.info("server.draining", calls=len(self._calls), timeout_s=timeout_s)
        if self._calls:
            await asyncio.wait(self._calls, timeout=timeout_s)
        await self._end_calls()
        log.info("server.drained")

    async def aclose(self) -> None:
        """End every call, write what is left, release everything."""
        self._admission.stop()
        await self._end_calls()
        await self.recorder.drain(_DRAIN_TIMEOUT_S)
        if self._webhook is not None:
            undelivered = await self._webhook.drain(_DRAIN_TIMEOUT_S)
            if undelivered:
                log.error("event_webhook.events_lost", events=undelivered)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._calls, *self._background, return_exceptions=True)
        lost = await self.recorder.aclose()
        if lost:
            log.error("recorder.facts_lost", facts=lost)
        await self.providers.aclose()
        if self._webhook is not None:
            await self._webhook.aclose()
        if self._spans is not None:
            await self._spans.aclose(_DRAIN_TIMEOUT_S)
        if self._recordings is not None:
            self._recordings.aclose()
        await self._rest.aclose()
        await self._database.aclose()

    # --- What Twilio asks -------------------------------------------------------------------------------------------

    async def answer(self, webhook: VoiceWebhook, *, may_decline: bool = False) -> str:
        """Return the TwiML for a client's call: a greeting and the media stream, or an apology.

        Where another process may be asked (``may_decline``), raises CapacityError instead of apologising.
        """
        plan = self._plans.plan(webhook.from_, webhook.to, webhook.language)
        try:
            call = self.registry.find(webhook.call_sid)
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
            self.metrics.refused_calls.labels(error.reason).inc()
            return say_and_hang_up(say(Phrase.TOO_MANY_CALLS, plan.language))
        return self._answer_of(call)

    async def _take(self, webhook: VoiceWebhook, plan: CallPlan) -> str:
        """Begin a call, unless its webhook came twice and it has begun meanwhile, here or in another process."""
        session_id = self._placement.new_session_id()
        with self.registry.reserve(session_id):
            answer = await self.fleet.take_line(session_id, webhook.call_sid)
            if answer.line is Line.HELD_ELSEWHERE:
                try:
                    return await self.neighbours.answer(answer.holder, webhook.call_sid)
                except FleetError as error:
                    log.error("call.not_answered", call_sid=webhook.call_sid, why=str(error))
                    return say_and_hang_up(say(Phrase.TECHNICAL_PROBLEM, plan.language))
            if answer.line is Line.FULL:
                raise CapacityError(Crowding.FLEET, "FLEET_MAX_CONCURRENT_CALLS is reached")
            call = self.registry.find(webhook.call_sid)
            if call is not None:
                self.fleet.release(session_id)
            elif self._admission.is_stopped:
                self.fleet.release(session_id)
                raise CapacityError(Crowding.STOPPING, "the server is stopping")
            else:
                call = self._open(session_id, webhook, plan)
        return self._answer_of(call)

    def _answer_of(self, call: LiveCall) -> str:
        ticket = self.registry.issue_ticket(call, Leg.CLIENT, self.settings.stream_token_ttl_s)
        return self._client_twiml(call.session.id, ticket, call.language)

    def after_stream(self, call_sid: str, session_id: str = "") -> str:
        """Return the TwiML for a client's call whose stream is over: usually nothing but the end.

        One that was moved to a conference should not come here any more; if it does, that is where it belongs.
        """
        if session_id and not self.registry.has_known(session_id):
            report_misrouted(self.metrics, "after-stream", session_id)
        call = self.registry.find(call_sid)
        if call is not None and call.session.telephones.conference is not None:
            return join_conference(call.session.telephones.conference, ends_conference=True)
        if call is not None:
            end = call.session.end
            farewell = Phrase.TECHNICAL_PROBLEM if end is None else end.farewell
            return say_and_hang_up(say(farewell, call.language)) if farewell else hang_up()
        ended = self.registry.ended(call_sid)
        if ended is not None and ended.conference is not None:
            return join_conference(ended.conference, ends_conference=True)
        if ended is None or ended.farewell is None:
            return hang_up()
        return say_and_hang_up(say(ended.farewell, ended.language))

    def leg_status(self, callback: StatusCallback, session_id: str = "") -> None:
        """Take a status callback of either leg; one for a call that is not known yet is kept for it."""
        if session_id and not self.registry.has_known(session_id):
            report_misrouted(self.metrics, "status", session_id)
        if not self.registry.leg_status(callback.call_sid, callback.status):
            self.neighbours.tell_status(callback.call_sid, callback.status)

    def _client_twiml(self, session_id: str, ticket: StreamTicket, language: str) -> str:
        return connect_stream(
            url=self._addresses.stream(session_id),
            parameters={"session": session_id, "leg": Leg.CLIENT.value, "token": ticket.token},
            greeting=self._plans.greeting(language),
            action_url=self._addresses.after_stream(session_id),
            farewell=say(Phrase.TECHNICAL_PROBLEM, language),
        )

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
            self.metrics.outbound_calls.labels("refused").inc()
            log.warning("outbound.refused", why=str(error))
            raise
        except TelephonyError as error:
            self.metrics.outbound_calls.labels("failed").inc()
            log.error("outbound.failed", code=error.code, status=error.status)
            raise
        self.metrics.outbound_calls.labels("placed").inc()
        return call_sid

    async def _call_out(self, to: str, client_language: str) -> str:
        settings = self.settings
        plan = self._plans.plan(to, "", client_language)
        session_id = self._placement.new_session_id()
        # The stream's token is in the TwiML that goes with the order, and so older than the call.
        patience_s = settings.outbound_ring_timeout_s + settings.stream_token_ttl_s
        ticket = new_ticket(Leg.CLIENT, patience_s)
        with self.registry.reserve(session_id):
            call_sid = await self._dial_client(to, session_id, self._client_twiml(session_id, ticket, plan.language))
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
        if (await self.fleet.take_line(session_id, "")).line is Line.FULL:
            raise CapacityError(Crowding.FLEET, "FLEET_MAX_CONCURRENT_CALLS is reached")
        try:
            call_sid = await self._order(to, session_id, twiml)
        except BaseException:
            self.fleet.release(session_id)
            raise
        self.fleet.hold(session_id, call_sid)
        return call_sid

    async def _order(self, to: str, session_id: str, twiml: str) -> str:
        wait_s = await self.fleet.take_order()
        if wait_s > 0:
            raise OutboundRefused(OutboundRefusal.RATE, wait_s)
        call_sid = await self._carrier.dial_client(to, twiml, session_id)
        if self._admission.is_stopped:
            await self._carrier.hang_up(call_sid)
            raise CapacityError(Crowding.STOPPING, "the server is stopping")
        return call_sid

    async def is_live(self, call_sid: str) -> bool:
        """Whether this call goes on, in whatever process. Raises FleetError."""
        return self.registry.find(call_sid) is not None or await self.neighbours.is_live(call_sid)

    async def end_call(self, call_sid: str) -> bool:
        """End a live call, whatever process holds it; False when there is none. Raises FleetError."""
        call = self.registry.find(call_sid)
        if call is None:
            return await self.neighbours.end_call(call_sid)
        call.session.post(EndRequested(EndReason.ADMINISTRATOR))
        return True

    async def change_policies(self, call_sid: str, changes: Sequence[PolicyChanged]) -> bool:
        """Choose what the legs of a live call hear; False when there is none with this CallSid. Raises FleetError."""
        call = self.registry.find(call_sid)
        if call is None:
            return await self.neighbours.change_policies(call_sid, changes)
        for change in changes:
            call.session.post(change)
        return True

    async def delete_call(self, call_sid: str) -> Deleted:
        """Delete a past call. Raises CallIsLive, StoreError or RecordingError."""
        if self.registry.find(call_sid) is not None:
            raise CallIsLive("this call goes on")
        await self._write_what_waits()
        was_there = await self.eraser.delete_call(call_sid)
        return Deleted(int(was_there), await self._care.delete_deleted([call_sid]))

    @property
    def knows_callers(self) -> bool:
        """Whether calls can be found by their caller's number."""
        return bool(self._pepper())

    async def delete_caller(self, number: str) -> Deleted:
        """Delete the past calls from an E.164 number. Raises StoreError or RecordingError."""
        await self._write_what_waits()
        live = [session.call_sid for session in self.registry.sessions()]
        calls = await self.eraser.delete_caller(caller_hash(number, self._pepper()), live)
        return Deleted(calls, await self._care.delete_deleted() if calls else 0)

    def problems(self) -> tuple[str, ...]:
        """Return why no call can be taken now; nothing when one can."""
        problems = [f"{name} is not set" for name in self.settings.missing_for_calls()]
        problems += [obstacle.text for obstacle in self._admission.obstacles()]
        if self.fleet.is_full:
            problems.append("all lines of the deployment are busy (FLEET_MAX_CONCURRENT_CALLS)")
        return tuple(problems)

    async def health(self) -> Health:
        return Health(
            database=await self._database.ping(1.0),
            problems=self.problems(),
            live_calls=len(self.registry),
            fleet=self.fleet.roll,
            fleet_trouble=self.fleet.trouble,
            local_capacity_calls=self.capacity.calls,
            circuits={
                f"{stage}.{breaker.provider}": str(breaker.state) for stage, breaker in self.providers.breakers()
            },
        )

    def summarise_metrics(self) -> Summary:
        return summarise(self.metrics, live_calls=len(self.registry))

    def render_metrics(self) -> bytes:
        self._gauges.refresh()
        return self.metrics.render()

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
        call = self.registry.add(session, plan.language)
        self.recorder.record(
            CallStarted(
                session.call_sid,
                session.started_at,
                session.agent_language,
                instance_id=self.instance_id,
                caller_hash=self._caller_hash(webhook.from_),
                direction=CallDirection.OUTBOUND if dialled else CallDirection.INBOUND,
            )
        )
        self._announcing.started(session)
        self._accounting.started(session, called=webhook.to, dialled=dialled)
        task = asyncio.create_task(self._live(session), name=f"call-{session.call_sid}")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        session.log.info(
            "call.started", region=plan.region, language_hint=plan.hint.language, hint_source=plan.hint.source
        )
        return call

    async def _end_calls(self) -> None:
        for session in self.registry.sessions():
            session.post(EndRequested(EndReason.SHUTDOWN))
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=_END_TIMEOUT_S)
            for task in late:
                task.cancel()

    def _event_webhook(self) -> EventWebhook | None:
        settings = self.settings
        if not settings.event_webhook_url:
            return None
        return EventWebhook(
            settings.event_webhook_url,
            settings.event_webhook_secret.get_secret_value(),
            self.metrics,
            captions=settings.transcripts if settings.event_webhook_captions else Transcripts.OFF,
        )

    def _span_export(self) -> SpanExport | None:
        settings = self.settings
        if not settings.otel_exporter_otlp_endpoint:
            return None
        from app.telemetry.traces import SpanExport  # Takes a while, and most do without.

        return SpanExport(
            settings.otel_exporter_otlp_endpoint,
            settings.otel_exporter_otlp_headers.get_secret_value(),
            {
                "service.name": settings.otel_service_name,
                "service.version": __version__,
                "service.instance.id": self.instance_id,
            },
            self.metrics,
            share=settings.otel_traces_sampler_arg,
        )

    async def _live(self, session: Session) -> None:
        try:
            await session.run()
        finally:
            if self._recordings is not None:
                await self._recordings.finish(session)
            self._accounting.ended(session)
            self.registry.remove(session)
            self.fleet.release(session.id)

    async def _write_what_waits(self) -> None:
        """What waits to be written would come back after it was deleted. Raises StoreError."""
        try:
            async with asyncio.timeout(_DRAIN_TIMEOUT_S):
                await self.recorder.flush()
        except TimeoutError:
            raise StoreError("the database is behind") from None

    def _pepper(self) -> str:
        settings = self.settings
        return settings.privacy_pepper.get_secret_value() or settings.twilio_auth_token.get_secret_value()

    def _caller_hash(self, number: str) -> str | None:
        return caller_hash(number, self._pepper()) if self.knows_callers and E164.fullmatch(number) else None


def _tracing(spans: SpanExport | None) -> tuple[Observer, ...]:
    if spans is None:
        return ()
    from app.runtime.tracing import Tracing  # With OpenTelemetry, like the export.

    return (Tracing(spans.tracer),)
