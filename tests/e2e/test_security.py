"""Who gets in, and how often: roles, tokens, limits and headers on a running server."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.access.keys import new_key
from app.access.tokens import TokenMint, derived_secret
from app.domain.access import ApiKey, Grant, Purpose, Role
from app.emulator.script import Answer, AtTime, Turn
from app.store.database import Database
from app.store.keys import ApiKeys
from bench.hostile.raw import Connection, upgrade
from tests.e2e.harness import (
    ACCOUNT_SID,
    ADMIN_API_KEY,
    AGENT_NUMBER,
    AUTH_TOKEN,
    CLIENT_NUMBER,
    PUBLIC_URL,
    Desk,
    desk,
    script,
)
from tests.e2e.test_api import incoming_call, post_signed
from tests.e2e.test_call_events import live_call
from tests.e2e.test_outbound import outbound, placed

CALL_SID = "CA" + "0" * 32
SOCKETS = PUBLIC_URL.replace("https", "wss") + "/ws/media-stream"
OPEN = {"GET /", "GET /ready", "GET /health"}
SUPERVISORS = {
    "GET /calls/{call_sid}",
    "GET /calls/{call_sid}/transcript",
    "PATCH /calls/{call_sid}",
    "POST /calls",
    "POST /calls/{call_sid}/end",
    "POST /test/translate",
}
MAY: Mapping[Role, set[str]] = {
    Role.SUPERVISOR: {*SUPERVISORS, "GET /metrics", "GET /calls", "POST /tokens"},
    Role.AGENT: {"POST /tokens"},
    Role.READ_ONLY: {"GET /metrics", "GET /calls"},
}
"""Everything that is not named here is for administrators, whatever is added later."""
LIMITED = {"failed_authentications_per_minute": 3, "wrong_signatures_per_minute": 3}


async def made_key(at: Desk, role: Role, **changes: datetime) -> str:
    """Put a key into the server's database, as `python -m app keys create` does."""
    key, parts = new_key()
    database = Database(at.settings.database_url.get_secret_value())
    keys = ApiKeys(database)
    await keys.add(ApiKey(parts.key_id, f"{role} of a test", role, parts.secret_hash, datetime.now(UTC)))
    if "revoked_at" in changes:
        await keys.revoke(parts.key_id, changes["revoked_at"])
    await database.aclose()
    return key


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def operations(at: Desk) -> list[tuple[str, str]]:
    paths = (await at.http.get("/openapi.json")).json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "twilio" not in operation["tags"] and f"{method.upper()} {path}" not in OPEN
    ]


async def refusal(url: str, **options: object) -> httpx.Response:
    """Return what a WebSocket was refused with."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None, **options):
            pass
    response = refused.value.response
    return httpx.Response(
        response.status_code, headers=list(response.headers.raw_items()), content=bytes(response.body or b"")
    )


def captions_url(at: Desk, call_sid: str = CALL_SID) -> str:
    return f"{at.url.replace('http', 'ws', 1)}/ws/captions/{call_sid}"


async def test_every_role_may_do_what_the_table_says_and_nothing_else(tmp_path: Path) -> None:
    async with desk(tmp_path) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as http:
        keys = {role: await made_key(at, role) for role in Role}
        for method, template in await operations(at):
            path = template.replace("{call_sid}", CALL_SID)
            assert (await http.request(method, path)).status_code == 401, (method, template)
            for role, key in keys.items():
                reply = await http.request(method, path, headers=bearer(key))
                is_allowed = role is Role.ADMIN or f"{method} {template}" in MAY[role]
                assert (reply.status_code == 403) is not is_allowed, (role, method, template, reply.text)
                assert reply.status_code != 401
                if not is_allowed:
                    assert f"role {role}" in reply.json()["message"]
        watching = {role: await refusal(captions_url(at), additional_headers=bearer(key)) for role, key in keys.items()}
        revoked = await http.get(
            "/metrics", headers=bearer(await made_key(at, Role.ADMIN, revoked_at=datetime.now(UTC)))
        )
    may_watch = {role for role, reply in watching.items() if reply.status_code == 404}
    assert may_watch == {Role.ADMIN, Role.SUPERVISOR, Role.AGENT}
    assert watching[Role.READ_ONLY].status_code == 403
    assert revoked.status_code == 401


async def test_a_page_watches_its_call_with_a_token_and_nothing_else(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        agent = bearer(await made_key(at, Role.AGENT))
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("bye", AtTime(6.0), hang_up=True),))))
        call_sid = await live_call(at)
        wanted = {"purpose": "captions", "call_sid": call_sid}
        made = await at.http.post("/tokens", json=wanted, headers=agent)
        transcript = await at.http.post("/tokens", json={**wanted, "purpose": "transcript"}, headers=agent)
        token, protocols = made.json()["token"], made.json()["subprotocols"]
        async with connect(captions_url(at, call_sid), subprotocols=protocols, proxy=None) as socket:
            first = json.loads(await socket.recv())
            chosen = socket.subprotocol
        async with connect(captions_url(at, call_sid), additional_headers=bearer(token), proxy=None) as socket:
            assert json.loads(await socket.recv())["call_sid"] == call_sid
        elsewhere = await refusal(captions_url(at), subprotocols=protocols)
        in_query = await refusal(f"{captions_url(at, call_sid)}?token={token}&access_token={token}")
        reading = await at.http.get(f"/calls/{call_sid}/transcript", headers=bearer(token))
        listing = await at.http.get("/calls", headers=bearer(token))
        mint = TokenMint(derived_secret(ADMIN_API_KEY))
        over, _ = mint.mint(Grant(Purpose.CAPTIONS, call_sid, "x"), datetime.now(UTC) - timedelta(hours=1), 300)
        expired = await refusal(captions_url(at, call_sid), additional_headers=bearer(over))
        await at.http.post(f"/calls/{call_sid}/end")
        await holding
    assert (made.status_code, transcript.status_code) == (201, 403)
    assert first["call_sid"] == call_sid
    assert chosen == "puente.captions.v1", "the token is not repeated in the answer"
    assert (elsewhere.status_code, in_query.status_code, expired.status_code) == (403, 401, 401)
    assert (reading.status_code, listing.status_code) == (401, 401)


async def test_a_token_reads_one_transcript(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        supervisor = bearer(await made_key(at, Role.SUPERVISOR))
        wanted = {"purpose": "transcript", "call_sid": CALL_SID}
        token = bearer((await at.http.post("/tokens", json=wanted, headers=supervisor)).json()["token"])
        its_own = await at.http.get(f"/calls/{CALL_SID}/transcript", headers=token)
        another = await at.http.get(f"/calls/CA{'1' * 32}/transcript", headers=token)
        details = await at.http.get(f"/calls/{CALL_SID}", headers=token)
    assert (its_own.status_code, another.status_code, details.status_code) == (404, 403, 401)


async def test_who_guesses_keys_is_refused_for_a_while(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "198.51.100.7"}
    async with desk(tmp_path, **LIMITED) as at:
        guesses = [await at.http.get("/metrics", headers={**forwarded, **bearer(f"guess-{n}")}) for n in range(3)]
        fourth = await at.http.get("/metrics", headers={**forwarded, **bearer(ADMIN_API_KEY)})
        with_token = await at.http.get(f"/calls/{CALL_SID}/transcript", headers={**forwarded, **bearer("a.b.c")})
        socket = await refusal(captions_url(at), additional_headers={**forwarded, **bearer("guess")})
        elsewhere = await at.http.get("/metrics")
    assert [reply.status_code for reply in guesses] == [401] * 3
    for reply in (fourth, with_token, socket):
        assert (reply.status_code, reply.json()["code"]) == (429, "too-many-requests")
        assert 0 < int(reply.headers["retry-after"]) <= 60
    assert elsewhere.status_code == 200, "the others are not at that address"
    assert "puente_authentications_failed_total 3.0" in elsewhere.text


async def test_an_address_is_believed_from_trusted_proxies_only(tmp_path: Path) -> None:
    async with desk(tmp_path, trusted_proxies="10.0.0.0/8", **LIMITED) as at:
        replies = [
            await at.http.get("/metrics", headers={"X-Forwarded-For": f"198.51.100.{n}", **bearer("guess")})
            for n in range(4)
        ]
    assert [reply.status_code for reply in replies] == [401, 401, 401, 429]


async def test_wrong_signatures_are_limited_and_right_ones_never(tmp_path: Path) -> None:
    async with desk(tmp_path, **LIMITED) as at:
        wrong = [await post_signed(at, "/voice/webhook", incoming_call(), token="another") for _ in range(4)]
        socket = await refusal(f"{at.url.replace('http', 'ws', 1)}/ws/media-stream")
        right = [await post_signed(at, "/voice/webhook", incoming_call()) for _ in range(10)]
    assert [reply.status_code for reply in wrong] == [403, 403, 403, 429]
    assert socket.status_code == 429
    assert {reply.status_code for reply in right} == {200}


async def test_every_entrance_of_twilios_wants_its_own_signature(tmp_path: Path) -> None:
    changes = {"wrong_signatures_per_minute": 1000}
    async with desk(tmp_path, **changes) as at:
        paths = (await at.http.get("/openapi.json")).json()["paths"]
        entrances = [path for path, methods in paths.items() if "twilio" in methods.get("post", {}).get("tags", ())]
        assert len(entrances) >= 5
        for path in (each.replace("{session_id}", "abc") for each in entrances):
            elsewhere = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/another", incoming_call())
            for headers in ({}, {"X-Twilio-Signature": elsewhere}):
                reply = await at.http.post(path, data=incoming_call(), headers=headers)
                assert reply.status_code == 403, path
        signed = {path: RequestValidator(AUTH_TOKEN).compute_signature(SOCKETS + path, {}) for path in ("", "/abc")}
        for path, other in (("", "/abc"), ("/abc", "")):
            url = f"{at.url.replace('http', 'ws', 1)}/ws/media-stream{path}"
            for headers in ({}, {"X-Twilio-Signature": signed[other]}):
                assert (await refusal(url, additional_headers=headers)).status_code == 403
            async with connect(url, additional_headers={"X-Twilio-Signature": signed[path]}, proxy=None):
                pass


async def test_requests_are_limited_by_key_and_by_address(tmp_path: Path) -> None:
    async with desk(tmp_path, api_requests_per_minute=5, anonymous_requests_per_minute=5) as at:
        reader = bearer(await made_key(at, Role.READ_ONLY))
        with_key = [(await at.http.get("/calls", headers=reader)).status_code for _ in range(6)]
        another = await at.http.get("/calls", headers=bearer(await made_key(at, Role.READ_ONLY)))
        anonymous = [(await at.http.get("/health")).status_code for _ in range(6)]
    assert with_key == [200] * 5 + [429]
    assert another.status_code == 200
    assert anonymous[-1] == 429


async def test_keys_without_the_database(tmp_path: Path) -> None:
    key, _ = new_key()
    async with desk(tmp_path, database_url="postgresql://nobody@127.0.0.1:9/none") as at:
        unknown = await at.http.get("/metrics", headers=bearer(key))
        bootstrap = await at.http.get("/metrics")
    assert (unknown.status_code, unknown.json()["code"]) == (503, "database-unreachable")
    assert "try again" in unknown.json()["message"]
    assert bootstrap.status_code == 200


async def test_strict_headers_are_on_every_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        replies = {
            "fine": await at.http.get("/calls"),
            "open": await at.http.get("/health"),
            "unauthorized": await at.http.get("/calls", headers=bearer("wrong")),
            "nowhere": await at.http.get("/nothing"),
            "wrong method": await at.http.put("/calls"),
            "invalid": await at.http.post("/test/translate", content=b"{"),
            "too large": await at.http.post("/test/translate", content=b" " * 70_000),
            "twilio": await post_signed(at, "/voice/webhook", incoming_call()),
            "forbidden": await post_signed(at, "/voice/webhook", incoming_call(), token="another"),
            "socket": await refusal(captions_url(at)),
        }
        page = await at.http.get("/docs")
    for name, reply in replies.items():
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; frame-ancestors 'none'"), name
        assert reply.headers["x-content-type-options"] == "nosniff", name
        assert reply.headers["referrer-policy"] == "no-referrer", name
        assert reply.headers["cache-control"] == "no-store", name
        assert reply.headers["strict-transport-security"].startswith("max-age="), name
        assert len(reply.headers.get_list("content-security-policy")) == 1, name
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    scripts = policy.split(";")[1]
    assert "unsafe" not in scripts
    assert page.text.count("integrity=") == page.text.count("https://") == 2


async def test_without_https_nobody_is_told_to_insist_on_it(tmp_path: Path) -> None:
    async with desk(tmp_path, webhook_base_url="http://localhost:8000") as at:
        assert "strict-transport-security" not in (await at.http.get("/health")).headers


def media(sid: str, number: int, payload: bytes = b"\xff" * 160) -> str:
    return json.dumps(
        {
            "event": "media",
            "sequenceNumber": str(number + 1),
            "streamSid": sid,
            "media": {
                "track": "inbound",
                "chunk": str(number),
                "timestamp": str(number * 20),
                "payload": base64.b64encode(payload).decode(),
            },
        }
    )


def start(sid: str, call_sid: str, parameters: Mapping[str, str]) -> str:
    return json.dumps(
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": sid,
            "start": {
                "streamSid": sid,
                "accountSid": ACCOUNT_SID,
                "callSid": call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(parameters),
            },
        }
    )


async def close_code(socket: ClientConnection, sending: Iterable[str] = ()) -> int | None:
    """Send, read on, and return what the server closed with."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(30):
            for message in sending:
                await socket.send(message)
            while True:
                await socket.recv()
    return socket.close_code


async def test_a_stream_that_floods_is_closed_and_its_ticket_is_good_once(tmp_path: Path) -> None:
    async with desk(tmp_path, twilio_validate_signatures=False) as at:
        twiml = ElementTree.fromstring((await at.http.post("/voice/webhook", data=incoming_call())).text)
        parameters = {each.attrib["name"]: each.attrib["value"] for each in twiml.iter("Parameter")}
        url = f"{at.url.replace('http', 'ws', 1)}/ws/media-stream"
        async with connect(url, proxy=None) as socket, connect(url, proxy=None) as second:
            await socket.send(start("MZ1", CALL_SID, parameters))
            await socket.send(media("MZ1", 1))
            await socket.recv()
            used_before = await close_code(second, [start("MZ2", CALL_SID, parameters)])
            flooded = await close_code(socket, (media("MZ1", number) for number in range(2, 50_000)))
        async with connect(url, proxy=None) as socket:
            guessed = await close_code(socket, [start("MZ3", CALL_SID, {**parameters, "token": "guess"})])
    assert (used_before, flooded, guessed) == (1008, 1008, 1008)


async def test_a_watcher_who_talks_too_much_is_closed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("bye", AtTime(30.0), hang_up=True),))))
        call_sid = await live_call(at)
        async with connect(captions_url(at, call_sid), additional_headers=bearer(ADMIN_API_KEY), proxy=None) as socket:
            code = await close_code(socket, ["hello?"] * 30)
        await at.http.post(f"/calls/{call_sid}/end")
        await holding
    assert code == 1008


async def test_only_so_many_watch_a_call(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("bye", AtTime(30.0), hang_up=True),))))
        call_sid = await live_call(at)
        url, headers = captions_url(at, call_sid), bearer(ADMIN_API_KEY)
        watchers = [await connect(url, additional_headers=headers, proxy=None) for _ in range(20)]
        refused = await refusal(url, additional_headers=headers)
        for watcher in watchers:
            await watcher.close()
        await at.http.post(f"/calls/{call_sid}/end")
        await holding
    assert (refused.status_code, refused.json()["code"]) == (503, "no-capacity")


async def test_whoever_is_dialled_has_a_time_limit_at_the_carrier(tmp_path: Path) -> None:
    dialled = outbound(script(), Answer(after_s=0.2))
    async with desk(tmp_path, outbound_allowed_prefixes=("+44",), max_call_duration_s=77) as at:
        await placed(at, dialled)
        limits = {each.resource.to: each.resource.options.time_limit_s for each in at.emulator.telephones}
    assert limits == {CLIENT_NUMBER: 77, AGENT_NUMBER: 77}


async def test_no_secret_is_in_an_address(tmp_path: Path) -> None:
    """Addresses end up in the logs of every proxy: nothing that Twilio or a browser is told to call holds a secret."""
    async with desk(tmp_path) as at:
        twiml = (await post_signed(at, "/voice/webhook", incoming_call())).text
        schema = (await at.http.get("/openapi.json")).json()
    addresses = re.findall(r'(?:url|action)="([^"]*)"', twiml)
    assert addresses
    assert all(address.startswith((PUBLIC_URL, PUBLIC_URL.replace("https", "wss"))) for address in addresses)
    assert not any("?" in address for address in addresses)
    in_query = {
        parameter["name"]
        for methods in schema["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert in_query
    assert not any(word in name for name in in_query for word in ("key", "token", "secret", "number", "phone"))


async def test_a_broken_upgrade_is_refused_and_its_token_is_not_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with desk(tmp_path) as at:
        port = urlsplit(at.url).port
        assert port is not None
        for name, value in (
            ("Sec-WebSocket-Protocol", "puente.captions.v1, bearer.se\u00e9cret"),
            ("Sec-WebSocket-Protocol", "puente.captions.v1 bearer.secret"),
            ("Sec-WebSocket-Version", "s\u00e9cret"),
        ):
            connection = await Connection.open(port)
            await connection.send(upgrade("/ws/captions/x", [(name, value)]))
            assert await connection.status() in (400, 401, 426), (name, value)
            await connection.close()
    logged = capfd.readouterr().err
    assert "cret" not in logged
    assert "exception" not in logged
