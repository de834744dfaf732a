"""Calls are recorded where they pass by, and written in a thread of its own: never in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.legs import Leg
from app.domain.recordings import RecordingEnd, RecordingKeys
from app.domain.records import EventHappened, EventKind
from app.recordings.reel import Reel
from app.recordings.shelf import Shelf
from app.recordings.tracks import CallTracks
from app.runtime.session import Session
from app.store.recorder import Recorder
from app.telemetry.metrics import Metrics

_MOST_WAITING = 30
"""Orders, usually of one second each, that may wait for the disk; then it is too slow for this call."""
_FINISH_TIMEOUT_S = 10.0
"""How long a call that is over waits for its recording."""


class Recordings:
    """Records this process's calls. One event loop."""

    def __init__(self, shelf: Shelf, keys: RecordingKeys, recorder: Recorder, metrics: Metrics) -> None:
        self._shelf = shelf
        self._keys = keys
        self._recorder = recorder
        self._metrics = metrics
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recordings")
        self._live: dict[str, CallRecording] = {}
        """By session."""

    def start(self) -> None:
        """Raises ConfigError where nothing can be written."""
        self._shelf.prepare()

    def tap(self, session: Session, leg: Leg) -> LegTap | None:
        """Return what a leg's stream is to tell; None when its call is not recorded.

        A recording begins with the client's stream, which opens when they have heard that they are recorded; one that
        opens when the call has ended begins none.
        """
        recording = self._live.get(session.id)
        if recording is None and leg is Leg.CLIENT and session.end is None:
            reel = Reel(self._shelf, self._keys, session.call_sid, session.started_at)
            recording = CallRecording(session, reel, self._writer, self._recorder, self._metrics)
            self._live[session.id] = recording
        return None if recording is None else LegTap(recording, leg)

    async def finish(self, session: Session) -> None:
        """A call is over: write the rest of its recording."""
        recording = self._live.pop(session.id, None)
        if recording is not None:
            await recording.finish()

    def aclose(self) -> None:
        """Let go of the thread, once the calls are over; it ends when it has written what it was given."""
        self._writer.shutdown(wait=False)


class CallRecording:
    """One call's tracks, and the orders to write them. A disk that fails ends the recording, and nothing else."""

    def __init__(
        self, session: Session, reel: Reel, writer: ThreadPoolExecutor, recorder: Recorder, metrics: Metrics
    ) -> None:
        self.tracks = CallTracks()
        self.is_on = True
        self._session = session
        self._reel = reel
        self._writer = writer
        self._recorder = recorder
        self._metrics = metrics
        self._waiting = 0
        self._has_begun = False
        metrics.live_recordings.inc()
        self._order(reel.begin)

    def now_ms(self) -> int:
        """Return the call's clock."""
        return self._session.now_ms()

    def flush(self, now_ms: int) -> None:
        """Order what is final to be written."""
        while self.is_on and self.tracks.is_due(now_ms):
            self._order(partial(self._reel.add, [self.tracks.take()]))

    async def finish(self) -> None:
        """Write the rest, and wait until it is on the disk, but not for long."""
        if not self.is_on:
            return
        seconds, samples = self.tracks.finish(self.now_ms())
        written = self._order(partial(self._reel.end, seconds, samples))
        await asyncio.wait([written], timeout=_FINISH_TIMEOUT_S)
        self._end(RecordingEnd.CALL_ENDED if written.done() else RecordingEnd.BEHIND)

    def _order(self, job: Callable[[], None]) -> asyncio.Future[None]:
        if self._waiting >= _MOST_WAITING:
            self._end(RecordingEnd.BEHIND)
            job = self._reel.close
        self._waiting += 1
        order = asyncio.get_running_loop().run_in_executor(self._writer, job)
        order.add_done_callback(self._ordered)
        return order

    def _ordered(self, order: asyncio.Future[None]) -> None:
        self._waiting -= 1
        error = order.exception()
        if error is not None:
            errno = error.errno if isinstance(error, OSError) else None
            self._session.log.error("recording.failed", error=type(error).__name__, errno=errno)
            self._end(RecordingEnd.FAILED)
        elif not self._has_begun:
            self._has_begun = True
            self._tell(EventKind.RECORDING_STARTED, {})

    def _end(self, why: RecordingEnd) -> None:
        if not self.is_on:
            return
        self.is_on = False
        self._metrics.live_recordings.dec()
        self._metrics.ended_recordings.labels(why).inc()
        self._metrics.late_recording_seconds.inc(self.tracks.late_samples / SAMPLE_RATE_HZ)
        self._tell(EventKind.RECORDING_STOPPED, {"reason": why})

    def _tell(self, kind: EventKind, detail: Mapping[str, str | int]) -> None:
        session, now_ms = self._session, self.now_ms()
        session.log.info(kind, at_ms=now_ms, **detail)
        at = session.started_at + timedelta(milliseconds=now_ms)
        self._recorder.record(EventHappened(session.call_sid, next(session.event_numbers), at, kind, detail))


class LegTap:
    """What one leg's stream tells of what it carries; returns at once and never raises."""

    def __init__(self, recording: CallRecording, leg: Leg) -> None:
        self._recording = recording
        self._leg = leg

    def said(self, timestamp_ms: int, ulaw: bytes) -> None:
        """A message came; its timestamp is milliseconds since the stream began."""
        recording = self._recording
        if recording.is_on:
            now_ms = recording.now_ms()
            recording.tracks.said(self._leg, timestamp_ms, ulaw, now_ms)
            recording.flush(now_ms)

    def played(self, ulaw: bytes) -> None:
        if self._recording.is_on:
            self._recording.tracks.played(self._leg, ulaw, self._recording.now_ms())

    def cleared(self) -> None:
        """The carrier is told to forget what it has, or is gone."""
        if self._recording.is_on:
            self._recording.tracks.cleared(self._leg, self._recording.now_ms())

    def marked(self, name: str) -> None:
        if self._recording.is_on:
            self._recording.tracks.marked(self._leg, name, self._recording.now_ms())

    def reached(self, name: str) -> None:
        if self._recording.is_on:
            self._recording.tracks.reached(self._leg, name, self._recording.now_ms())
