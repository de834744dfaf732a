"""A tiny strict bridge for the emulator's own tests: it relays what each party says to the other, untranslated.

It checks the signatures of everything it is sent. ``Misdeeds`` makes it do what Twilio complains about.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.sax.saxutils import quoteattr

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from app.domain.audio import FRAME_BYTES, ULAW_SILENCE

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a token for tests"
PUBLIC_URL = "https://bridge.example.com"
AGENT = "+34600000001"
RELAY_MARK_EVERY = 25


@dataclass
class Misdeeds:
    messages: list[str | bytes] = field(default_factory=list)
    """Sent to the client right after ``start``; ``{sid}`` becomes the streamSid."""
    close_code: int = 0
    """Closes the client's stream so, right after ``start``."""
    forgets_the_other_party: bool = False
    twiml: str = ""
    """The voice webhook's answer instead of a stream."""
    redirects_by_rest: bool = False
    """Gives the client other TwiML, by REST, as soon as the stream has started."""
    floods: bytes = b""
    """Sent to the client right after ``start`` as one media message, followed by a mark."""
    relays_late: int = 0
    """How many messages of audio it keeps before it relays the first."""


@dataclass
class Session:
    client_sid: str
    token: str
    sockets: dict[str, WebSocket] = field(default_factory=dict)
    stream_sids: dict[str, str] = field(default_factory=dict)
    agent_sid: str = ""


class Bridge:
    def __init__(self, misdeeds: Misdeeds | None = None, agent: str = AGENT) -> None:
        self.misdeeds = misdeeds or Misdeeds()
        self.agent = agent
        self.url = ""
        self.rest_url = ""
        self.sessions: dict[str, Session] = {}
        self.callbacks: list[tuple[str, str]] = []
        self.agent_was_streaming: list[bool] = []
        """For each callback, whether the agent's stream was open."""
        self.socket_headers: list[list[tuple[str, str]]] = []
        self.received: list[dict[str, object]] = []
        """What the client's streams sent; without payloads."""
        self.oddities = 0
        self.dtmf = ""
        self._validator = RequestValidator(AUTH_TOKEN)
        self.app = Starlette(
            routes=[
                Route("/voice/webhook", self._voice, methods=["POST"]),
                Route("/again", self._again, methods=["POST"]),
                Route("/status", self._status, methods=["POST"]),
                WebSocketRoute("/media", self._media),
            ]
        )

    async def _form(self, request: Request) -> dict[str, str] | None:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        url = PUBLIC_URL + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        is_valid = self._validator.validate(url, form, request.headers.get("x-twilio-signature", ""))
        return form if is_valid and request.headers["host"] == "bridge.example.com" else None

    async def _voice(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return Response(status_code=403)
        assert form["CallStatus"] == "ringing"
        assert "FromCity" in form
        if self.misdeeds.twiml:
            return Response(self.misdeeds.twiml, media_type="text/xml")
        session = Session(form["CallSid"], secrets.token_hex(8))
        self.sessions[session.token] = session
        return Response(self._connect(session, "client"), media_type="text/xml")

    async def _again(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return Response(status_code=403)
        return Response('<Response><Pause length="0"/><Hangup/></Response>', media_type="text/xml")

    def _connect(self, session: Session, leg: str) -> str:
        return (
            f'<Response><Connect><Stream url="wss://bridge.example.com/media">'
            f'<Parameter name="token" value={quoteattr(session.token)}/><Parameter name="leg" value="{leg}"/>'
            f"</Stream></Connect></Response>"
        )

    async def _status(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return Response(status_code=403)
        self.callbacks.append((form["CallSid"], form.get("StreamEvent") or form["CallStatus"]))
        self.agent_was_streaming.append(any("agent" in session.sockets for session in self.sessions.values()))
        return Response(status_code=204)

    async def _media(self, websocket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await self._talk(websocket)

    async def _talk(self, websocket: WebSocket) -> None:
        signature = websocket.headers.get("x-twilio-signature", "")
        if not self._validator.validate("wss://bridge.example.com/media", {}, signature):
            await websocket.close()
            return
        await websocket.accept()
        self.socket_headers.append(list(websocket.headers.items()))
        connected = json.loads(await websocket.receive_text())
        assert connected["event"] == "connected"
        start = json.loads(await websocket.receive_text())
        parameters = start["start"]["customParameters"]
        session = self.sessions.get(parameters.get("token", ""))
        if session is None:
            await websocket.close()
            return
        leg = parameters["leg"]
        expected = session.client_sid if leg == "client" else session.agent_sid
        if leg in session.sockets or start["start"]["callSid"] != expected:
            await websocket.close(1008)
            return
        session.sockets[leg] = websocket
        session.stream_sids[leg] = start["streamSid"]
        if leg == "client":
            self.received += [connected, start]
            if await self._misbehave(websocket, start["streamSid"]):
                return
            await self._dial(session)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._relay(session, leg)
        if not self.misdeeds.forgets_the_other_party:
            await self._end(session)

    async def _misbehave(self, websocket: WebSocket, sid: str) -> bool:
        if self.misdeeds.floods:
            for event, body in (("media", {"payload": _base64(self.misdeeds.floods)}), ("mark", {"name": "flood"})):
                await websocket.send_text(json.dumps({"event": event, "streamSid": sid, event: body}))
        for message in self.misdeeds.messages:
            if isinstance(message, bytes):
                await websocket.send_bytes(message)
            else:
                await websocket.send_text(message.replace("{sid}", sid))
        if self.misdeeds.redirects_by_rest:
            twiml = "<Response><Say>Goodbye</Say><Redirect>https://bridge.example.com/again</Redirect></Response>"
            await self._rest(f"Calls/{next(iter(self.sessions.values())).client_sid}.json", {"Twiml": twiml})
        if self.misdeeds.close_code:
            await websocket.close(self.misdeeds.close_code)
        return bool(self.misdeeds.close_code or self.misdeeds.redirects_by_rest)

    async def _relay(self, session: Session, leg: str) -> None:
        other = "agent" if leg == "client" else "client"
        kept = deque([_base64(ULAW_SILENCE * FRAME_BYTES)] * self.misdeeds.relays_late)
        while True:
            message = await session.sockets[leg].receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                told = json.loads(message["text"])
                event = told["event"]
                if event == "media":
                    kept.append(told["media"]["payload"])
                    payload = kept.popleft()
                    chunk = int(told["media"].get("chunk", 0))
                    told["media"]["payload"] = ""
            except (KeyError, TypeError, ValueError):
                self.oddities += 1
                continue
            if leg == "client":
                self.received.append(told)
            if event == "dtmf":
                self.dtmf += told["dtmf"]["digit"]
            if event == "stop":
                return
            if event == "media" and other in session.sockets:
                sid, there = session.stream_sids[other], session.sockets[other]
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await there.send_text(
                        json.dumps({"event": "media", "streamSid": sid, "media": {"payload": payload}})
                    )
                    if chunk % RELAY_MARK_EVERY == 0:
                        mark = {"event": "mark", "streamSid": sid, "mark": {"name": f"m{chunk}"}}
                        await there.send_text(json.dumps(mark))

    async def _dial(self, session: Session) -> None:
        fields = {
            "To": self.agent,
            "From": "+34910000001",
            "Twiml": self._connect(session, "agent"),
            "StatusCallback": f"{PUBLIC_URL}/status?leg=agent",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
            "Timeout": "5",
        }
        session.agent_sid = (await self._rest("Calls.json", fields)).json()["sid"]

    async def _end(self, session: Session) -> None:
        for sid in (session.client_sid, session.agent_sid):
            if sid:
                await self._rest(f"Calls/{sid}.json", {"Status": "completed"})

    async def _rest(self, path: str, fields: dict[str, str | list[str]]) -> httpx.Response:
        async with httpx.AsyncClient(auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=30, trust_env=False) as client:
            return await client.post(f"{self.rest_url}/2010-04-01/Accounts/{ACCOUNT_SID}/{path}", data=fields)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(bridge: Bridge) -> AsyncIterator[Bridge]:
    """Run the bridge on a real uvicorn."""
    listener = socket.create_server(("127.0.0.1", 0))
    bridge.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(bridge.app, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio")
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield bridge
    finally:
        server.should_exit = True
        await task


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
