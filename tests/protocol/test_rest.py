"""Placing and ending calls, against a strict carrier on a loopback port and the real SDK."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from app.errors import TelephonyError
from app.twilio.rest import TwilioRest
from app.twilio.twiml import hang_up
from tests.protocol.carrier import ACCOUNT_SID, AUTH_TOKEN, CALL_SID, Carrier, Fault, running_carrier

TO, FROM = "+34612345678", "+34912345678"
STATUS_CALLBACK = "https://bridge.example.com/status?leg=agent&x=%20"


@pytest_asyncio.fixture
async def carrier() -> AsyncIterator[Carrier]:
    async with running_carrier() as carrier:
        yield carrier


@pytest_asyncio.fixture
async def rest(carrier: Carrier) -> AsyncIterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, carrier.url)
    yield rest
    await rest.aclose()


async def dial(rest: TwilioRest, to: str = TO) -> str:
    return await rest.dial(
        to=to, from_=FROM, twiml=hang_up(), status_callback=STATUS_CALLBACK, ring_timeout_s=25, time_limit_s=7200
    )


async def test_a_call_is_placed_with_all_that_was_asked(rest: TwilioRest, carrier: Carrier) -> None:
    assert await dial(rest) == CALL_SID

    ((_, form),) = carrier.requests
    assert {name: values for name, values in form.items() if name != "StatusCallbackEvent"} == {
        "To": [TO],
        "From": [FROM],
        "Twiml": [hang_up()],
        "StatusCallback": [STATUS_CALLBACK],
        "StatusCallbackMethod": ["POST"],
        "Timeout": ["25"],
        "TimeLimit": ["7200"],
    }


async def test_a_call_is_ended(rest: TwilioRest, carrier: Carrier) -> None:
    await rest.hang_up(CALL_SID)

    ((path, form),) = carrier.requests
    assert path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{CALL_SID}.json"
    assert form == {"Status": ["completed"]}


async def test_a_call_is_given_other_twiml(rest: TwilioRest, carrier: Carrier) -> None:
    carrier.script.append(Fault.CUT)
    await rest.instruct(CALL_SID, hang_up())

    assert (
        carrier.requests == [(f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{CALL_SID}.json", {"Twiml": [hang_up()]})] * 2
    ), "a lost connection is tried again once"


async def test_a_call_that_is_gone_cannot_be_given_other_twiml(rest: TwilioRest, carrier: Carrier) -> None:
    carrier.script.append((400, '{"code": 21220, "message": "Call is not in-progress.", "status": 400}'))
    with pytest.raises(TelephonyError) as caught:
        await rest.instruct(CALL_SID, hang_up())
    assert caught.value.code == 21220


async def test_a_path_prefix_of_the_base_url_is_kept() -> None:
    async with running_carrier("/emulator/v1") as carrier:
        rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, carrier.url + "/")
        assert await dial(rest) == CALL_SID
        await rest.hang_up(CALL_SID)
        await rest.aclose()


async def test_a_loopback_carrier_is_reached_past_the_proxy(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, carrier.url)
    assert await dial(rest) == CALL_SID
    await rest.aclose()


async def test_a_refusal_has_its_code_and_tells_nothing_else(rest: TwilioRest) -> None:
    with pytest.raises(TelephonyError) as caught:
        await dial(rest, to="612345678")

    assert (caught.value.code, caught.value.status) == (21211, 400)
    assert "612345678" not in repr(caught.value)
    assert caught.value.__suppress_context__


async def test_a_wrong_token_is_refused_and_not_shown(carrier: Carrier) -> None:
    rest = TwilioRest(ACCOUNT_SID, "wrong-secret", carrier.url)
    for attempt in (dial(rest), rest.hang_up(CALL_SID)):
        with pytest.raises(TelephonyError) as caught:
            await attempt
        assert (caught.value.code, caught.value.status) == (20003, 401)
        assert "wrong-secret" not in repr(caught.value)
    await rest.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        (404, '{"code": 20404, "message": "not found", "status": 404}'),
        (404, ""),
        (400, '{"code": 21220, "message": "Call is not in-progress", "status": 400}'),
        (404, '{"code": 20404, "type": "https://t", "title": "gone", "status": 404}'),
    ],
)
async def test_a_call_that_is_over_is_ended_without_an_error(
    rest: TwilioRest, carrier: Carrier, answer: tuple[int, str]
) -> None:
    carrier.script.append(answer)

    await rest.hang_up(CALL_SID)

    assert len(carrier.requests) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((429, '{"code": 20429, "message": "Too many requests", "status": 429}'), 20429),
        ((500, "<html>oops</html>"), 0),
        ((503, ""), 0),
        ((400, '{"code": "x"}'), 0),
        ((400, "[]"), 0),
        ((302, ""), 0),
        ((200, ""), 0),
        ((200, "[]"), 0),
        ((200, "<html>login</html>"), 0),
    ],
)
async def test_any_other_answer_is_an_error_of_ours(
    rest: TwilioRest, carrier: Carrier, answer: tuple[int, str], code: int
) -> None:
    for attempt in (dial(rest), rest.hang_up(CALL_SID)):
        carrier.script.append(answer)
        with pytest.raises(TelephonyError) as caught:
            await attempt
        assert (caught.value.code, caught.value.status) == (code, answer[0])


@pytest.mark.parametrize("body", ["{}", '{"sid": null}', '{"sid": 5}', '{"sid": "CA123"}'])
async def test_a_call_without_an_identifier_is_an_error(rest: TwilioRest, carrier: Carrier, body: str) -> None:
    carrier.script.append((201, body))

    with pytest.raises(TelephonyError) as caught:
        await dial(rest)
    assert (caught.value.code, caught.value.status) == (0, 201)


async def test_a_hang_up_is_tried_again_where_the_connection_breaks(rest: TwilioRest, carrier: Carrier) -> None:
    carrier.script.append(Fault.CUT)
    await rest.hang_up(CALL_SID)
    assert len(carrier.requests) == 2

    carrier.script.extend([Fault.CUT, Fault.CUT])
    with pytest.raises(TelephonyError) as caught:
        await rest.hang_up(CALL_SID)
    assert (caught.value.code, caught.value.status) == (0, 0)
    assert len(carrier.requests) == 4


async def test_a_call_is_never_placed_twice(rest: TwilioRest, carrier: Carrier) -> None:
    carrier.script.append(Fault.CUT)

    with pytest.raises(TelephonyError):
        await dial(rest)

    assert len(carrier.requests) == 1


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.DRIP])
async def test_a_slow_carrier_costs_the_time_limit_only(carrier: Carrier, fault: Fault) -> None:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, carrier.url, timeout_s=0.1)
    for attempt in (dial(rest), rest.hang_up(CALL_SID)):
        carrier.script.append(fault)
        with pytest.raises(TelephonyError) as caught:
            async with asyncio.timeout(10):
                await attempt
        assert (caught.value.code, caught.value.status) == (0, 0)
    assert len(carrier.requests) == 2
    await rest.aclose()


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def test_an_unreachable_carrier_is_an_error_of_ours() -> None:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, f"http://127.0.0.1:{unused_port()}")
    for attempt in (dial(rest), rest.hang_up(CALL_SID)):
        with pytest.raises(TelephonyError):
            await attempt
    await rest.aclose()
    await rest.aclose()


async def test_a_cancelled_caller_is_cancelled_at_once(rest: TwilioRest, carrier: Carrier) -> None:
    carrier.script.append(Fault.SILENCE)
    task = asyncio.create_task(dial(rest))
    await carrier.is_silent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
