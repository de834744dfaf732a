"""Hostile media streams: a signed socket, and everything that Twilio would never send on it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from urllib.parse import urlencode
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator

from bench.hostile.inputs import Inputs
from bench.hostile.raw import Connection, frame, request, upgrade
from bench.hostile.server import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL

_SWITCHING_PROTOCOLS = 101
_LINGER_S = 0.3
_SIGNATURE = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL.replace("https", "wss") + "/ws/media-stream", {})
_STREAM = "MZ" + "1" * 32


async def attack_stream(inputs: Inputs, port: int) -> int:
    """Open a media socket and misbehave on it; return the status of its upgrade."""
    return await _Stream(inputs, port).attack()


class _Stream:
    def __init__(self, inputs: Inputs, port: int) -> None:
        self._inputs = inputs
        self._chance = inputs.chance
        self._port = port

    async def attack(self) -> int:
        call_sid, has_ticket = self._inputs.sid(), self._chance.random() < 0.5
        headers = [*self._inputs.proxied(), ("X-Twilio-Signature", _SIGNATURE)]
        before = list(self._before_start())
        after = list(self._after_start())
        ending = self._chance.randrange(3)
        parameters = await self._ticket(call_sid) if has_ticket else {"session": "x", "leg": "client", "token": "guess"}
        connection = await Connection.open(self._port)
        await connection.send(upgrade("/ws/media-stream", headers))
        status = await connection.status()
        if status == _SWITCHING_PROTOCOLS:
            start = frame(_start(call_sid, parameters))
            for data in (*before, start, *after):
                if not await connection.send(data):
                    break
            if ending == 0:
                await connection.send(frame(b"\x03\xe8", 8))
            if ending == 1:
                await connection.read_until_closed(_LINGER_S)
        if ending == 2:
            connection.abort()
        await connection.close()
        return status

    async def _ticket(self, call_sid: str) -> dict[str, str]:
        form = {"AccountSid": ACCOUNT_SID, "CallSid": call_sid, "From": "+442079460018", "To": "+34910000001"}
        signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/voice/webhook", form)
        headers = [("X-Twilio-Signature", signature), ("Content-Type", "application/x-www-form-urlencoded")]
        headers.append(("Connection", "close"))
        connection = await Connection.open(self._port)
        await connection.send(request("POST", "/voice/webhook", headers, urlencode(form).encode()))
        answer = await connection.read_until_closed(20.0)
        await connection.close()
        twiml = ElementTree.fromstring(answer.partition(b"\r\n\r\n")[2])
        return {each.attrib["name"]: each.attrib["value"] for each in twiml.iter("Parameter")}

    def _before_start(self) -> Iterator[bytes]:
        for _ in range(self._chance.choice((0, 0, 0, 1, 3, 60))):
            yield self._nonsense()

    def _after_start(self) -> Iterator[bytes]:
        chance = self._chance
        number = 0
        for _ in range(chance.randrange(12)):
            kind = chance.randrange(6)
            if kind < 2:
                yield self._nonsense()
            elif kind == 2:
                yield frame(self._bent(_media(number)))
            elif kind == 3:
                yield frame(
                    json.dumps(
                        {"event": "dtmf", "streamSid": _STREAM, "dtmf": {"digit": self._inputs.nasty()}}
                    ).encode()
                )
            elif kind == 4 and chance.random() < 0.05:
                yield b"".join(frame(_media(number + more)) for more in range(1500))
                number += 1500
            else:
                yield frame(_media(number))
            number += 1

    def _nonsense(self) -> bytes:
        """Return frames that are not what a media stream has."""
        chance, inputs = self._chance, self._inputs
        match chance.randrange(16):
            case 0:
                return frame(inputs.noise(), 2)
            case 1:
                return frame(inputs.noise())
            case 2:
                return frame(json.dumps(inputs.json_value()).encode("utf-8", "surrogatepass"))
            case 3:
                return frame(b"[" * chance.randrange(50_000))
            case 4:
                return frame(b"x" * chance.choice((65_535, 65_536, 65_537, 300_000)))
            case 5:
                halves = _media(1)[:50], _media(1)[50:]
                return frame(halves[0], is_final=False) + frame(b"", 9) + frame(halves[1], 0)
            case 6:
                return frame(b"x" * 40_000, is_final=False) + frame(b"x" * 40_000, 0)
            case 7:
                return frame(b"a", 1, is_final=False) + frame(b"", 0, is_final=False) * 500
            case 8:
                return frame(b"a", chance.choice((3, 7, 11, 15)))
            case 9:
                return frame(b"a", reserved=chance.randrange(1, 8))
            case 10:
                return frame(b"a", is_masked=False)
            case 11:
                return frame(b"p" * chance.choice((125, 126)), 9) * chance.randrange(1, 50)
            case 12:
                return frame(chance.choice((b"", b"\x03", b"\x00\x00", b"\x03\xe8\xff\xff", b"\xff\xff")), 8)
            case 13:
                return frame(b"x", 0)
            case 14:
                return frame(b"x" * 100)[: chance.randrange(100)]
            case _:
                stop = {"event": chance.choice(("stop", "mark", "start", "media", "connected")), "streamSid": _STREAM}
                return frame(json.dumps({**stop, "sequenceNumber": inputs.nasty()}).encode("utf-8", "surrogatepass"))

    def _bent(self, message: bytes) -> bytes:
        """Return the message with some bytes changed, cut or repeated."""
        chance = self._chance
        bent = bytearray(message)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(bent))
            match chance.randrange(3):
                case 0:
                    bent[at] = chance.randrange(256)
                case 1:
                    del bent[at : at + chance.randrange(1, 20)]
                    bent = bent or bytearray(b"{")
                case _:
                    bent[at:at] = bent[at : at + chance.randrange(1, 20)]
        return bytes(bent)


async def drip(port: int, data: bytes, pause_s: float) -> int:
    """Send slowly, byte by byte, and give up in the middle; return 0."""
    connection = await Connection.open(port)
    for byte in data:
        if not await connection.send(bytes([byte])):
            break
        await asyncio.sleep(pause_s)
    connection.abort()
    await connection.close()
    return 0


def _start(call_sid: str, parameters: dict[str, str]) -> bytes:
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {
        "streamSid": _STREAM,
        "accountSid": ACCOUNT_SID,
        "callSid": call_sid,
        "tracks": ["inbound"],
        "mediaFormat": media_format,
        "customParameters": parameters,
    }
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": _STREAM, "start": start}).encode()


def _media(number: int) -> bytes:
    payload = base64.b64encode(b"\xff" * 160).decode()
    body = {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * 20), "payload": payload}
    return json.dumps(
        {"event": "media", "sequenceNumber": str(number + 2), "streamSid": _STREAM, "media": body}
    ).encode()
