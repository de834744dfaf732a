"""Webhook bodies: a captured one, and what Twilio would not send."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import LegStatus
from app.errors import RemoteProtocolError
from app.twilio.status import StatusCallback, VoiceWebhook, parse_status_callback, parse_voice_webhook

CALL_SID = "CA8a1d5b0c9e7f4a3b2d6c1e0f9a8b7c6d"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"

VOICE = {
    **dict.fromkeys(["FromCity", "FromState", "FromZip", "ToCity", "CallerCountry"], ""),
    **{"To": "+34912345678", "From": "+447400123456", "Called": "+34912345678", "Caller": "+447400123456"},
    **{"CallSid": CALL_SID, "AccountSid": ACCOUNT_SID, "CallStatus": "ringing", "Direction": "inbound"},
    "ApiVersion": "2010-04-01",
}
STATUS = {
    **{"CallSid": CALL_SID, "AccountSid": ACCOUNT_SID, "CallStatus": "completed", "CallDuration": "12"},
    **{"SequenceNumber": "3", "CallbackSource": "call-progress-events", "Direction": "outbound-api"},
}


def body(fields: dict[str, str], **changes: str) -> bytes:
    return urlencode(fields | changes).encode()


def test_a_voice_webhook_is_read() -> None:
    assert parse_voice_webhook(body(VOICE)) == VoiceWebhook(
        CALL_SID, ACCOUNT_SID, "+447400123456", "+34912345678", LegStatus.RINGING, "inbound"
    )


def test_a_voice_webhook_needs_no_more_than_its_call() -> None:
    assert parse_voice_webhook(f"CallSid={CALL_SID}".encode()) == VoiceWebhook(CALL_SID, "", "", "", None, "")


def test_a_status_callback_is_read() -> None:
    assert parse_status_callback(body(STATUS)) == StatusCallback(CALL_SID, ACCOUNT_SID, LegStatus.COMPLETED, 3, 12)
    early = parse_status_callback(body(STATUS, CallDuration="", SequenceNumber="", CallStatus="initiated"))
    assert (early.status, early.sequence, early.duration_s) == (LegStatus.INITIATED, None, None)


@pytest.mark.parametrize("status", list(LegStatus))
def test_every_status_is_known(status: LegStatus) -> None:
    assert parse_status_callback(body(STATUS, CallStatus=status.value)).status is status
    assert parse_voice_webhook(body(VOICE, CallStatus=status.value)).status is status


@pytest.mark.parametrize(
    "sid", ["", "CA123", CALL_SID + "0", CALL_SID + "\n", CALL_SID.replace("CA", "AC"), "CA" + "g" * 32]
)
def test_a_body_without_a_call_is_refused(sid: str) -> None:
    for parse, fields in ((parse_voice_webhook, VOICE), (parse_status_callback, STATUS)):
        with pytest.raises(RemoteProtocolError) as caught:
            parse(body(fields, CallSid=sid))
        assert "+447400123456" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [{"CallStatus": ""}, {"CallStatus": "answered"}, {"SequenceNumber": "-1"}, {"CallDuration": "1.5"}],
)
def test_a_callback_that_makes_no_sense_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_status_callback(body(STATUS, **changes))


def test_an_unknown_status_of_an_incoming_call_is_refused() -> None:
    with pytest.raises(RemoteProtocolError):
        parse_voice_webhook(body(VOICE, CallStatus="dancing"))


@pytest.mark.parametrize("garbage", [b"", b"\xff", b"{}", b"&" * 1000, b"CallSid", b"=&=&="])
def test_known_garbage_is_refused(garbage: bytes) -> None:
    for parse in (parse_voice_webhook, parse_status_callback):
        with pytest.raises(RemoteProtocolError):
            parse(garbage)


@given(st.binary() | st.dictionaries(st.sampled_from(sorted(STATUS)), st.text()).map(lambda d: urlencode(d).encode()))
def test_garbage_raises_our_error_only(garbage: bytes) -> None:
    for parse in (parse_voice_webhook, parse_status_callback):
        try:
            assert parse(garbage).call_sid.startswith("CA")
        except RemoteProtocolError:
            continue


@pytest.mark.parametrize(
    ("url", "field", "language"),
    [
        ("fr", "", "fr"),
        ("", "pt-BR", "pt"),
        ("fr", "it", "fr"),
        ("<script>", "", ""),
        ("", "e" * 5000, ""),
        ("", "", ""),
    ],
)
def test_whoever_sends_the_call_may_name_the_language(url: str, field: str, language: str) -> None:
    assert parse_voice_webhook(body(VOICE, language=field), url).language == language
