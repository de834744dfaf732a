"""What administrators read of calls, over HTTP, and what becomes of requests that make no sense."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from tests.e2e.harness import ADMIN_API_KEY, Desk, conversation, desk, script
from tests.e2e.sounds import babble

CALL_SID = "CA" + "0" * 32
SPEECH = babble(1.0)


async def listed(at: Desk, **query: object) -> list[str]:
    reply = await at.http.get("/calls", params={name: str(value) for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    return [call["call_sid"] for call in reply.json()["calls"]]


async def listed_soon(at: Desk, **query: object) -> list[str]:
    async with asyncio.timeout(20):
        while not (found := await listed(at, **query)):  # noqa: ASYNC110 - told over HTTP, as to any client
            await asyncio.sleep(0.02)
    return found


async def test_a_call_can_be_found_read_and_downloaded(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await at.emulator.call(script(**conversation(SPEECH)))
        call = await at.the_call()
        sid = call.call_sid
        path = f"/calls/{sid}/transcript"
        transcripts = {form: await at.http.get(path, params={"format": form}) for form in ("json", "vtt", "txt")}
        accepted = await at.http.get(path, headers={"Accept": "text/vtt"})
        refused = await at.http.get(path, headers={"Accept": "image/png"})
        figures_only = (await at.http.get("/calls")).text
        metrics = await at.http.get("/metrics", headers={"Accept": "application/json"})
        prometheus = await at.http.get("/metrics")
        for fits in (
            {"status": "completed", "live": "false", "client_language": "en", "agent_language": "es"},
            {"end_reason": "client-hung-up", "started_from": call.started_at.isoformat()},
            {"direction": "inbound"},
        ):
            assert await listed(at, **fits) == [sid], fits
        for other in (
            {"live": "true"},
            {"status": "failed"},
            {"client_language": "fr"},
            {"end_reason": "administrator"},
            {"direction": "outbound"},
            {"started_before": call.started_at.isoformat()},
            {"started_from": "2999-01-01T00:00:00Z"},
        ):
            assert await listed(at, **other) == [], other

    assert report.is_clean, report.errors
    assert [(leg.leg, leg.leg_call_sid, leg.status) for leg in call.legs] == [
        (Leg.CLIENT, sid, LegStatus.COMPLETED),
        (Leg.AGENT, call.agent_call_sid, LegStatus.COMPLETED),
    ]
    assert call.utterance_count == len(call.utterances) == 3
    told = transcripts["json"].json()
    assert [each["source_text"] for each in told["utterances"]] == [each.source_text for each in call.utterances]
    said = [text for each in call.utterances for text in (each.source_text, each.translated_text) if text]
    assert sid in figures_only
    assert not any(json.dumps(text)[1:-1] in figures_only for text in said), "the list is for readers, too"
    types = {form: reply.headers["content-type"].partition(";")[0] for form, reply in transcripts.items()}
    assert types == {"json": "application/json", "vtt": "text/vtt", "txt": "text/plain"}
    assert transcripts["vtt"].text.startswith("WEBVTT\n")
    assert transcripts["vtt"].text.count(" --> ") == 3
    assert accepted.text == transcripts["vtt"].text
    assert f'filename="{sid}.txt"' in transcripts["txt"].headers["content-disposition"]
    assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")

    figures = metrics.json()
    assert figures["active_sessions"] == 0
    assert figures["ended_calls"][EndReason.CLIENT_HUNG_UP] == 1
    stages = {(each["stage"], each["speaker"]): each["seconds"] for each in figures["latencies"]}
    assert {speaker for stage, speaker in stages if stage == "total"} == {"client", "agent"}
    assert stages["total", "client"]["count"] == 2
    assert 0 < stages["total", "client"]["p50"] <= stages["total", "client"]["p99"]
    requests = {each["stage"]: each for each in figures["requests"]}
    assert requests["translation"]["requests"] >= 3
    assert requests["translation"]["error_rate"] == 0
    assert figures["detection_confidence"]["count"] >= 1
    assert prometheus.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "puente_stage_seconds_bucket" in prometheus.text


async def test_pages_go_on_where_they_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await asyncio.gather(*(at.emulator.call(script(linger_s=0.2)) for _ in range(3)))
        calls = await at.settled_calls()
        seen: list[str] = []
        query = {"limit": "2"}
        while True:
            page = (await at.http.get("/calls", params=query)).json()
            seen += [call["call_sid"] for call in page["calls"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
    assert seen == [call.call_sid for call in calls]
    assert len(set(seen)) == 3


async def test_a_live_call_is_listed_as_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        calling = asyncio.create_task(at.emulator.call(script(**conversation(SPEECH))))
        found = await listed_soon(at, live="true", status=CallStatus.IN_PROGRESS)
        past = await listed(at, live="false")
        active = (await at.http.get("/metrics", headers={"Accept": "application/json"})).json()["active_sessions"]
        await at.http.post(f"/calls/{found[0]}/end")
        await calling
    assert (len(found), past, active) == (1, [], 1)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "501"},
        {"status": "lost"},
        {"live": "perhaps"},
        {"end_reason": ""},
        {"client_language": "English"},
        {"client_language": "e\0"},
        {"started_from": "yesterday"},
        {"started_from": "0"},
        {"started_from": "2026-03-01T09:30:00"},
        {"started_from": "0001-01-01T00:00:00+23:59"},
        {"cursor": "x"},
        {"cursor": "999999999999999999-CA1"},
        {"page": "2"},
    ],
)
async def test_a_question_that_makes_no_sense_is_told_so(tmp_path: Path, query: dict[str, str]) -> None:
    async with desk(tmp_path) as at:
        reply = await at.http.get("/calls", params=query)
    assert reply.status_code == 422, reply.text
    error = reply.json()
    assert error["code"] == ("unknown-cursor" if "cursor" in query else "invalid")
    assert all(problem["where"] == f"query.{next(iter(query))}" for problem in error["problems"])
    assert error["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid"),
        (b"{", "bad-json"),
        (b"\xff\xfe", "bad-json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "bad-json"),
        (b"[" * 30_000, "bad-json"),
        (b"null", "invalid"),
        (b'{"\\ud800": 1}', "invalid"),
        (b'{"text": "\\ud800", "source_language": "en", "target_language": "es"}', "invalid"),
    ],
)
async def test_bad_bodies_are_errors_of_ours(tmp_path: Path, body: bytes, code: str) -> None:
    async with desk(tmp_path) as at:
        reply = await at.http.post("/test/translate", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_large_bodies_are_refused_whether_or_not_their_length_is_told(tmp_path: Path) -> None:
    async def pieces() -> object:
        for _ in range(70):
            yield b" " * 1024

    wanted = {"text": "é" * 5000, "source_language": "en", "target_language": "es"}
    async with desk(tmp_path) as at:
        told = await at.http.post("/test/translate", content=b" " * 70_000)
        untold = await at.http.post("/test/translate", content=pieces(), headers={"Content-Type": "application/json"})
        unread = await at.http.post(f"/calls/{CALL_SID}/end", content=b" " * 70_000)
        declared = await declare_a_body(at, 10**30)
        largest = await at.http.post("/test/translate", json=wanted)
    for reply in (told, untold, unread):
        assert (reply.status_code, reply.json()["code"]) == (413, "too-large")
    assert declared.split()[1] in (b"400", b"413")
    assert largest.status_code == 200


async def declare_a_body(at: Desk, length: int) -> bytes:
    """Return the first line of the answer to a request whose body never comes."""
    parts = urlsplit(at.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST /test/translate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_API_KEY}\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
    try:
        async with asyncio.timeout(10):
            return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_errors_of_the_framework_have_our_shape_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        unknown = await at.http.get("/nothing/here")
        method = await at.http.delete("/calls")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert (method.status_code, method.json()["code"]) == (405, "method-not-allowed")
    assert "GET" in method.headers["allow"]


async def test_a_database_that_is_away_is_an_error_of_ours(tmp_path: Path) -> None:
    async with desk(tmp_path, database_url="postgresql://nobody@127.0.0.1:9/none") as at:
        replies: list[httpx.Response] = [
            await at.http.get(path) for path in ("/calls", f"/calls/{CALL_SID}", f"/calls/{CALL_SID}/transcript")
        ]
    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(503, "database-unreachable")] * 3
