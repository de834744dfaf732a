"""What we say to Twilio: exactly the documented keys, read back by another parser."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import LocalProtocolError
from app.twilio.media import MediaStream
from tests.protocol.media_messages import BY_EVENT, OUTBOUND, STREAM_SID, changed, started

GOLDEN = {json.loads(message)["event"]: json.loads(message) for message in OUTBOUND}


def test_the_golden_messages_are_written_to_the_letter() -> None:
    stream = started()
    audio = b64decode(GOLDEN["media"]["media"]["payload"])

    assert [stream.send_media(audio), stream.send_mark("u7:48000"), stream.send_clear()] == OUTBOUND


@given(st.binary(min_size=1, max_size=2000))
def test_audio_is_read_back_whatever_its_bytes_and_length(ulaw: bytes) -> None:
    message = json.loads(started().send_media(ulaw))

    assert b64decode(message["media"].pop("payload"), validate=True) == ulaw
    assert message == {"event": "media", "streamSid": STREAM_SID, "media": {}}


@given(st.text(min_size=1, max_size=200))
def test_a_mark_is_read_back_and_its_echo_has_the_same_name(name: str) -> None:
    stream = started()

    message = json.loads(stream.send_mark(name))

    assert message == {"event": "mark", "streamSid": STREAM_SID, "mark": {"name": name}}
    assert stream.receive(json.dumps({**message, "sequenceNumber": "2"})).name == name  # type: ignore[union-attr]


@given(st.text(min_size=1, max_size=64))
def test_a_stream_identifier_cannot_break_out_of_its_string(sid: str) -> None:
    stream = MediaStream()
    start = json.loads(BY_EVENT["start"])
    start["streamSid"] = start["start"]["streamSid"] = sid
    stream.receive(json.dumps(start))

    for message in (stream.send_media(b"\xff"), stream.send_mark("m"), stream.send_clear()):
        parsed = json.loads(message)
        assert parsed["streamSid"] == sid
        assert parsed.keys() == GOLDEN[parsed["event"]].keys()


@pytest.mark.parametrize("name", ["", "m" * 201, "\ud800"])
def test_a_mark_name_that_twilio_might_refuse_is_our_error(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        started().send_mark(name)


def test_media_without_audio_is_our_error() -> None:
    with pytest.raises(LocalProtocolError):
        started().send_media(b"")


def unopened() -> MediaStream:
    stream = MediaStream()
    stream.receive(BY_EVENT["connected"])
    return stream


def stopped() -> MediaStream:
    stream = started()
    stream.receive(BY_EVENT["stop"])
    return stream


@pytest.mark.parametrize("stream", [MediaStream(), unopened(), stopped()], ids=["new", "connected", "stopped"])
def test_nothing_is_sent_outside_of_start_and_stop(stream: MediaStream) -> None:
    with pytest.raises(LocalProtocolError):
        stream.send_media(b"\xff")
    with pytest.raises(LocalProtocolError):
        stream.send_mark("m")
    with pytest.raises(LocalProtocolError):
        stream.send_clear()


def test_messages_name_the_stream_that_was_started() -> None:
    other = MediaStream()
    sid = "MZ" + "0" * 32
    start = json.loads(changed("start", "streamSid", to=sid))
    start["start"]["streamSid"] = sid
    other.receive(json.dumps(start))

    assert json.loads(other.send_clear())["streamSid"] == sid
    assert json.loads(started().send_clear())["streamSid"] == STREAM_SID
