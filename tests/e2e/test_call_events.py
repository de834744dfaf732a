"""What the outside is told of a call while it runs: posted events and live captions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.domain.legs import CallStatus
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import ADMIN_API_KEY, CLIENT_NUMBER, Desk, conversation, desk, script
from tests.e2e.sounds import babble
from tests.integration.test_event_webhook import SECRET, Receiver, receiving

SPEECH = babble(1.5)
KEY = {"Authorization": f"Bearer {ADMIN_API_KEY}"}


def socket_url(at: Desk, call_sid: str) -> str:
    return f"{at.url.replace('http', 'ws', 1)}/ws/captions/{call_sid}"


async def live_call(at: Desk) -> str:
    async with asyncio.timeout(30):
        while True:
            calls = (await at.http.get("/calls")).json()["calls"]
            if calls and calls[0]["status"] == CallStatus.IN_PROGRESS:
                return str(calls[0]["call_sid"])
            await asyncio.sleep(0.02)


async def watch(at: Desk, call_sid: str) -> tuple[list[dict[str, object]], int]:
    """Return every message until the server closes, and its close code."""
    messages: list[dict[str, object]] = []
    async with connect(socket_url(at, call_sid), additional_headers=KEY, proxy=None) as socket:
        try:
            while True:
                messages.append(json.loads(await socket.recv()))
        except ConnectionClosed:
            assert socket.close_code is not None
            return messages, socket.close_code


async def test_a_call_is_told_from_beginning_to_end(tmp_path: Path) -> None:
    turns = conversation(SPEECH)
    turns["client"] = (Turn("key", AtTime(0.3), press="5"), turns["client"][0])
    async with receiving(Receiver()) as receiver:
        events = {"event_webhook_url": receiver.url, "event_webhook_secret": SecretStr(SECRET)}
        async with desk(tmp_path, **events) as at:
            holding = asyncio.create_task(at.emulator.call(script(**turns)))
            call_sid = await live_call(at)
            await at.http.patch(f"/calls/{call_sid}", json={"agent": {"overlap": "duck"}})
            messages, close_code = await watch(at, call_sid)
            await holding
            call = await at.the_call()
    told = [event for event in receiver.received if event["call_sid"] == call.call_sid]
    assert [event["sequence"] for event in told] == list(range(1, len(told) + 1))
    types = [str(event["type"]) for event in told]
    assert (types[0], types[-1]) == ("call.started", "call.ended")
    assert [event["status"] for event in told if event["type"] == "call.status"] == ["ringing", "in-progress"]
    assert {"key.pressed", "caption", "language.changed"} <= {*types}
    pressed = next(event for event in told if event["type"] == "key.pressed")
    assert (pressed["leg"], pressed["digit"], pressed["action"]) == ("client", "5", None)
    changed = next(event for event in told if event["type"] == "policy.changed")
    assert (changed["leg"], changed["listening"], changed["overlap"]) == ("agent", None, "duck")
    captions = [event for event in told if event["type"] == "caption"]
    assert [event["utterance"] for event in captions] == [each.sequence for each in call.utterances]
    assert all(event["source_text"] is None for event in captions), "what was said stays here unless asked for"
    assert CLIENT_NUMBER not in json.dumps(told)

    assert close_code == 1000
    assert messages[0]["type"] == "call.status"
    assert messages[-1]["type"] == "call.ended"
    assert [(m["source_text"], m["translated_text"]) for m in messages if m["type"] == "caption"] == [
        (each.source_text, each.translated_text) for each in call.utterances
    ]
    numbered = [event["sequence"] for event in messages[1:] if event["type"] != "partial"]
    assert numbered == list(range(len(told) - len(numbered) + 1, len(told) + 1))
    first = [m for m in messages if m["type"] == "partial" and m["speaker"] == "client" and m["utterance"] == 1]
    assert [m["is_final"] for m in first] == [False] * (len(first) - 1) + [True]
    assert len(first) > 1, "captions grow while somebody speaks"


@pytest.mark.parametrize(
    ("headers", "call_sid", "status"),
    [
        ({}, "CA" + "1" * 32, 401),
        ({"Authorization": "Bearer wrong"}, "CA" + "1" * 32, 401),
        ({"Authorization": f"Basic {ADMIN_API_KEY}"}, "CA" + "1" * 32, 401),
        (KEY, "CA" + "1" * 32, 404),
        (KEY, "nonsense", 404),
    ],
)
async def test_captions_are_for_administrators_and_live_calls(
    tmp_path: Path, headers: dict[str, str], call_sid: str, status: int
) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(socket_url(at, call_sid), additional_headers=headers, proxy=None):
                pass
        assert refused.value.response.status_code == status
        with pytest.raises(InvalidStatus):
            async with connect(f"{socket_url(at, call_sid)}?key={ADMIN_API_KEY}", proxy=None):
                pass


async def test_a_watcher_who_leaves_is_no_burden(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        holding = asyncio.create_task(at.emulator.call(script(client=(Turn("bye", AtTime(3.0), hang_up=True),))))
        async with connect(socket_url(at, await live_call(at)), additional_headers=KEY, proxy=None) as socket:
            await socket.recv()
        report = await holding
        assert "puente_caption_watchers 0.0" in (await at.http.get("/metrics")).text
    assert report.is_clean, report.errors
