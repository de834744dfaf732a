"""The running service: what it is made of, how it starts and ends, and how it does."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import structlog

from app import __version__
from app.config import Settings
from app.domain.policies import Transcripts
from app.domain.recordings import RecordingKeys
from app.fleet.base import Fleet, Roll
from app.fleet.memory import Alone
from app.fleet.placement import Placement
from app.glossary_file import read_glossaries
from app.prices import load_prices
from app.recordings.shelf import Shelf
from app.runtime.accounting import Accounting
from app.runtime.addresses import Addresses
from app.runtime.admission import Admission, lag_gate, lines_gate, local_models_gate
from app.runtime.announcing import Announcing
from app.runtime.call_plans import CallPlans
from app.runtime.capacity import Capacity
from app.runtime.captions import Captions
from app.runtime.caretaker import Caretaker
from app.runtime.carrier import TwilioCarrier
from app.runtime.client_twiml import ClientTwiml
from app.runtime.deletion import Deletion
from app.runtime.gauges import Gauges
from app.runtime.history import History
from app.runtime.media import MediaEntrance
from app.runtime.neighbours import Neighbours
from app.runtime.observers import Logging, Measuring, Recording
from app.runtime.providers import Providers
from app.runtime.recording_care import RecordingCare
from app.runtime.recordings import Recordings
from app.runtime.registry import Registry
from app.runtime.retention import Retention
from app.runtime.services import Observer, Services
from app.runtime.switchboard import Books, Switchboard
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
from app.twilio.rest import TwilioRest

if TYPE_CHECKING:
    from app.telemetry.traces import SpanExport

log = structlog.get_logger(__name__)

_DRAIN_TIMEOUT_S = 5.0


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
    """One process."""

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
        care = RecordingCare(self.shelf, self.eraser)
        self.deletion = Deletion(settings, self.registry, self.recorder, self.eraser, care)
        self._recordings = (
            Recordings(self.shelf, self.recording_keys, self.recorder, self.metrics) if settings.recording else None
        )
        self.glossaries = read_glossaries(settings.glossary_file)
        plans = CallPlans(settings, providers, self.glossaries)
        self.client_languages = plans.client_languages
        self.captions = Captions(self.metrics)
        addresses = Addresses(settings, placement)
        twiml = ClientTwiml(settings, plans, self.registry, addresses)
        self.neighbours = Neighbours(fleet, self.registry, self.captions, providers, twiml.answer)
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
        carrier = TwilioCarrier(settings, rest, self.registry, addresses)
        services = Services(
            settings=settings,
            stt=providers.stt,
            translator=providers.translator,
            voice=providers.voice,
            s2s=providers.s2s,
            spare_voice=providers.spare_voice,
            carrier=carrier,
            observers=(
                Recording(self.recorder, settings.transcripts),
                History(self.recorder, consent=plans.consent),
                Measuring(self.metrics),
                Logging(settings.transcripts if settings.log_personal_data else Transcripts.OFF),
                self._announcing,
                self._accounting,
                *_tracing(self._spans),
            ),
        )
        self.switchboard = Switchboard(
            settings,
            services,
            plans=plans,
            placement=placement,
            admission=self._admission,
            fleet=fleet,
            neighbours=self.neighbours,
            registry=self.registry,
            carrier=carrier,
            twiml=twiml,
            books=Books(self.recorder, self._announcing, self._accounting, self._recordings, self.deletion.hash_of),
            metrics=self.metrics,
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
        retention = Retention(self.eraser, care, settings.retention_days)
        self._upkeep = Upkeep(database, self.recorder, caretaker, retention, migrates=settings.database_auto_migrate)
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

    async def aclose(self) -> None:
        """End every call, write what is left, release everything."""
        await self.switchboard.aclose()
        await self.recorder.drain(_DRAIN_TIMEOUT_S)
        if self._webhook is not None:
            undelivered = await self._webhook.drain(_DRAIN_TIMEOUT_S)
            if undelivered:
                log.error("event_webhook.events_lost", events=undelivered)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
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

    def render_metrics(self) -> bytes:
        self._gauges.refresh()
        return self.metrics.render()

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


def _tracing(spans: SpanExport | None) -> tuple[Observer, ...]:
    if spans is None:
        return ()
    from app.runtime.tracing import Tracing  # With OpenTelemetry, like the export.

    return (Tracing(spans.tracer),)
