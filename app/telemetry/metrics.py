"""What operators watch, in Prometheus' words. Labels come from closed sets, never a call."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.domain.commands import CatchUp, ReportCatchUp, ReportLanguage
from app.domain.languages import LanguageReason
from app.domain.legs import EndReason, Leg
from app.domain.meaning import MeaningCheck, MissKind
from app.domain.records import MissingFinal, UtteranceRecord
from app.domain.usage import UsageKey
from app.errors import Crowding
from app.resilience.breaker import BreakerState, CircuitBreaker

_LAG_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SECONDS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0)


class Metrics:
    """One process's instruments, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.live_calls = Gauge("puente_calls_live", "Calls in progress.", registry=self.registry)
        self.ended_calls = Counter("puente_calls_ended", "Calls that ended.", ["reason"], registry=self.registry)
        self.refused_calls = Counter(
            "puente_calls_refused", "Calls that got an apology instead.", ["reason"], registry=self.registry
        )
        self.outbound_calls = Counter(
            "puente_calls_outbound",
            "Calls to clients that were asked for: placed, refused by us, or failed at the carrier.",
            ["result"],
            registry=self.registry,
        )
        self.utterances = Counter(
            "puente_utterances", "Clauses by what became of them.", ["speaker", "outcome"], registry=self.registry
        )
        self.stage_seconds = Histogram(
            "puente_stage_seconds",
            "Latency: recognition (speech end to final), translation, synthesis (to first audio), queue, total.",
            ["stage", "speaker"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests = Counter("puente_provider_requests", "Requests to providers.", ["stage"], registry=self.registry)
        self.errors = Counter("puente_provider_errors", "Failed requests.", ["stage"], registry=self.registry)
        self.language_probability = Histogram(
            "puente_language_probability",
            "The recogniser's confidence in the client's language.",
            buckets=(0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
            registry=self.registry,
        )
        self.meaning_checks = Counter(
            "puente_meaning_checks", "Translations compared with their source.", ["result"], registry=self.registry
        )
        self.meaning_misses = Counter(
            "puente_meaning_misses", "What spoken translations still missed.", ["kind"], registry=self.registry
        )
        self.languages_detected = Counter(
            "puente_languages_detected",
            "Calls whose client's language was locked.",
            ["language"],
            registry=self.registry,
        )
        self.language_switches = Counter(
            "puente_language_switches", "Clients who changed their language.", ["reason"], registry=self.registry
        )
        self.languages_uncovered = Counter(
            "puente_language_uncovered",
            "Clients who spoke what no provider covers.",
            ["language"],
            registry=self.registry,
        )
        self.missing_finals = Counter(
            "puente_finals_missing",
            "Final transcripts that did not come in time: promoted (the last interim was taken), lost, late.",
            ["leg", "outcome"],
            registry=self.registry,
        )
        self.speculations = Counter(
            "puente_speculations",
            "Translations and speech ahead of time: called, then promoted or wasted.",
            ["stage", "result"],
            registry=self.registry,
        )
        self.commits = Counter(
            "puente_clauses_committed", "Clauses by why they were cut there.", ["reason"], registry=self.registry
        )
        self.refused_streams = Counter("puente_streams_refused", "Media streams refused.", registry=self.registry)
        self.fleet_processes = Gauge(
            "puente_fleet_processes", "Processes of the deployment, as this one sees it.", registry=self.registry
        )
        self.fleet_calls = Gauge(
            "puente_fleet_calls", "Calls of the whole deployment, as this process sees it.", registry=self.registry
        )
        self.fleet_degraded = Gauge(
            "puente_fleet_degraded", "1 while Redis cannot be reached: limits are per process.", registry=self.registry
        )
        self.fleet_dropped_messages = Gauge(
            "puente_fleet_dropped_messages", "Messages to other processes that were not sent.", registry=self.registry
        )
        self.misrouted = Counter(
            "puente_misrouted",
            "What came here of calls that other processes hold: stream, status or after-stream.",
            ["entrance"],
            registry=self.registry,
        )
        self.refused_webhooks = Counter(
            "puente_webhooks_refused", "Webhooks with a wrong signature.", registry=self.registry
        )
        self.tasks = Gauge("puente_tasks", "Tasks of the event loop.", registry=self.registry)
        self.failed_authentications = Counter(
            "puente_authentications_failed", "Requests with a wrong key or token.", registry=self.registry
        )
        self.limited_requests = Counter(
            "puente_requests_limited", "Requests beyond a limit, by limit.", ["budget"], registry=self.registry
        )
        self.odd_messages = Counter(
            "puente_media_odd_messages", "Malformed or unknown media messages.", ["kind"], registry=self.registry
        )
        self.lost_audio_seconds = Counter(
            "puente_lost_audio_seconds", "Audio that never arrived from the carrier.", ["leg"], registry=self.registry
        )
        self.echo_seconds = Counter(
            "puente_echo_seconds", "Audio dropped as a leg's own playout.", ["leg"], registry=self.registry
        )
        self.dropped_echoes = Counter(
            "puente_echoes_dropped", "Utterances dropped as a leg's own playout.", ["leg"], registry=self.registry
        )
        self.dropped_frames = Counter(
            "puente_dropped_frames", "Frames dropped because the process could not keep up.", registry=self.registry
        )
        self.dropped_facts = Gauge(
            "puente_recorder_dropped_facts", "Facts that never reached the database.", registry=self.registry
        )
        self.queued_facts = Gauge(
            "puente_recorder_queued_facts", "Facts that wait for the database.", registry=self.registry
        )
        self.journal_bytes = Gauge(
            "puente_recorder_journal_bytes", "Facts on disk that wait for the database.", registry=self.registry
        )
        self.corrupted_facts = Gauge(
            "puente_recorder_corrupted_facts", "Lines on disk that could not be read.", registry=self.registry
        )
        self.live_recordings = Gauge("puente_recordings_live", "Calls being recorded.", registry=self.registry)
        self.ended_recordings = Counter(
            "puente_recordings_ended",
            "Recordings by why they ended: call-ended, failed (the disk), behind (the disk was too slow).",
            ["reason"],
            registry=self.registry,
        )
        self.late_recording_seconds = Counter(
            "puente_recording_late_seconds", "Sound that came too late to be recorded.", registry=self.registry
        )
        self.webhook_events = Counter(
            "puente_webhook_events",
            "Call events for EVENT_WEBHOOK_URL by what became of them.",
            ["result"],
            registry=self.registry,
        )
        self.queued_webhook_events = Gauge(
            "puente_webhook_queued_events", "Call events that wait for EVENT_WEBHOOK_URL.", registry=self.registry
        )
        self.caption_watchers = Gauge("puente_caption_watchers", "Live caption sockets.", registry=self.registry)
        self.slow_caption_watchers = Counter(
            "puente_caption_watchers_cut_off", "Caption sockets that were too slow.", registry=self.registry
        )
        self.controls = Counter(
            "puente_controls",
            "Keypresses and spoken commands by what they ask for.",
            ["leg", "action", "by"],
            registry=self.registry,
        )
        self.voice_seconds = Counter(
            "puente_voice_seconds",
            "Voice by the speed at which it was played to keep up; 1.00 is its own.",
            ["listener", "speed"],
            registry=self.registry,
        )
        self.trimmed_seconds = Counter(
            "puente_trimmed_pause_seconds", "Pauses cut to keep up.", ["listener"], registry=self.registry
        )
        self.overrun_seconds = Counter(
            "puente_side_overrun_seconds",
            "Original or echo that came in a burst and was too old to be heard beside the voice.",
            ["listener"],
            registry=self.registry,
        )
        self.catch_up_clauses = Counter(
            "puente_catch_up_clauses",
            "Clauses that were merged, shortened, asked for in brief, dropped or cut off to keep up.",
            ["listener", "measure"],
            registry=self.registry,
        )
        self.interruptions = Counter(
            "puente_interruptions",
            "Clauses that ended because their listener spoke.",
            ["listener"],
            registry=self.registry,
        )
        self.hand_overs = Counter(
            "puente_hand_overs", "Calls handed over to a person.", ["result"], registry=self.registry
        )
        self.used = Counter(
            "puente_usage",
            "What providers bill for calls: characters, tokens, milliseconds of audio, begun minutes.",
            ["stage", "provider", "unit"],
            registry=self.registry,
        )
        self.cost = Counter(
            "puente_cost",
            "What calls cost by list prices; a provider without a price has usage only.",
            ["stage", "provider", "currency"],
            registry=self.registry,
        )
        self.circuit_open = Gauge(
            "puente_provider_circuit_open",
            "Whether a provider with fallbacks is left alone: 1 yes, 0.5 about to be tried again, 0 no.",
            ["stage", "provider"],
            registry=self.registry,
        )
        self.provider_attempts = Gauge(
            "puente_provider_attempts",
            "Attempts with a provider that has fallbacks, since the start.",
            ["stage", "provider", "result"],
            registry=self.registry,
        )
        self.loop_lag_seconds = Histogram(
            "puente_event_loop_lag_seconds",
            "How late the event loop ran what was due, ten times a second.",
            buckets=_LAG_SECONDS,
            registry=self.registry,
        )
        self.recent_loop_lag_seconds = Gauge(
            "puente_event_loop_recent_lag_seconds",
            "What nine of ten moments of the last five seconds were not later than: what admission goes by.",
            registry=self.registry,
        )
        self.maximum_calls = Gauge(
            "puente_calls_maximum", "Calls that this process takes at once.", registry=self.registry
        )
        self.local_capacity_calls = Gauge(
            "puente_local_capacity_calls",
            "Calls at once that recognition and voices on this machine carry; 0 where they are elsewhere.",
            registry=self.registry,
        )
        self.overdue_calls = Gauge(
            "puente_calls_overdue",
            "Calls that go on a minute after MAX_CALL_DURATION_S should have ended them.",
            registry=self.registry,
        )
        self.provider_rank = Gauge(
            "puente_provider_rank",
            "The order in which the providers of a stage are asked: 1 is the first, the others are fallbacks.",
            ["stage", "provider"],
            registry=self.registry,
        )
        self.spans = Counter(
            "puente_spans",
            "Spans for the collector: exported, failed (it did not take them), dropped (too many waited).",
            ["result"],
            registry=self.registry,
        )
        self.playout_backlog_seconds = Gauge(
            "puente_playout_backlog_seconds",
            "Translated speech that waits to be heard: that of the listener who is furthest behind.",
            ["listener"],
            registry=self.registry,
        )
        self.queued_events = Gauge(
            "puente_mailbox_queued_events",
            "Frames and facts that wait for their calls: those of the call with the most.",
            registry=self.registry,
        )
        self.queued_decodes = Gauge(
            "puente_recogniser_queued_jobs",
            "Decodes that wait for a recogniser on this machine.",
            registry=self.registry,
        )
        # What is never counted from 0 looks to Prometheus as if its first time had not been.
        for crowding in Crowding:
            self.refused_calls.labels(crowding)
        for result in ("placed", "refused", "failed"):
            self.outbound_calls.labels(result)
        for result in ("delivered", "refused", "abandoned", "dropped"):
            self.webhook_events.labels(result)
        for result in ("exported", "failed", "dropped"):
            self.spans.labels(result)
        for leg in Leg:
            for outcome in MissingFinal:
                self.missing_finals.labels(leg, outcome)
        for entrance in ("stream", "status", "after-stream"):
            self.misrouted.labels(entrance)
        for result in ("requested", "completed"):
            self.hand_overs.labels(result)
        for leg in Leg:
            self.lost_audio_seconds.labels(leg)
            self.trimmed_seconds.labels(leg)
            self.overrun_seconds.labels(leg)
            self.echo_seconds.labels(leg)
            self.dropped_echoes.labels(leg)
            self.interruptions.labels(leg)
            for measure in CatchUp:
                self.catch_up_clauses.labels(leg, measure)
        for check in MeaningCheck:
            self.meaning_checks.labels(check)
        for kind in MissKind:
            self.meaning_misses.labels(kind)
        for reason in EndReason:
            self.ended_calls.labels(reason)

    def circuit(self, stage: str, rank: int, breaker: CircuitBreaker) -> None:
        """Show how a provider with fallbacks does; it is asked as the ``rank``-th."""
        self.provider_rank.labels(stage, breaker.provider).set(rank)
        openness = {BreakerState.CLOSED: 0.0, BreakerState.HALF_OPEN: 0.5, BreakerState.OPEN: 1.0}
        self.circuit_open.labels(stage, breaker.provider).set(openness[breaker.state])
        self.provider_attempts.labels(stage, breaker.provider, "succeeded").set(breaker.successes)
        self.provider_attempts.labels(stage, breaker.provider, "failed").set(breaker.failures)

    def usage(self, key: UsageKey, amount: int, cost: Decimal | None, currency: str) -> None:
        """Count more of what a provider bills; ``cost`` is None where the price is not known."""
        self.used.labels(key.stage, key.provider, key.unit).inc(amount)
        if cost is not None:
            self.cost.labels(key.stage, key.provider, currency).inc(float(cost))

    def language(self, change: ReportLanguage) -> None:
        """Count what became known of a client's language."""
        match change.reason:
            case LanguageReason.DETECTED:
                self.languages_detected.labels(change.language).inc()
            case LanguageReason.SWITCHED | LanguageReason.CHOSEN:
                self.language_switches.labels(change.reason).inc()
            case LanguageReason.UNCOVERED:
                self.languages_uncovered.labels(change.language).inc()
            case _:
                assert_never(change.reason)

    def utterance(self, record: UtteranceRecord) -> None:
        """Count a clause and its stages."""
        self.utterances.labels(record.speaker, record.outcome).inc()
        self.commits.labels(record.commit_reason).inc()
        stages = {
            "recognition": record.recognition_ms,
            "translation": record.translation_ms,
            "synthesis": record.synthesis_ms,
            "queue": record.queue_ms,
            "total": record.total_ms,
        }
        for stage, milliseconds in stages.items():
            if milliseconds is not None:
                self.stage_seconds.labels(stage, record.speaker).observe(milliseconds / 1000)

    def catch_up(self, report: ReportCatchUp) -> None:
        """Count what was done so that a listener keeps up."""
        for speed, milliseconds in report.voice_ms.items():
            self.voice_seconds.labels(report.leg, f"{speed:.2f}").inc(milliseconds / 1000)
        self.trimmed_seconds.labels(report.leg).inc(report.trimmed_ms / 1000)
        self.overrun_seconds.labels(report.leg).inc(report.overrun_ms / 1000)
        for measure, clauses in report.measures.items():
            self.catch_up_clauses.labels(report.leg, measure).inc(clauses)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
