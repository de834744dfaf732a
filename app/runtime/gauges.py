"""What is true at the moment when somebody looks at the metrics: queues, calls, circuits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.config import Settings
from app.domain.legs import Leg
from app.domain.usage import Stage
from app.fleet.base import Fleet
from app.runtime.accounting import Accounting
from app.runtime.providers import Providers
from app.runtime.registry import Registry
from app.store.recorder import Recorder
from app.telemetry.event_webhook import EventWebhook
from app.telemetry.loop_lag import LoopLag
from app.telemetry.metrics import Metrics

_GRACE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Gauges:
    """Asks everything that has a state of its own; nothing of it is counted while calls go on."""

    metrics: Metrics
    settings: Settings
    registry: Registry
    fleet: Fleet
    recorder: Recorder
    webhook: EventWebhook | None
    providers: Providers
    accounting: Accounting
    lag: LoopLag
    capacity_calls: Callable[[], int | None]

    def refresh(self) -> None:
        """Bring the metrics up to date."""
        metrics, recorder = self.metrics, self.recorder
        metrics.tasks.set(len(asyncio.all_tasks()))
        metrics.dropped_facts.set(recorder.dropped_count)
        metrics.queued_facts.set(recorder.queued)
        metrics.journal_bytes.set(recorder.journal_bytes)
        metrics.corrupted_facts.set(recorder.corrupted_count)
        metrics.queued_webhook_events.set(self.webhook.queued if self.webhook is not None else 0)
        metrics.queued_decodes.set(self.providers.stt.queued)
        metrics.recent_loop_lag_seconds.set(self.lag.recent_ms / 1000)
        self.accounting.measure()
        ranks: Counter[Stage] = Counter()
        for stage, breaker in self.providers.breakers():
            ranks[stage] += 1
            metrics.circuit(stage, ranks[stage], breaker)
        self._calls()
        self._fleet()

    def _calls(self) -> None:
        sessions = self.registry.sessions()
        overdue_ms = self.settings.max_call_duration_s * 1000 + _GRACE_MS
        self.metrics.live_calls.set(len(sessions))
        carried = self.capacity_calls()
        most = self.settings.max_concurrent_calls
        self.metrics.maximum_calls.set(most if carried is None else min(most, carried))
        self.metrics.local_capacity_calls.set(carried or 0)
        self.metrics.overdue_calls.set(sum(session.now_ms() > overdue_ms for session in sessions))
        self.metrics.queued_events.set(max((len(session.mailbox) for session in sessions), default=0))
        for leg in Leg:
            backlog_ms = max((session.backlog_ms(leg) for session in sessions), default=0)
            self.metrics.playout_backlog_seconds.labels(leg).set(backlog_ms / 1000)

    def _fleet(self) -> None:
        self.metrics.fleet_processes.set(self.fleet.roll.processes)
        self.metrics.fleet_calls.set(self.fleet.roll.calls)
        self.metrics.fleet_degraded.set(bool(self.fleet.trouble))
        self.metrics.fleet_dropped_messages.set(self.fleet.dropped_messages)
