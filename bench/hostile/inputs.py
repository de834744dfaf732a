"""Hostile HTTP: webhooks, the API, tokens, and bytes that are hardly HTTP."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode

import jwt
from twilio.request_validator import RequestValidator

from app.access.tokens import TokenMint, derived_secret
from app.domain.access import Grant, Purpose
from bench.hostile.raw import request, upgrade
from bench.hostile.server import ACCOUNT_SID, ADMIN_KEY, AUTH_TOKEN, PUBLIC_URL

_WEBHOOKS = ("/voice/webhook", "/voice/status", "/voice/after-stream")
_PATHS = (
    *("/", "/ready", "/health", "/metrics", "/calls", "/deletions", "/callers/delete", "/test/translate", "/tokens"),
    *("/openapi.json", "/docs", "/calls/{sid}", "/calls/{sid}/transcript", "/calls/{sid}/end", "/ws/media-stream"),
    *("/ws/captions/{sid}", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/calls/%00", "/calls/%ff%fe", "//calls"),
    *("/calls/" + "A" * 5000, "/calls;x=1", "/calls/../metrics", "/redoc", "/.env", "/calls/{sid}/transcript/"),
)
_ROUTES = (
    *(("GET", "/calls"), ("GET", "/calls/{sid}"), ("GET", "/calls/{sid}/transcript"), ("PATCH", "/calls/{sid}")),
    *(("POST", "/calls"), ("POST", "/calls/{sid}/end"), ("DELETE", "/calls/{sid}"), ("POST", "/callers/delete")),
    *(("POST", "/test/translate"), ("POST", "/tokens"), ("GET", "/deletions"), ("GET", "/metrics")),
)
_METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND")
_QUERIES = (
    *("limit", "cursor", "status", "live", "end_reason", "client_language", "started_from", "started_before"),
    *("format", "language", "page", "key", "bodySHA256"),
)
_FIELDS = ("text", "source_language", "target_language", "to", "client_language", "phone_number", "client", "agent")
_FIELDS_DEEP = ("listening", "overlap", "purpose", "call_sid", "__proto__", "__class__")
_FORM_FIELDS = ("CallSid", "AccountSid", "From", "To", "CallStatus", "Direction", "SequenceNumber", "CallDuration")
_NASTY = (
    *("", " ", "\0", "\r\n", "null", "true", "-1", "0", "1e400", "9" * 400, "NaN", "Infinity", "' OR 1=1 --"),
    *("<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "../../etc/passwd", "%s%n%x", "\ud800", "\U0010ffff"),
    *("A" * 4000, "é" * 2000, "\u202e\u200b", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+23:59", "+" + "9" * 15),
    *("client:" + "x" * 300, "sip:a@b", "CA" + "g" * 32, "CA" + "0" * 32, "CA" + "0" * 33, "en", "xx", "en-" * 50),
)


_VALIDATOR = RequestValidator(AUTH_TOKEN)
_MINT = TokenMint(derived_secret(ADMIN_KEY))


class Inputs:
    """Makes inputs up; the same ones for the same seed."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.chance = random.Random(seed)

    # --- Pieces -----------------------------------------------------------------------------------------------------

    def sid(self) -> str:
        return "CA" + "".join(self.chance.choices("0123456789abcdef", k=32))

    def address(self) -> str:
        """Return an address that the (trusted) proxy would name; few send more than one request."""
        return ".".join(str(self.chance.randrange(1, 255)) for _ in range(4))

    def noise(self, longest: int = 300) -> bytes:
        return self.chance.randbytes(self.chance.randrange(longest))

    def nasty(self) -> str:
        if self.chance.random() < 0.7:
            return self.chance.choice(_NASTY)
        return "".join(
            chr(self.chance.choice((self.chance.randrange(1, 128), self.chance.randrange(0xD800)))) for _ in range(20)
        )

    def line(self, text: str) -> str:
        """Return a text that fits into a line of a header."""
        return "".join(character for character in text if character >= " " and not "\ud800" <= character <= "\udfff")

    def json_value(self, depth: int = 0) -> object:
        chance = self.chance
        kind = chance.randrange(8 if depth < 4 else 5)
        match kind:
            case 0:
                return chance.choice((None, True, False, 0, -1, 10**30, 1.5e308, 2**63))
            case 1 | 2 | 3 | 4:
                return self.nasty()
            case 5 if depth:
                return [self.json_value(depth + 1) for _ in range(chance.randrange(4))]
            case _:
                names = chance.sample((*_FIELDS, *_FIELDS_DEEP), chance.randrange(5))
                return {name: self.json_value(depth + 1) for name in names}

    def json_body(self) -> bytes:
        chance = self.chance
        kind = chance.randrange(10)
        if kind == 0:
            return self.noise()
        if kind == 1:
            return b"[" * chance.randrange(1, 30_000)
        if kind == 2:
            return b'{"text": ' + b"9" * chance.randrange(1, 20_000) + b"}"
        if kind == 3:
            return b" " * chance.randrange(60_000, 70_000)
        text = json.dumps(self.json_value(), ensure_ascii=chance.random() < 0.5)
        body = text.encode("utf-8", "surrogatepass")
        return body[: chance.randrange(len(body) + 1)] if kind == 4 else body

    def query(self) -> str:
        names = self.chance.choices(_QUERIES, k=self.chance.randrange(4))
        return urlencode([(name, self.nasty().encode("utf-8", "surrogatepass")) for name in names])

    def proxied(self) -> list[tuple[str, str]]:
        value = self.address() if self.chance.random() < 0.95 else self.line(self.nasty())
        return [("X-Forwarded-For", value)]

    # --- Inputs -----------------------------------------------------------------------------------------------------

    def webhook(self) -> bytes:
        """A form that Twilio might have sent, bent in some way, and signed well, badly, or not at all."""
        chance = self.chance
        form = {
            "AccountSid": ACCOUNT_SID,
            "CallSid": self.sid(),
            "From": "+442079460018",
            "To": "+34910000001",
            "CallStatus": chance.choice(("ringing", "in-progress", "completed", "busy")),
            "Direction": "inbound",
        }
        for _ in range(chance.randrange(3)):
            form[chance.choice((*_FORM_FIELDS, "x"))] = self.nasty()
        body = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}).encode()
        match chance.randrange(12):
            case 0:
                body = self.noise(2000)
            case 1:
                body += b"&" + self.noise()
            case 2:
                body = b"&".join([body] * chance.randrange(1, 100))[:65_000]
            case 3:
                body += b"&From=" + b"9" * chance.randrange(70_000)
            case 4:
                body = body.decode().encode("utf-16")
            case 5:
                body += b"&%zz=%&=&&=;%00"
        query = self.query() if chance.random() < 0.2 else ""
        target = chance.choice(_WEBHOOKS) + (f"?{query}" if query else "")
        headers = [*self.proxied(), ("X-Twilio-Signature", self._signature(target, body))]
        kinds = (
            "application/x-www-form-urlencoded",
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain",
        )
        headers.append(("Content-Type", chance.choices(kinds, (8, 1, 1, 1))[0]))
        return request("POST", target, headers, body)

    def _signature(self, target: str, body: bytes) -> str:
        kind = self.chance.randrange(6)
        if kind == 0:
            return self.line(self.nasty())
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            right: str = _VALIDATOR.compute_signature(PUBLIC_URL + target, form)
        except ValueError:
            return "none"
        return right[:-4] + "AAA=" if kind == 1 else right

    def api(self) -> bytes:
        """A request to the API, mostly with a key that is good, so that more than the door is tried."""
        chance = self.chance
        method = chance.choices(_METHODS, (6, 6, 4, 3, 1, 1, 1, 1, 1, 1, 1))[0]
        template = chance.choice(_PATHS)
        if chance.random() < 0.6:
            method, template = chance.choice(_ROUTES)
        path = template.replace("{sid}", chance.choice((self.sid(), quote(self.nasty(), errors="replace"))))
        query = self.query()
        headers = self.proxied()
        if chance.random() < 0.8:
            headers.append(("Authorization", f"Bearer {ADMIN_KEY}"))
        else:
            scheme = chance.choice(("Bearer", "bearer", "Basic", "", "Bearer Bearer"))
            headers.append(("Authorization", f"{scheme} {self.line(self.nasty())}"))
        for _ in range(chance.randrange(3)):
            name = chance.choice(("Accept", "Content-Type", "Cookie", "Origin", "X-Forwarded-Proto", "Range", "Expect"))
            headers.append((name, self.line(self.nasty())[:2000]))
        body = self.json_body() if method in ("POST", "PATCH", "PUT", "DELETE") else b""
        if body and chance.random() < 0.8:
            headers.append(("Content-Type", "application/json"))
        return request(method, path + (f"?{query}" if query else ""), headers, body)

    def token(self) -> bytes:
        """A token that is forged, over, for something else, or no token."""
        chance = self.chance
        sid = self.sid()
        now = datetime.now(UTC)
        token, _ = _MINT.mint(
            Grant(chance.choice(list(Purpose)), sid, "x"), now - timedelta(hours=chance.randrange(3)), 300
        )
        match chance.randrange(7):
            case 0:
                at = chance.randrange(len(token))
                token = token[:at] + chance.choice("ABCabc019_-.") + token[at + 1 :]
            case 1:
                token = jwt.encode({"aud": "captions", "call": sid, "sub": "x", "exp": 2**40}, None, "none")
            case 2:
                token = jwt.encode(
                    {"aud": chance.choice(("captions", 5, ["captions"])), "exp": chance.choice(("x", 2**70, -1))},
                    "k" * 32,
                )
            case 3:
                token = self.line(self.nasty()) + "." + self.line(self.nasty()) + "."
            case 4:
                token = "A" * chance.randrange(9000) + ".B.C"
            case 5:
                token = f"puente_{chance.randbytes(6).hex()}_{'A' * 43}"
        where = chance.randrange(3)
        target = f"/ws/captions/{chance.choice((sid, self.sid()))}"
        if where == 0:
            return upgrade(target, [*self.proxied(), ("Sec-WebSocket-Protocol", f"puente.captions.v1, bearer.{token}")])
        if where == 1:
            return upgrade(target, [*self.proxied(), ("Authorization", f"Bearer {token}")])
        return request("GET", f"/calls/{sid}/transcript", [*self.proxied(), ("Authorization", f"Bearer {token}")])

    def barely_http(self) -> bytes:
        """Bytes that are no request, or two at once."""
        chance = self.chance
        good = request("GET", "/health", self.proxied())
        choices: tuple[Callable[[], bytes], ...] = (
            lambda: self.noise(2000) + b"\r\n\r\n",
            lambda: good[: chance.randrange(len(good))],
            lambda: good * chance.randrange(1, 20),
            lambda: request("POST", "/tokens", [("Content-Length", "-1")], b"{}"),
            lambda: request("POST", "/tokens", [("Content-Length", "9" * 30)], b"{}"),
            lambda: request("POST", "/tokens", [("Content-Length", "2"), ("Content-Length", "20")], b"{}"),
            lambda: request(
                "POST", "/tokens", [("Content-Length", "2"), ("Transfer-Encoding", "chunked")], b"0\r\n\r\n"
            ),
            lambda: request("POST", "/tokens", [("Transfer-Encoding", "chunked")], b"zz\r\n{}\r\n"),
            lambda: request("POST", "/tokens", [("Transfer-Encoding", "chunked")], b"FFFFFFFFFFFFFFFFF\r\n"),
            lambda: request("GET", "/health", [("X", "a" * chance.randrange(100_000))]),
            lambda: request("GET", "/health", [(f"X-{number}", "a") for number in range(chance.randrange(2000))]),
            lambda: b"GET /health HTTP/9.9\r\n\r\n",
            lambda: b"GET /health\r\n\r\n",
            lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self.noise(500),
            lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            lambda: upgrade("/ws/media-stream")[:-60] + b"\r\n\r\n",
            lambda: upgrade("/ws/nowhere", self.proxied()),
            lambda: upgrade("/ws/media-stream?x=" + "%00" * 50, self.proxied()),
            lambda: upgrade("/calls", [*self.proxied(), ("Sec-WebSocket-Protocol", ", ,\x01,")]),
            lambda: request("GET", "/ws/media-stream", [("Connection", "Upgrade"), ("Upgrade", "h2c")]),
            lambda: request("GET", "http://169.254.169.254/latest", self.proxied()),
            lambda: request("POST", "/voice/webhook", [*self.proxied(), ("Expect", "100-continue")], b"a=b"),
        )
        return chance.choice(choices)()
