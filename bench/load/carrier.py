"""Twilio, as little of it as calls under load need: signed webhooks one way, the REST API for calls the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator

from app.emulator.carrier import Answer, Carrier, EmulatorConfig

CLIENT_NUMBER, TWILIO_NUMBER, AGENT_NUMBER = "+442079460018", "+34910000001", "+34910000002"
PUBLIC_URL = "https://puente.example"


@dataclass(frozen=True, slots=True)
class Stream:
    """A ``<Stream>`` of some TwiML."""

    url: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, twiml: str) -> Stream:
        """Raises ValueError where there is none, with the document: it is ours."""
        found = ElementTree.fromstring(twiml).find(".//Stream")
        if found is None:
            raise ValueError(f"no <Stream> in {twiml}")
        return cls(found.attrib["url"], {each.attrib["name"]: each.attrib["value"] for each in found})


@dataclass(frozen=True, slots=True)
class Dialled:
    """A call that the server ordered."""

    call_sid: str
    stream: Stream


class Exchange:
    """Answers the REST API on a port of its own, and posts webhooks."""

    def __init__(self, server_url: str) -> None:
        self.config = EmulatorConfig(
            account_sid=f"AC{token_hex(16)}", auth_token=token_hex(16), server_url=server_url, public_url=PUBLIC_URL
        )
        self.rest_url = ""
        self._carrier = Carrier(self.config)
        self._server: asyncio.Server | None = None
        self._awaited: dict[str, asyncio.Future[Dialled]] = {}
        self._hang_ups: dict[str, Callable[[], None]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.rest_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._carrier.__aexit__(kind, error, trace)

    def settings(self) -> dict[str, str]:
        """Return the server's environment for this carrier."""
        return {
            "TWILIO_ACCOUNT_SID": self.config.account_sid,
            "TWILIO_AUTH_TOKEN": self.config.auth_token,
            "TWILIO_PHONE_NUMBER": TWILIO_NUMBER,
            "TWILIO_API_BASE_URL": self.rest_url,
            "WEBHOOK_BASE_URL": PUBLIC_URL,
            "AGENT_PHONE_NUMBER": AGENT_NUMBER,
        }

    def ringing(self, call_sid: str) -> dict[str, str]:
        """Return the fields of the webhook that says that a client calls."""
        return {
            "CallSid": call_sid,
            "AccountSid": self.config.account_sid,
            "From": CLIENT_NUMBER,
            "To": TWILIO_NUMBER,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }

    def status_fields(self, call_sid: str, status: str) -> dict[str, str]:
        return {"CallSid": call_sid, "AccountSid": self.config.account_sid, "CallStatus": status}

    def signature(self, path: str, fields: Mapping[str, str]) -> str:
        """Return what a webhook with these fields is signed with."""
        return RequestValidator(self.config.auth_token).compute_signature(f"{PUBLIC_URL}{path}", dict(fields))

    async def webhook(self, call_sid: str) -> Answer:
        """Say that a client calls."""
        return await self._post("/voice/webhook", self.ringing(call_sid))

    async def status(self, call_sid: str, status: str) -> None:
        """Say what became of a leg."""
        await self._post("/voice/status", self.status_fields(call_sid, status))

    async def _post(self, path: str, fields: dict[str, str]) -> Answer:
        """Deliver a webhook, twice where the server closes a connection just when it is used again."""
        answer = await self._carrier.post(f"{PUBLIC_URL}{path}", fields)
        return answer if answer.status else await self._carrier.post(f"{PUBLIC_URL}{path}", fields)

    def socket_headers(self, url: str) -> tuple[str, dict[str, str]]:
        """Return the path of a stream's URL and the headers of its upgrade."""
        address = self._carrier.socket_address(url)
        assert address is not None
        return urlsplit(url).path, {"X-Twilio-Signature": address.signature}

    def expect_dial(self, session: str) -> asyncio.Future[Dialled]:
        """Return what comes true when the server dials the agent of that session."""
        awaited = self._awaited[session] = asyncio.get_running_loop().create_future()
        return awaited

    def on_hang_up(self, call_sid: str, hang_up: Callable[[], None]) -> None:
        """Call ``hang_up`` when the server ends this leg."""
        self._hang_ups[call_sid] = hang_up

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = next(
                    (int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0
                )
                body = (await reader.readexactly(length)).decode()
                call_sid = self._order(head.split(" ", 2)[1], {k: v[-1] for k, v in parse_qs(body).items()})
                answer = json.dumps({"sid": call_sid, "status": "queued", "account_sid": self.config.account_sid})
                writer.write(
                    f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
                    f"{answer}".encode()
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _order(self, path: str, form: dict[str, str]) -> str:
        """Do what the server orders; return the call that it is about."""
        if path.endswith("/Calls.json"):
            dialled = Dialled(f"CA{token_hex(16)}", Stream.of(form["Twiml"]))
            awaited = self._awaited.pop(dialled.stream.parameters["session"], None)
            if awaited is not None and not awaited.done():
                awaited.set_result(dialled)
            return dialled.call_sid
        call_sid = path.rpartition("/")[2].removesuffix(".json")
        hang_up = self._hang_ups.pop(call_sid, None)
        if hang_up is not None:
            hang_up()
        return call_sid
