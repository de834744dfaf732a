"""Drives a CallCore by hand: a virtual clock, audio as a list of booleans, and what each leg heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.audio.shaping import TelephoneSound
from app.core.call import CallCore
from app.core.call_config import CallConfig
from app.core.language_hints import HintSource, LanguageHint
from app.core.segmenter import SegmenterLimits
from app.domain.audio import FRAME_MS, AudioFrame, silence
from app.domain.commands import Command, EndCall, PlayAudio, ReportUtterance, SendMark, Speak, Translate
from app.domain.events import Event, FrameHeard, StreamOpened, TimePassed, TranscriptHeard
from app.domain.legs import Leg
from app.domain.records import UtteranceRecord
from app.domain.transcripts import Transcript

RINGBACK = b"\x10" * 1600


def call_config(**changes: object) -> CallConfig:
    values: dict[str, object] = {
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "agent_language": "es",
        "client_language_hint": LanguageHint(HintSource.DEFAULT, "en"),
        "client_region": None,
        "speakable_languages": frozenset({"de", "en", "es", "fr", "it"}),
        "bypass_same_language": False,
        "client_languages": ("en", "es", "fr", "it"),
        "bridge_language": "en",
        "ringback": RINGBACK,
        "sound": TelephoneSound(),
        "segmenter": SegmenterLimits(pause_ms=500),
        "stream_timeout_ms": 60_000,
        "ring_timeout_ms": 25_000,
        "maximum_ms": 600_000,
    }
    return CallConfig(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class CoreDriver:
    """Feeds events and remembers every command with its time."""

    core: CallCore = field(default_factory=lambda: CallCore(call_config()))
    now_ms: int = 0
    log: list[tuple[int, Command]] = field(default_factory=list)
    _has_ended: bool = False
    _sent: dict[Leg, int] = field(default_factory=lambda: dict.fromkeys(Leg, 0))

    def give(self, event: Event, at_ms: int | None = None) -> list[Command]:
        if at_ms is not None:
            self.wait_until(at_ms)
        commands = self.core.handle(event, self.now_ms)
        self._has_ended = self._has_ended or any(isinstance(command, EndCall) for command in commands)
        self.log += [(self.now_ms, command) for command in commands]
        return commands

    def wait_until(self, at_ms: int) -> None:
        """Let time pass as the shell does: wake whenever the core asks for it."""
        while not self.has_ended and (wake_ms := max(self.core.next_wake_ms(self.now_ms), self.now_ms + 1)) <= at_ms:
            self.now_ms = wake_ms
            self.give(TimePassed())
        self.now_ms = max(self.now_ms, at_ms)

    def wait(self, milliseconds: int) -> None:
        self.wait_until(self.now_ms + milliseconds)

    def connect(self) -> None:
        """Both parties are on the line."""
        self.give(StreamOpened(Leg.CLIENT))
        self.give(StreamOpened(Leg.AGENT))
        self.wait(500)
        self.log.clear()

    def hear(
        self, leg: Leg, voiced: Iterable[bool], ulaw: bytes = silence(FRAME_MS), pitch_hz: float | None = None
    ) -> None:
        """One frame every 20 ms, of this sound and pitch where it is voiced."""
        for is_speech in voiced:
            self.wait(FRAME_MS)
            sequence = self._sent[leg] = self._sent[leg] + 1
            frame = AudioFrame(leg, sequence, (sequence - 1) * FRAME_MS, ulaw if is_speech else silence(FRAME_MS))
            self.give(FrameHeard(frame, is_speech, pitch_hz if is_speech else None))

    def say(
        self, leg: Leg, milliseconds: int = 1000, ulaw: bytes = silence(FRAME_MS), pitch_hz: float | None = None
    ) -> None:
        """Speech, then the pause that ends it."""
        self.hear(leg, [True] * (milliseconds // FRAME_MS), ulaw, pitch_hz)
        self.hear(leg, [False] * 30)

    def final(
        self, leg: Leg, utterance: int, text: str, language: str | None = None, probability: float = 0.99
    ) -> None:
        self.give(TranscriptHeard(leg, Transcript(utterance, text, "", True, language, probability)))

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    def commands(self, kind: type[Command]) -> list[Command]:
        return [command for _, command in self.log if isinstance(command, kind)]

    def translations(self) -> list[Translate]:
        return [command for _, command in self.log if isinstance(command, Translate)]

    def speeches(self) -> list[Speak]:
        return [command for _, command in self.log if isinstance(command, Speak)]

    def records(self) -> list[UtteranceRecord]:
        return [command.utterance for _, command in self.log if isinstance(command, ReportUtterance)]

    def played(self, leg: Leg) -> bytes:
        return b"".join(
            command.ulaw for _, command in self.log if isinstance(command, PlayAudio) and command.leg is leg
        )

    def marks(self, leg: Leg) -> list[str]:
        return [command.name for _, command in self.log if isinstance(command, SendMark) and command.leg is leg]

    def end(self) -> EndCall:
        (end,) = (command for _, command in self.log if isinstance(command, EndCall))
        return end
