"""The Media Streams protocol as Twilio's side speaks it: what it sends, and what it accepts.

An opinion of its own, shared with no other room of the product. Sans-I/O. Source: twilio.com/docs/voice/media-streams/
websocket-messages, and captures of live traffic for what the documents leave open.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping

import msgspec

BINARY_MESSAGE = 31950
BAD_MESSAGE = 31951


class RefusedMessage(Exception):
    """A message of the server that Twilio ignores with a warning. Never leaves the emulator."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event"):
    stream_sid: str = msgspec.field(name="streamSid")


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payload: bytes


class _Name(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class ServerMedia(_Strict, frozen=True, forbid_unknown_fields=True, tag="media"):
    """Audio to be played."""

    media: _Payload

    @property
    def ulaw(self) -> bytes:
        return self.media.payload


class ServerMark(_Strict, frozen=True, forbid_unknown_fields=True, tag="mark"):
    """A name to be sent back when the audio before it has been played."""

    mark: _Name

    @property
    def label(self) -> str:
        return self.mark.name


class ServerClear(_Strict, frozen=True, forbid_unknown_fields=True, tag="clear"):
    """All queued audio is to be dropped."""


ServerMessage = ServerMedia | ServerMark | ServerClear

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)


def decode(message: str | bytes, stream_sid: str) -> ServerMessage:
    """Return what the server asks of the stream.

    Raises RefusedMessage for everything that Twilio would ignore: binary frames, text that is not JSON, unknown events,
    missing or extra fields, payloads that are not base64, another stream's id.
    """
    if isinstance(message, bytes):
        raise RefusedMessage(BINARY_MESSAGE, f"binary message of {len(message)} bytes")
    try:
        decoded = _decoder.decode(message)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RefusedMessage(BAD_MESSAGE, str(error)) from None
    if decoded.stream_sid != stream_sid:
        raise RefusedMessage(BAD_MESSAGE, "the streamSid is not this stream's")
    return decoded


class PhoneMessages:
    """Writes one stream's messages to the server: numbers them, and keeps strings strings, as Twilio does."""

    def __init__(self, *, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        return '{"event":"connected","protocol":"Call","version":"1.0.0"}'

    def start(self, parameters: Mapping[str, str]) -> str:
        return self._write(
            "start",
            {
                "accountSid": self._account_sid,
                "streamSid": self._stream_sid,
                "callSid": self._call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(parameters),
            },
        )

    def media(self, ulaw: bytes, timestamp_ms: int) -> str:
        self._chunk += 1
        self._sequence += 1
        payload = b64encode(ulaw).decode("ascii")
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound","chunk":"{self._chunk}",'
            f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},"streamSid":"{self._stream_sid}"}}'
        )

    def mark(self, name: str) -> str:
        return self._write("mark", {"name": name})

    def dtmf(self, digit: str) -> str:
        return self._write("dtmf", {"track": "inbound_track", "digit": digit})

    def stop(self) -> str:
        return self._write("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _write(self, event: str, body: Mapping[str, object]) -> str:
        self._sequence += 1
        return json.dumps(
            {"event": event, "sequenceNumber": str(self._sequence), event: body, "streamSid": self._stream_sid},
            separators=(",", ":"),
        )
