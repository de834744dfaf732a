"""Calls that we place: to a client who answers, to those who do not, and the ones that are refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.api.schemas import CallView
from app.domain.legs import CallDirection, CallStatus, EndReason, Leg, LegStatus
from app.domain.usage import UsageUnit
from app.emulator.report import CallReport
from app.emulator.script import Answer, AnswerKind, CallScript
from tests.e2e.harness import AGENT_NUMBER, CLIENT_NUMBER, Desk, conversation, desk, script
from tests.e2e.sounds import babble

SPEECH = babble(1.0)
PREFIXES = ("+44", "+34")


def outbound(call: CallScript, answer: Answer) -> CallScript:
    return replace(call, is_outbound=True, client=replace(call.client, answer=answer))


async def place(at: Desk, **wanted: str) -> httpx.Response:
    return await at.http.post("/calls", json={"to": CLIENT_NUMBER, **wanted})


async def placed(at: Desk, call: CallScript, **wanted: str) -> tuple[httpx.Response, CallReport, CallView]:
    """Place a call to the client of a script, and see it through."""
    calling = asyncio.create_task(at.emulator.call(call))
    async with asyncio.timeout(10):
        while not at.emulator.telephones:  # noqa: ASYNC110 - the emulator's thread reads the script's sounds first
            await asyncio.sleep(0.01)
    reply = await place(at, **wanted)
    return reply, await calling, await at.the_call()


async def test_a_client_is_called_and_both_hear_each_other(tmp_path: Path) -> None:
    script_ = outbound(script(**conversation(SPEECH)), Answer(after_s=0.3))
    async with desk(tmp_path, outbound_allowed_prefixes=PREFIXES) as at:
        reply, report, call = await placed(at, script_, client_language="fr")
    assert reply.status_code == 202, reply.text
    assert reply.json() == {"call_sid": report.client.call_sid, "status": CallStatus.WAITING}
    assert reply.headers["location"] == f"/calls/{report.client.call_sid}"
    assert report.is_clean, (report.errors, report.client.warnings, report.agent.warnings)
    for leg in Leg:
        assert report.leg(leg).final_status is LegStatus.COMPLETED
        assert report.leg(leg).heard_s > 0.5
    assert next(verb for verb in report.client.verbs if verb.verb.startswith("Say")).verb == "Say fr-FR"
    assert (call.call_sid, call.end_reason) == (report.client.call_sid, EndReason.CLIENT_HUNG_UP)
    assert call.direction is CallDirection.OUTBOUND
    assert len(call.utterances) == 3
    minutes = {line.variant: line.amount for line in call.usage if line.unit is UsageUnit.OUTBOUND_MINUTES}
    assert minutes == {"GB": 1, "ES": 1}, "two calls that we placed, and none that came in"
    assert not any(line.unit is UsageUnit.INBOUND_MINUTES for line in call.usage)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (AnswerKind.BUSY, EndReason.CLIENT_BUSY),
        (AnswerKind.NO_ANSWER, EndReason.CLIENT_NO_ANSWER),
        (AnswerKind.FAILED, EndReason.CLIENT_FAILED),
    ],
)
async def test_a_client_who_does_not_answer_costs_no_agent_their_time(
    tmp_path: Path, kind: AnswerKind, reason: EndReason
) -> None:
    async with desk(tmp_path, outbound_allowed_prefixes=PREFIXES) as at:
        reply, report, call = await placed(at, outbound(script(), Answer(kind, after_s=0.2)))
        live_calls = (await at.http.get("/health")).json()["live_calls"]
    assert reply.status_code == 202
    assert (call.status, call.end_reason) == (CallStatus.FAILED, reason)
    assert report.agent.call_sid == "", "the agent's telephone never rang"
    assert live_calls == 0


async def test_nothing_is_dialled_unless_an_operator_said_what(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        reply = await place(at)
        assert at.emulator.unexpected_dials == 0
    assert (reply.status_code, reply.json()["code"]) == (403, "outbound-off")
    assert "OUTBOUND_ALLOWED_PREFIXES" in reply.json()["message"]


async def test_what_is_refused_never_reaches_the_carrier(tmp_path: Path) -> None:
    changes = {"outbound_allowed_prefixes": PREFIXES, "outbound_calls_per_minute": 1}
    async with desk(tmp_path, **changes) as at:
        expected = {
            "+33123456789": (403, "number-not-allowed"),
            "+34803000000": (403, "number-not-allowed"),
            "+34910000001": (403, "number-not-allowed"),
            "client:alice": (422, "invalid"),
            "+44": (422, "invalid"),
        }
        for number, (status, code) in expected.items():
            reply = await place(at, to=number)
            assert (reply.status_code, reply.json()["code"]) == (status, code), number
            assert number not in reply.text
        uncovered = await place(at, client_language="xx")
        assert at.emulator.unexpected_dials == 0
        first, second = await place(at), await place(at)
        assert at.emulator.unexpected_dials == 1
    assert (uncovered.status_code, uncovered.json()["code"]) == (422, "not-covered")
    assert first.status_code == 202
    assert (second.status_code, second.json()["code"]) == (429, "too-many-requests")
    assert 0 < int(second.headers["retry-after"]) <= 60


async def test_a_full_house_places_no_calls(tmp_path: Path) -> None:
    async with desk(tmp_path, outbound_allowed_prefixes=PREFIXES, max_concurrent_calls=1) as at:
        first, second = await place(at), await place(at)
        await at.http.post(f"/calls/{first.json()['call_sid']}/end")
    assert first.status_code == 202
    assert (second.status_code, second.json()["code"]) == (503, "no-capacity")


async def test_a_carrier_that_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    async with desk(tmp_path, outbound_allowed_prefixes=PREFIXES, twilio_auth_token=SecretStr("wrong")) as at:
        reply = await place(at)
        live_calls = (await at.http.get("/health")).json()["live_calls"]
    assert (reply.status_code, reply.json()["code"]) == (502, "carrier-failed")
    assert "20003" in reply.json()["message"]
    assert CLIENT_NUMBER not in reply.text
    assert live_calls == 0


async def test_an_unconfigured_server_says_what_to_set(tmp_path: Path) -> None:
    async with desk(tmp_path, outbound_allowed_prefixes=PREFIXES, agent_phone_number="") as at:
        reply = await place(at)
    assert (reply.status_code, reply.json()["code"]) == (503, "not-configured")
    assert "AGENT_PHONE_NUMBER" in reply.json()["message"]
    assert AGENT_NUMBER not in reply.text
