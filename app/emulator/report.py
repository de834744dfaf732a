"""What became of a call: per leg and as a whole, all times in seconds from the call's start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path

from app.domain.audio import SAMPLE_RATE_HZ, ULAW_SILENCE
from app.domain.legs import Leg, LegStatus
from app.emulator.events import ROLES, Guest, Role
from app.emulator.speaker import Said
from app.emulator.wav import Segment, write_wav


@dataclass(frozen=True, slots=True)
class StatusChange:
    at_s: float
    status: LegStatus


@dataclass(frozen=True, slots=True)
class Warned:
    """What Twilio's debugger would show."""

    at_s: float
    code: int
    detail: str
    counts: bool = True
    """False for what Twilio logs although nothing is wrong: a server that closes its stream in good order (31921)."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    at_s: float
    kind: str
    """voice, status, stream, action or redirect; a status callback's event follows a colon."""
    status: int
    """HTTP status of the answer; 0 when there was none."""
    took_s: float


@dataclass(frozen=True, slots=True)
class VerbRun:
    at_s: float
    verb: str
    text: str = ""
    """What ``<Say>`` said."""


@dataclass(slots=True)
class StreamReport:
    stream_sid: str
    dialled_at_s: float
    opened_at_s: float | None = None
    closed_at_s: float | None = None
    closed_by: str = ""
    """phone (hung up on Twilio's side: by the party, by REST or by a limit), server, server-reset, phone-reset (a
    fault), or refused when it never opened."""
    close_code: int | None = None
    frames_sent: int = 0
    frames_lost: int = 0
    """Lost on purpose (``drop_ms``) or discarded because the server did not read (31930)."""
    media_received: int = 0
    marks_received: int = 0
    marks_echoed: list[str] = field(default_factory=list)
    clears: int = 0
    refused_messages: int = 0
    """Messages that Twilio would ignore; it warns of the first of a kind only."""
    refused: list[Warned] = field(default_factory=list)
    """The first hundred of them."""
    unplayed_s: float = 0.0
    """What was still queued when the stream ended."""
    latest_frame_ms: float = 0.0
    """The worst lateness of a frame against the 20 ms grid: the emulator's own honesty."""


@dataclass(slots=True)
class ConferenceReport:
    """One party's time in a conference."""

    name: str
    entered_at_s: float
    left_at_s: float | None = None
    met: list[str] = field(default_factory=list)
    """CallSids of the others, in the order in which this party came to sit with them."""


@dataclass(slots=True)
class LegReport:
    call_sid: str = ""
    statuses: list[StatusChange] = field(default_factory=list)
    streams: list[StreamReport] = field(default_factory=list)
    conferences: list[ConferenceReport] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    webhooks: list[WebhookCall] = field(default_factory=list)
    verbs: list[VerbRun] = field(default_factory=list)
    digits: str = ""
    said: list[Said] = field(default_factory=list)
    heard_segments: list[Segment] = field(default_factory=list)
    ended_by: str = ""
    """phone, server, twiml, stream-failed or carrier."""
    heard_ulaw: bytes = b""
    """Mu-law 8 kHz from the call's start."""
    said_ulaw: bytes = b""

    @property
    def final_status(self) -> LegStatus | None:
        return self.statuses[-1].status if self.statuses else None

    @property
    def heard_s(self) -> float:
        """How much audible sound there was."""
        return sum(segment.end_s - segment.start_s for segment in self.heard_segments)


@dataclass(slots=True)
class CallReport:
    client: LegReport
    agent: LegReport
    duration_s: float
    interpreter: LegReport = field(default_factory=LegReport)
    """A person whom the server dialled into a conference; empty when it dialled nobody."""
    errors: list[str] = field(default_factory=list)
    """Where the call did not go as its script says."""
    probes: list[str] = field(default_factory=list)
    """How the server dealt with streams that had no right to be there."""

    @property
    def is_clean(self) -> bool:
        """Whether the script was carried out and Twilio would have nothing to complain about."""
        return not self.errors and not any(warned.counts for role in ROLES for warned in self.leg(role).warnings)

    def leg(self, role: Role) -> LegReport:
        match role:
            case Leg.CLIENT:
                return self.client
            case Leg.AGENT:
                return self.agent
            case Guest.INTERPRETER:
                return self.interpreter

    def to_json(self) -> str:
        """Return everything but the sound."""
        return json.dumps({"is_clean": self.is_clean, **_plain(self)}, indent=2, ensure_ascii=False)

    def write(self, folder: Path) -> None:
        """Write report.json and two recordings per party that begin at the call's start and have the same length."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(self.to_json() + "\n", encoding="utf-8")
        length = int(self.duration_s * SAMPLE_RATE_HZ)
        for role in (role for role in ROLES if role in tuple(Leg) or self.leg(role).call_sid):
            report = self.leg(role)
            for name, ulaw in (("heard", report.heard_ulaw), ("said", report.said_ulaw)):
                write_wav(folder / f"{role}_{name}.wav", ulaw[:length].ljust(length, ULAW_SILENCE))


def _plain(value: object) -> dict[str, object]:
    """Return a dataclass as what JSON can hold, without its sound."""
    assert is_dataclass(value)
    items = ((item.name, getattr(value, item.name)) for item in fields(value))
    return {name: _json(held) for name, held in items if not isinstance(held, bytes)}


def _json(value: object) -> object:
    if isinstance(value, list):
        return [_json(item) for item in value]
    return _plain(value) if is_dataclass(value) else value
