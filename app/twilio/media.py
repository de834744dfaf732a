"""Twilio Media Streams, one connection's protocol state; no I/O.

Message formats: https://www.twilio.com/docs/voice/media-streams/websocket-messages (bidirectional streams).
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, NoReturn

import msgspec

from app.domain.audio import SAMPLE_RATE_HZ
from app.errors import LocalProtocolError, RemoteProtocolError

ENCODING = "audio/x-mulaw"
CHANNELS = 1
MAX_MARK_NAME_CHARS = 200
_MAX_EVENT_NAME_CHARS = 64
_KEYS = frozenset("0123456789*#ABCD")
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Sid = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open; nothing about the call is known yet."""


@dataclass(frozen=True, slots=True)
class Start:
    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: Mapping[str, str]
    """The ``<Parameter>`` values of the TwiML that opened the stream."""


class Media(msgspec.Struct, frozen=True, gc=False):
    """As it is on the wire, so that fifty a second and stream are made once."""

    chunk: _Count
    """Counts the media messages of a stream from 1."""
    timestamp_ms: _Count = msgspec.field(name="timestamp")
    """Milliseconds since the stream began, by Twilio's clock; a jump is lost audio."""
    ulaw: Annotated[bytes, msgspec.Meta(min_length=1)] = msgspec.field(name="payload")
    """Mu-law 8 kHz: 160 bytes from Twilio, any length above 0 by the documentation."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The audio sent before this mark has been played, or was cleared: the two look the same."""

    name: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    digit: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The call ended, or its TwiML moved on."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind of message that is newer than this code; to be ignored."""

    event: str


Inbound = Connected | Start | Media | Mark | Dtmf | Stop | Unknown

# --- The wire ---------------------------------------------------------------------------------------------------------
# Field names are Twilio's. Twilio writes its numbers as strings; the decoder takes both (`strict=False`).


class _Wire(msgspec.Struct, tag_field="event", rename="camel", kw_only=True, gc=False):
    """What all kinds share."""


class _Numbered(_Wire, kw_only=True, gc=False):
    stream_sid: str
    sequence_number: _Count | None = None


class _ConnectedWire(_Wire, tag="connected"):
    pass


class _MediaFormat(msgspec.Struct, rename="camel"):
    encoding: str
    sample_rate: int
    channels: int


class _StartBody(msgspec.Struct, rename="camel"):
    stream_sid: _Sid
    call_sid: _Sid
    account_sid: _Sid
    media_format: _MediaFormat
    custom_parameters: dict[str, str] = {}


class _StartWire(_Numbered, tag="start", kw_only=True):
    start: _StartBody


class _MediaWire(_Numbered, tag="media", kw_only=True, gc=False):
    media: Media


class _MarkBody(msgspec.Struct):
    name: str | int


class _MarkWire(_Numbered, tag="mark", kw_only=True):
    mark: _MarkBody


class _DtmfBody(msgspec.Struct):
    digit: str | int


class _DtmfWire(_Numbered, tag="dtmf", kw_only=True):
    dtmf: _DtmfBody


class _StopWire(_Numbered, tag="stop"):
    pass


class _AnyWire(msgspec.Struct):
    event: str


_RareWire = _ConnectedWire | _StartWire | _MarkWire | _DtmfWire | _StopWire
_KnownWire = _MediaWire | _RareWire
_KNOWN_EVENTS = frozenset({"connected", "start", "media", "mark", "dtmf", "stop"})
_known = msgspec.json.Decoder(_KnownWire, strict=False)
_any = msgspec.json.Decoder(_AnyWire)
_ILL_FORMED = (msgspec.DecodeError, UnicodeError, RecursionError)


def _unknown_or_raise(message: str, first: Exception) -> Unknown:
    try:
        event = _any.decode(message).event
    except _ILL_FORMED:
        _refuse("not a JSON object with an event")
    if event in _KNOWN_EVENTS:
        # msgspec names the field and the type it expects, never the value that it found.
        _refuse(f"ill-formed {event} message: {first}")
    return Unknown(event[:_MAX_EVENT_NAME_CHARS])


def _refuse(reason: str) -> NoReturn:
    raise RemoteProtocolError(reason) from None


# --- The connection ---------------------------------------------------------------------------------------------------


class _State(Enum):
    OPENING = auto()
    STREAMING = auto()
    STOPPED = auto()


class MediaStream:
    """One WebSocket connection of a bidirectional stream, from its first message to its last.

    Errors leave the state as it was: the caller may count them and read on.
    """

    __slots__ = (
        "_clear_message",
        "_last_sequence",
        "_mark_head",
        "_media_head",
        "_state",
        "malformed_count",
        "sequence_gap_count",
        "stream_sid",
        "unknown_count",
    )

    def __init__(self) -> None:
        self.stream_sid: str | None = None
        self.unknown_count = 0
        """Messages of a kind that this code does not know."""
        self.malformed_count = 0
        """Messages that raised RemoteProtocolError."""
        self.sequence_gap_count = 0
        """Times that a sequence number was not the one after the highest before it."""
        self._state = _State.OPENING
        self._last_sequence = 0
        self._media_head = self._mark_head = self._clear_message = ""

    @property
    def is_streaming(self) -> bool:
        """Whether ``start`` has come and ``stop`` has not: when the ``send_`` methods may be used."""
        return self._state is _State.STREAMING

    def receive(self, message: str | bytes) -> Inbound:
        """Take the next message, as the WebSocket delivered it.

        Raises RemoteProtocolError for what Twilio would not send; its text holds no value of the message.
        """
        try:
            if not isinstance(message, str):
                _refuse("binary message on a media stream")
            try:
                wire: _KnownWire | Unknown = _known.decode(message)
            except _ILL_FORMED as error:
                wire = _unknown_or_raise(message, error)
            if isinstance(wire, _MediaWire):
                self._follow(wire)
                return wire.media
            return self._receive(wire)
        except RemoteProtocolError:
            self.malformed_count += 1
            raise

    def _receive(self, wire: _RareWire | Unknown) -> Inbound:
        if self._state is _State.STOPPED:
            _refuse("message after stop")
        match wire:
            case Unknown():
                self.unknown_count += 1
                return wire
            case _ConnectedWire():
                return self._connected()
            case _StartWire():
                return self._start(wire)
            case _MarkWire():
                self._follow(wire)
                return Mark(str(wire.mark.name))
            case _DtmfWire():
                self._follow(wire)
                digit = str(wire.dtmf.digit)
                if digit not in _KEYS:
                    raise RemoteProtocolError("dtmf of a key that no telephone has")
                return Dtmf(digit)
            case _StopWire():
                self._follow(wire)
                self._state = _State.STOPPED
                return Stop()

    def _connected(self) -> Connected:
        if self._state is not _State.OPENING:
            raise RemoteProtocolError("connected after start")
        return Connected()

    def _start(self, wire: _StartWire) -> Start:
        if self._state is not _State.OPENING:
            raise RemoteProtocolError("second start")
        start = wire.start
        if wire.stream_sid != start.stream_sid:
            raise RemoteProtocolError("start names two streams")
        media_format = start.media_format
        found = (media_format.encoding, media_format.sample_rate, media_format.channels)
        if found != (ENCODING, SAMPLE_RATE_HZ, CHANNELS):
            raise RemoteProtocolError(f"media format is not {ENCODING}, {SAMPLE_RATE_HZ} Hz, mono")
        self._state = _State.STREAMING
        self.stream_sid = start.stream_sid
        sid = msgspec.json.encode(start.stream_sid).decode()
        self._media_head = f'{{"event":"media","streamSid":{sid},"media":{{"payload":"'
        self._mark_head = f'{{"event":"mark","streamSid":{sid},"mark":{{"name":'
        self._clear_message = f'{{"event":"clear","streamSid":{sid}}}'
        self._follow(wire)
        return Start(start.stream_sid, start.call_sid, start.account_sid, start.custom_parameters)

    def _follow(self, wire: _Numbered) -> None:
        """Take what belongs to the stream that has started. Raises RemoteProtocolError for anything else."""
        if self._state is not _State.STREAMING:
            _refuse("message before start" if self._state is _State.OPENING else "message after stop")
        if wire.stream_sid != self.stream_sid:
            raise RemoteProtocolError("message of another stream")
        if wire.sequence_number == self._last_sequence + 1:
            self._last_sequence += 1
        elif wire.sequence_number is not None:
            self.sequence_gap_count += 1
            self._last_sequence = max(self._last_sequence, wire.sequence_number)

    def send_media(self, ulaw: bytes) -> str:
        """Return the message that appends raw mu-law 8 kHz audio, of any length above 0, to what Twilio plays.

        Raises LocalProtocolError outside of start and stop, or without audio.
        """
        self._require_streaming()
        if not ulaw:
            raise LocalProtocolError("media without audio")
        # A template, as base64 needs no escaping: three times faster than a JSON encoder.
        return f'{self._media_head}{b2a_base64(ulaw, newline=False).decode("ascii")}"}}}}'

    def send_mark(self, name: str) -> str:
        """Return the message that asks for an echo once the audio before it has been played or cleared.

        Raises LocalProtocolError outside of start and stop, or for a name that is empty or longer than 200 characters.
        """
        self._require_streaming()
        if not 0 < len(name) <= MAX_MARK_NAME_CHARS:
            raise LocalProtocolError(f"a mark name has 1 to {MAX_MARK_NAME_CHARS} characters")
        try:
            return f"{self._mark_head}{msgspec.json.encode(name).decode()}}}}}"
        except UnicodeError:
            raise LocalProtocolError("a mark name is Unicode text") from None

    def send_clear(self) -> str:
        """Return the message that drops all audio not played yet; Twilio then echoes every pending mark at once.

        Raises LocalProtocolError outside of start and stop.
        """
        self._require_streaming()
        return self._clear_message

    def _require_streaming(self) -> None:
        if self._state is not _State.STREAMING:
            raise LocalProtocolError("the stream is not open")
