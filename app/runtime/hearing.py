"""What one leg hears: from the carrier's audio to judged frames, without the leg's own playout."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from app.audio.echo import EchoGate
from app.audio.framer import Framer
from app.audio.pitch import PitchMeter
from app.audio.vad import VoiceActivityDetector
from app.domain.audio import FRAME_BYTES, FRAME_MS, ULAW_SILENCE
from app.domain.events import FrameHeard
from app.domain.legs import Leg

_SILENT_FRAME = ULAW_SILENCE * FRAME_BYTES


class Hearing:
    """One leg's ear. ``now_ms`` is any clock that never goes back, the same for what is heard and what is played."""

    __slots__ = ("_framer", "_gate", "_pitch", "_stream_began_ms", "_vad", "_wants_pitch", "echo_frames")

    def __init__(
        self,
        leg: Leg,
        vad_aggressiveness: int,
        *,
        has_echo_gate: bool,
        wants_pitch: Callable[[], bool] | None = None,
    ) -> None:
        """``wants_pitch``: whether the pitch of the voice is still of use; without it nobody measures it."""
        self._framer = Framer(leg)
        self._vad = VoiceActivityDetector(vad_aggressiveness)
        self._gate = EchoGate() if has_echo_gate else None
        self._pitch = PitchMeter() if wants_pitch is not None else None
        self._wants_pitch = wants_pitch
        self._stream_began_ms: float | None = None
        """When the inbound stream's time 0 was: by the message that was least delayed on its way."""
        self.echo_frames = 0
        """Frames that were taken for an echo and replaced by silence."""

    @property
    def lost_ms(self) -> int:
        """Audio that never arrived."""
        return self._framer.lost_ms

    def hear(self, timestamp_ms: int, ulaw: bytes, now_ms: float) -> list[FrameHeard]:
        """Take one message of the carrier; return the frames that it completes."""
        frames = self._framer.add(timestamp_ms, ulaw)
        if frames:
            began_ms = now_ms - frames[-1].at_ms - FRAME_MS
            if self._stream_began_ms is None or began_ms < self._stream_began_ms:
                self._stream_began_ms = began_ms
        heard: list[FrameHeard] = []
        for frame in frames:
            is_voiced = self._vad.is_speech(frame.ulaw)
            if self._gate is not None and self._gate.is_echo(frame.ulaw, frame.at_ms, is_voiced=is_voiced):
                self.echo_frames += 1
                frame, is_voiced = replace(frame, ulaw=_SILENT_FRAME), False
            pitch_hz = None if self._pitch is None else self._measure_pitch(self._pitch, frame.ulaw, is_voiced)
            heard.append(FrameHeard(frame, is_voiced, pitch_hz))
        return heard

    def played(self, ulaw: bytes, now_ms: float) -> None:
        """Note what is sent to the leg's loudspeaker, which plays it behind what it has."""
        if self._gate is not None:
            self._gate.played(ulaw, self._stream_ms(now_ms))

    def cleared(self, now_ms: float) -> None:
        """Note that the loudspeaker was told to forget what it has."""
        if self._gate is not None:
            self._gate.cleared(self._stream_ms(now_ms))

    def _measure_pitch(self, meter: PitchMeter, ulaw: bytes, is_speech: bool) -> float | None:
        pitch_hz = meter.measure(ulaw, is_speech=is_speech)
        if pitch_hz is not None and self._wants_pitch is not None and not self._wants_pitch():
            self._pitch = None
        return pitch_hz

    def _stream_ms(self, now_ms: float) -> float:
        if self._stream_began_ms is None:
            self._stream_began_ms = now_ms
        return now_ms - self._stream_began_ms
