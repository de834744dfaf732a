"""The HTTP entrances of a running server: who gets in, and what is said to whom."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.e2e.harness import ACCOUNT_SID, AUTH_TOKEN, CLIENT_NUMBER, PUBLIC_URL, Desk, desk

CALL_SID = "CA" + "0" * 32
ADMINISTRATORS = [
    ("GET", "/calls"),
    ("GET", f"/calls/{CALL_SID}"),
    ("GET", f"/calls/{CALL_SID}/transcript"),
    ("PATCH", f"/calls/{CALL_SID}"),
    ("POST", f"/calls/{CALL_SID}/end"),
    ("DELETE", f"/calls/{CALL_SID}"),
    ("POST", "/callers/delete"),
    ("GET", "/deletions"),
    ("GET", "/metrics"),
    ("POST", "/test/translate"),
]


def incoming_call(**changes: str) -> dict[str, str]:
    form = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": CALL_SID,
        "From": CLIENT_NUMBER,
        "To": "+34910000001",
        "CallStatus": "ringing",
        "Direction": "inbound",
        "FromCity": "",
    }
    return {**form, **changes}


async def post_signed(at: Desk, path: str, form: dict[str, str], token: str = AUTH_TOKEN) -> httpx.Response:
    signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return await at.http.post(path, content=urlencode(form), headers=headers)


@pytest.mark.parametrize(("method", "path"), ADMINISTRATORS)
async def test_administrators_endpoints_need_the_key(tmp_path: Path, method: str, path: str) -> None:
    async with desk(tmp_path) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as stranger:
        assert (await stranger.request(method, path)).status_code == 401
        wrong = await stranger.request(method, path, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert "ADMIN_API_KEY" in wrong.json()["message"]


async def test_anybody_may_see_what_this_is_and_whether_it_is_well(tmp_path: Path) -> None:
    async with desk(tmp_path) as at, httpx.AsyncClient(base_url=at.url, trust_env=False) as stranger:
        service = (await stranger.get("/")).json()
        health = await stranger.get("/health")
        ready = await stranger.get("/ready")
    assert service["name"] == "puente"
    assert service["agent_language"] == "es"
    assert health.status_code == 200
    assert health.json() == {
        "status": "ok",
        "problems": [],
        "database": "ok",
        "providers": {"stt": "scripted", "translation": "scripted", "tts": "scripted"},
        "circuits": {},
        "local_capacity_calls": None,
        "live_calls": 0,
        "max_concurrent_calls": 50,
        "fleet": "ok",
        "fleet_processes": 1,
        "fleet_live_calls": 0,
    }
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": [], "degraded": []})


async def test_a_server_without_twilio_says_what_to_set(tmp_path: Path) -> None:
    async with desk(tmp_path, twilio_auth_token="", agent_phone_number="") as at:
        health = await at.http.get("/health")
        ready = await at.http.get("/ready")
        webhook = await post_signed(at, "/voice/webhook", incoming_call(), token="")
    assert (health.status_code, health.json()["status"]) == (200, "unavailable")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    for reply in (health, ready):
        assert reply.json()["problems"] == ["TWILIO_AUTH_TOKEN is not set", "AGENT_PHONE_NUMBER is not set"]
    assert webhook.status_code in (403, 503)


async def test_the_webhook_answers_with_a_greeting_and_a_stream(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reply = await post_signed(at, "/voice/webhook", incoming_call())
        again = await post_signed(at, "/voice/webhook", incoming_call())
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/xml")
    assert '<Say language="en-' in reply.text
    assert 'url="wss://bridge.example.com/ws/media-stream"' in reply.text
    for name in ("session", "leg", "token"):
        assert f'<Parameter name="{name}"' in reply.text
    assert reply.text.index("</Connect>") < reply.text.rindex("<Say") < reply.text.index("<Hangup")
    assert again.text == reply.text, "a webhook that Twilio repeats belongs to the same session"


@pytest.mark.parametrize("path", ["/voice/webhook", "/voice/status", "/voice/after-stream"])
async def test_unsigned_webhooks_are_refused(tmp_path: Path, path: str) -> None:
    async with desk(tmp_path) as at:
        unsigned = await at.http.post(path, data=incoming_call())
        wrong = await post_signed(at, path, incoming_call(), token="another token")
    assert (unsigned.status_code, wrong.status_code) == (403, 403)


@pytest.mark.parametrize("path", ["/voice/webhook", "/voice/status", "/voice/after-stream"])
async def test_a_webhook_that_makes_no_sense_gets_an_error_of_ours(tmp_path: Path, path: str) -> None:
    async with desk(tmp_path, twilio_validate_signatures=False) as at:
        garbage = await at.http.post(path, content=b"\xff\xfe=%%%")
        foreign = await at.http.post(path, data=incoming_call(CallSid="not-a-sid"))
        large = await at.http.post(path, content=b"a=" + b"b" * 100_000)
    assert (garbage.status_code, foreign.status_code, large.status_code) == (400, 400, 413)


async def test_a_call_of_another_account_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reply = await post_signed(at, "/voice/webhook", incoming_call(AccountSid="AC" + "f" * 32))
    assert reply.status_code == 403


async def test_the_status_of_an_unknown_call_does_no_harm(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reply = await post_signed(at, "/voice/status", incoming_call(CallStatus="completed"))
        after = await post_signed(at, "/voice/after-stream", incoming_call(CallStatus="in-progress"))
    assert reply.status_code == 204
    assert "<Hangup" in after.text


async def test_unknown_and_ill_formed_calls_are_told_apart(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        unknown = await at.http.get(f"/calls/{CALL_SID}")
        ill_formed = await at.http.get("/calls/42")
        too_many = await at.http.get("/calls", params={"limit": 100_000})
    assert (unknown.status_code, ill_formed.status_code, too_many.status_code) == (404, 422, 422)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"agent": {"listening": "ducked", "overlap": "stop"}}, 404),
        ({"client": {"overlap": "duck"}}, 404),
        ({"agent": {"listening": "loud"}}, 422),
        ({"agent": {"volume": 3}}, 422),
        ({"interpreter": {"listening": "ducked"}}, 422),
        ({"agent": {}}, 422),
        ({}, 422),
        ([], 422),
    ],
)
async def test_policies_are_checked_before_the_call_is_looked_for(tmp_path: Path, change: object, status: int) -> None:
    async with desk(tmp_path) as at:
        reply = await at.http.patch(f"/calls/{CALL_SID}", json=change)
    assert reply.status_code == status


async def test_translate_answers_as_a_call_would(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reply = await at.http.post(
            "/test/translate", json={"text": "hello", "source_language": "en-GB", "target_language": "es"}
        )
        same = await at.http.post(
            "/test/translate", json={"text": "hola", "source_language": "es", "target_language": "es"}
        )
        unknown = await at.http.post(
            "/test/translate", json={"text": "hello", "source_language": "en", "target_language": "xx"}
        )
        empty = await at.http.post(
            "/test/translate", json={"text": "", "source_language": "en", "target_language": "es"}
        )
    assert reply.status_code == 200
    assert reply.json()["translated_text"]
    assert (reply.json()["source_language"], reply.json()["provider"]) == ("en", "scripted")
    assert same.json()["translated_text"] == "hola"
    assert unknown.status_code == 422
    assert "en-xx is not covered" in unknown.json()["message"]
    assert empty.status_code == 422


async def test_nothing_said_and_no_number_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from tests.e2e.harness import conversation, script
    from tests.e2e.sounds import babble

    async with desk(tmp_path, log_level="info") as at:
        await at.emulator.call(script(**conversation(babble(1.0))))
        call = await at.the_call()
    logged = capfd.readouterr().err
    assert "utterance.interpreted" in logged
    secrets = [CLIENT_NUMBER, "+34910000002", AUTH_TOKEN]
    said = [text for each in call.utterances for text in (each.source_text, each.translated_text or "")]
    assert said
    for text in (*secrets, *said):
        assert text not in logged
