"""Twilio's side of the Media Streams protocol: captured messages are what comes out, and little is let in."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emulator.wire import (
    BAD_MESSAGE,
    BINARY_MESSAGE,
    PhoneMessages,
    RefusedMessage,
    ServerClear,
    ServerMark,
    ServerMedia,
    decode,
)

SID = "MZ" + "a" * 32
CALL = "CA" + "b" * 32
ACCOUNT = "AC" + "c" * 32


def messages() -> PhoneMessages:
    return PhoneMessages(account_sid=ACCOUNT, call_sid=CALL, stream_sid=SID)


def test_the_messages_are_those_that_were_captured() -> None:
    phone = messages()
    start = (
        f'{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{ACCOUNT}","streamSid":"{SID}",'
        f'"callSid":"{CALL}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,'
        f'"channels":1}},"customParameters":{{}}}},"streamSid":"{SID}"}}'
    )
    payload = b64encode(b"\xff" * 160).decode()
    assert phone.connected() == '{"event":"connected","protocol":"Call","version":"1.0.0"}'
    assert phone.start({}) == start
    assert phone.media(b"\xff" * 160, 155) == (
        f'{{"event":"media","sequenceNumber":"2","media":{{"track":"inbound","chunk":"1","timestamp":"155",'
        f'"payload":"{payload}"}},"streamSid":"{SID}"}}'
    )
    assert json.loads(phone.dtmf("1")) == {
        "event": "dtmf",
        "streamSid": SID,
        "sequenceNumber": "3",
        "dtmf": {"track": "inbound_track", "digit": "1"},
    }
    assert json.loads(phone.mark("my label")) == {
        "event": "mark",
        "sequenceNumber": "4",
        "streamSid": SID,
        "mark": {"name": "my label"},
    }
    assert json.loads(phone.media(b"\x7f" * 160, 175))["media"]["chunk"] == "2"
    assert phone.stop() == (
        f'{{"event":"stop","sequenceNumber":"6","stop":{{"accountSid":"{ACCOUNT}","callSid":"{CALL}"}},'
        f'"streamSid":"{SID}"}}'
    )


@given(payload=st.binary(), name=st.text())
def test_the_documented_messages_are_let_in(payload: bytes, name: str) -> None:
    media = decode(
        json.dumps({"event": "media", "streamSid": SID, "media": {"payload": b64encode(payload).decode()}}), SID
    )
    mark = decode(json.dumps({"mark": {"name": name}, "streamSid": SID, "event": "mark"}), SID)
    assert isinstance(media, ServerMedia)
    assert isinstance(mark, ServerMark)
    assert (media.ulaw, mark.label) == (payload, name)
    assert isinstance(decode(json.dumps({"event": "clear", "streamSid": SID}), SID), ServerClear)


@pytest.mark.parametrize(
    "message",
    [
        {"event": "media", "streamSid": SID},
        {"event": "media", "streamSid": SID, "media": {}},
        {"event": "media", "streamSid": SID, "media": {"payload": "not base64!"}},
        {"event": "media", "streamSid": SID, "media": {"payload": "", "track": "outbound"}},
        {"event": "media", "media": {"payload": ""}},
        {"event": "media", "streamSid": "MZ" + "0" * 32, "media": {"payload": ""}},
        {"event": "mark", "streamSid": SID, "mark": {"name": 17}},
        {"event": "mark", "streamSid": SID, "name": "x"},
        {"event": "clear", "streamSid": SID, "sequenceNumber": "3"},
        {"event": "stop", "streamSid": SID},
        {"streamSid": SID},
        [],
        None,
    ],
)
def test_what_differs_in_anything_is_refused(message: object) -> None:
    with pytest.raises(RefusedMessage) as refused:
        decode(json.dumps(message), SID)
    assert refused.value.code == BAD_MESSAGE


@given(st.one_of(st.text(), st.binary()))
def test_garbage_is_refused_and_never_more_than_that(garbage: str | bytes) -> None:
    with pytest.raises(RefusedMessage) as refused:
        decode(garbage, SID)
    assert refused.value.code == (BINARY_MESSAGE if isinstance(garbage, bytes) else BAD_MESSAGE)
