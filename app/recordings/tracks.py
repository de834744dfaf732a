"""Four tracks on the call's clock: what each party said, and what the carrier played to each.

Sample n of every track is the same moment, n / 8000 s after the call began, by the clock of the process. What a party
says lies where the carrier's timestamps put it, behind the least delay that was seen of late. What a party hears lies
where the carrier plays it: in order, without a pause, from when it was sent; marks that come back say how much later
that is. What the carrier was told to clear was not heard.
"""

from __future__ import annotations

from collections import OrderedDict

from app.domain.audio import BYTES_PER_MS, FRAME_MS, SAMPLE_RATE_HZ, ULAW_SILENCE, duration_ms
from app.domain.legs import Leg
from app.domain.recordings import Track

SETTLE_MS = 2000
"""A second is final so long after it: what was late on its way has come, and what was played is out."""
_SECOND = SAMPLE_RATE_HZ
_JITTER_MS = FRAME_MS
"""Sound that is less out of place than this goes where the last one ended."""
_DELAY_WINDOW_MS = 60_000
"""For so long, and twice as long at most, the least delay counts: clocks drift apart."""
_LONGEST_DELAY_MS = 10_000
"""A message that is later than this began to count anew."""
_LONGEST_LAG_MS = 1000.0
"""A mark that comes later says that somebody was stuck, not how far away the carrier is."""
_MARKS_KEPT = 64


class _Strip:
    """One track's sound that is not final yet."""

    def __init__(self) -> None:
        self._sound = bytearray()
        self._begin = 0
        """The sample that the first byte is."""

    @property
    def end(self) -> int:
        return self._begin + len(self._sound)

    def lay(self, position: int, ulaw: bytes) -> int:
        """Put sound where it belongs, over what is there; return how many samples came too late for that."""
        late = min(max(0, self._begin - position), len(ulaw))
        start = position + late - self._begin
        if start > len(self._sound):
            self._sound += ULAW_SILENCE * (start - len(self._sound))
        self._sound[start : start + len(ulaw) - late] = ulaw[late:]
        return late

    def cut(self, position: int) -> None:
        """Forget what lies from there on."""
        del self._sound[max(0, position - self._begin) :]

    def take(self) -> bytes:
        """Return the next second, and have it final."""
        second = bytes(self._sound[:_SECOND])
        del self._sound[:_SECOND]
        self._begin += _SECOND
        return second.ljust(_SECOND, ULAW_SILENCE)


class _Said:
    """Where the sound of one party belongs."""

    def __init__(self, strip: _Strip) -> None:
        self._strip = strip
        self._least_delay_ms = [float("inf"), float("inf")]
        """Of the window before and of this one: the call's time when the stream's was zero."""
        self._window_ends_ms = 0.0

    def hear(self, timestamp_ms: int, ulaw: bytes, now_ms: float) -> int:
        """Lay one message down; return how many samples came too late."""
        if now_ms >= self._window_ends_ms:
            self._least_delay_ms = [self._least_delay_ms[1], float("inf")]
            self._window_ends_ms = now_ms + _DELAY_WINDOW_MS
        delay_ms = now_ms - timestamp_ms - duration_ms(ulaw)
        if delay_ms - min(self._least_delay_ms) > _LONGEST_DELAY_MS:
            self._least_delay_ms[0] = self._least_delay_ms[1] = delay_ms
        self._least_delay_ms[1] = min(self._least_delay_ms[1], delay_ms)
        position = max(0, round((min(self._least_delay_ms) + timestamp_ms) * BYTES_PER_MS))
        end = self._strip.end
        is_next = end > 0 and abs(position - end) < _JITTER_MS * BYTES_PER_MS
        return self._strip.lay(end if is_next else position, ulaw)


class _Heard:
    """Where the carrier plays what is sent to one party."""

    def __init__(self, strip: _Strip) -> None:
        self._strip = strip
        self._free_ms = 0.0
        """When the carrier has played all it has, were it here."""
        self._lag_ms: float | None = None
        """How much later that is, there and back: the least that a mark took."""
        self._burst_lag_ms = 0.0
        """Of what is being played without a pause."""
        self._marks: OrderedDict[str, float] = OrderedDict()
        """When each would come back at once."""

    def play(self, ulaw: bytes, now_ms: float) -> int:
        """Lay down what is sent now; return how many samples came too late."""
        if now_ms >= self._free_ms:
            self._free_ms, self._burst_lag_ms = now_ms, self._lag_ms or 0.0
        position = max(round((self._free_ms + self._burst_lag_ms) * BYTES_PER_MS), 0)
        self._free_ms += len(ulaw) / BYTES_PER_MS
        return self._strip.lay(position, ulaw)

    def stop(self, now_ms: float) -> None:
        """The carrier plays nothing from now on of what it has."""
        self._strip.cut(round((now_ms + self._burst_lag_ms) * BYTES_PER_MS))
        self._free_ms = min(self._free_ms, now_ms)
        self._marks.clear()  # They come back without having been played.

    def mark(self, name: str, now_ms: float) -> None:
        self._marks[name] = max(self._free_ms, now_ms)
        if len(self._marks) > _MARKS_KEPT:
            self._marks.popitem(last=False)

    def reached(self, name: str, now_ms: float) -> None:
        expected_ms = self._marks.pop(name, None)
        if expected_ms is None or not 0 <= now_ms - expected_ms <= _LONGEST_LAG_MS:
            return
        lag_ms = now_ms - expected_ms
        self._lag_ms = lag_ms if self._lag_ms is None else min(self._lag_ms, lag_ms)


class CallTracks:
    """One call's tracks. Times are milliseconds since the call began, on one clock that never goes back."""

    def __init__(self) -> None:
        self._strips = {track: _Strip() for track in Track}
        self._said = {leg: _Said(self._strips[Track.said(leg)]) for leg in Leg}
        self._heard = {leg: _Heard(self._strips[Track.heard(leg)]) for leg in Leg}
        self._seconds = 0
        self.late_samples = 0
        """Sound that came after its second was final, and is not in the recording."""

    def said(self, leg: Leg, timestamp_ms: int, ulaw: bytes, now_ms: float) -> None:
        """A message came from the carrier; its timestamp is milliseconds since the leg's stream began."""
        self.late_samples += self._said[leg].hear(timestamp_ms, ulaw, now_ms)

    def played(self, leg: Leg, ulaw: bytes, now_ms: float) -> None:
        """Sound is sent to the carrier, which plays it behind what it has."""
        self.late_samples += self._heard[leg].play(ulaw, now_ms)

    def cleared(self, leg: Leg, now_ms: float) -> None:
        """The carrier is told to forget what it has, or the stream is over."""
        self._heard[leg].stop(now_ms)

    def marked(self, leg: Leg, name: str, now_ms: float) -> None:
        """A mark is sent behind the sound."""
        self._heard[leg].mark(name, now_ms)

    def reached(self, leg: Leg, name: str, now_ms: float) -> None:
        """A mark came back."""
        self._heard[leg].reached(name, now_ms)

    def is_due(self, now_ms: float) -> bool:
        """Whether a second is final."""
        return now_ms >= (self._seconds + 1) * 1000 + SETTLE_MS

    def take(self) -> list[bytes]:
        """Return the next second of every track, in their order, and have it final."""
        self._seconds += 1
        return [strip.take() for strip in self._strips.values()]

    def finish(self, now_ms: float) -> tuple[list[list[bytes]], int]:
        """End every track now; return the seconds that are left, and how many samples a track has in all."""
        for leg in Leg:
            self.cleared(leg, now_ms)
        samples = max(round(now_ms * BYTES_PER_MS), *(strip.end for strip in self._strips.values()))
        left = [self.take() for _ in range(-(-samples // _SECOND) - self._seconds)]
        return left, samples
