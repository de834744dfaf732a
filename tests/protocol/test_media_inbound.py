"""What Twilio says: golden messages, every prefix of them, and what it would never say."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RemoteProtocolError
from app.twilio.media import Connected, Dtmf, Mark, Media, MediaStream, Start, Stop, Unknown
from tests.protocol.media_messages import (
    ACCOUNT_SID,
    BY_EVENT,
    CALL_SID,
    INBOUND,
    STREAM_SID,
    changed,
    started,
    without,
)

AFTER_START = ("media", "mark", "dtmf", "stop")


def payload(message: str) -> bytes:
    return b64decode(json.loads(message)["media"]["payload"])


def refuses(stream: MediaStream, message: str | bytes) -> bool:
    before = (stream.stream_sid, stream.is_streaming, stream.malformed_count)
    with pytest.raises(RemoteProtocolError):
        stream.receive(message)
    return (stream.stream_sid, stream.is_streaming, stream.malformed_count - 1) == before


def test_a_golden_stream_is_understood_from_first_to_last() -> None:
    stream = MediaStream()

    assert [stream.receive(message) for message in INBOUND] == [
        Connected(),
        Start(STREAM_SID, CALL_SID, ACCOUNT_SID, {"token": "b7Zr", "leg": "client"}),
        Media(1, 155, payload(INBOUND[2])),
        Media(2, 175, payload(INBOUND[3])),
        Mark("my label"),
        Dtmf("1"),
        Stop(),
    ]
    assert (stream.malformed_count, stream.unknown_count, stream.sequence_gap_count) == (0, 0, 0)
    assert not stream.is_streaming


@pytest.mark.parametrize("message", INBOUND, ids=[json.loads(message)["event"] for message in INBOUND])
def test_every_prefix_of_a_golden_message_is_refused_and_changes_nothing(message: str) -> None:
    stream = MediaStream() if json.loads(message)["event"] in ("connected", "start") else started()

    for length in range(len(message)):
        assert refuses(stream, message[:length])
    stream.receive(message)


@pytest.mark.parametrize("message", [m.encode() for m in INBOUND] + [b"", b"\xff" * 160])
def test_binary_messages_are_refused(message: bytes) -> None:
    assert refuses(MediaStream(), message)
    assert refuses(started(), message)


@pytest.mark.parametrize("event", AFTER_START)
def test_nothing_is_taken_before_start(event: str) -> None:
    assert refuses(MediaStream(), BY_EVENT[event])


@pytest.mark.parametrize("event", AFTER_START)
def test_messages_of_another_stream_are_refused(event: str) -> None:
    stream = started()

    assert refuses(stream, changed(event, "streamSid", to="MZ" + "0" * 32))
    assert refuses(stream, without(event, "streamSid"))
    stream.receive(BY_EVENT[event])


@pytest.mark.parametrize("event", ["connected", "start"])
def test_a_stream_begins_once(event: str) -> None:
    stream = started()

    assert refuses(stream, BY_EVENT[event])
    assert refuses(stream, changed("start", "streamSid", to="MZ" + "0" * 32))
    assert isinstance(stream.receive(BY_EVENT["media"]), Media)


@pytest.mark.parametrize("message", [*INBOUND, '{"event":"new"}'])
def test_nothing_is_taken_after_stop(message: str) -> None:
    stream = started()
    stream.receive(BY_EVENT["stop"])

    assert refuses(stream, message)


@pytest.mark.parametrize(
    ("key", "value"),
    [("encoding", "audio/x-l16"), ("sampleRate", 16000), ("sampleRate", "16000"), ("channels", 2), ("channels", None)],
)
def test_a_stream_of_another_format_does_not_start(key: str, value: object) -> None:
    stream = MediaStream()

    assert refuses(stream, changed("start", "start", "mediaFormat", key, to=value))
    assert isinstance(stream.receive(BY_EVENT["start"]), Start)


def test_a_start_that_names_two_streams_is_refused() -> None:
    assert refuses(MediaStream(), changed("start", "streamSid", to="MZ" + "0" * 32))


REQUIRED = [
    ("start", "start"),
    ("start", "start", "streamSid"),
    ("start", "start", "callSid"),
    ("start", "start", "accountSid"),
    ("start", "start", "mediaFormat"),
    ("start", "start", "mediaFormat", "sampleRate"),
    ("media", "media"),
    ("media", "media", "chunk"),
    ("media", "media", "timestamp"),
    ("media", "media", "payload"),
    ("mark", "mark"),
    ("mark", "mark", "name"),
    ("dtmf", "dtmf"),
    ("dtmf", "dtmf", "digit"),
]


@pytest.mark.parametrize(("event", "path"), [(event, path) for event, *path in REQUIRED])
def test_required_fields_are_required_and_typed(event: str, path: list[str]) -> None:
    stream = MediaStream() if event == "start" else started()

    assert refuses(stream, without(event, *path))
    wrong: list[object] = [None, [], {}, True, -1.5]
    for value in wrong:
        assert refuses(stream, changed(event, *path, to=value))


@pytest.mark.parametrize("value", ["", "A", "AAA", "AA=A", "A*==", "é", "-_-_", 5])
def test_a_payload_that_is_no_base64_is_refused(value: object) -> None:
    assert refuses(started(), changed("media", "media", "payload", to=value))


@pytest.mark.parametrize("value", ["-1", -1, "1.5", "x", "", "1" * 40, 10**40])
def test_a_number_that_is_no_count_is_refused(value: object) -> None:
    assert refuses(started(), changed("media", "media", "timestamp", to=value))


def test_numbers_may_be_numbers_and_parameters_may_be_missing() -> None:
    stream = MediaStream()

    start = stream.receive(without("start", "start", "customParameters"))
    media = stream.receive(changed("media", "media", "timestamp", to=20))
    mark = stream.receive(changed("mark", "mark", "name", to=1700000000))
    digit = stream.receive(changed("dtmf", "dtmf", "digit", to=0))

    assert isinstance(start, Start)
    assert start.parameters == {}
    assert isinstance(media, Media)
    assert media.timestamp_ms == 20
    assert (mark, digit) == (Mark("1700000000"), Dtmf("0"))


@pytest.mark.parametrize("digit", ["", "12", " ", "x", "E", "#*", "\u0661", -1, 10])
def test_a_key_that_no_telephone_has_is_refused(digit: object) -> None:
    stream = MediaStream()
    stream.receive(BY_EVENT["start"])
    with pytest.raises(RemoteProtocolError):
        stream.receive(changed("dtmf", "dtmf", "digit", to=digit))


@pytest.mark.parametrize("event", BY_EVENT)
def test_further_keys_are_ignored(event: str) -> None:
    stream = MediaStream() if event in ("connected", "start") else started()
    plain = MediaStream() if event in ("connected", "start") else started()

    assert stream.receive(changed(event, "future", to={"media": [1]})) == plain.receive(BY_EVENT[event])


@given(st.text(min_size=1).filter(lambda event: event not in BY_EVENT), st.sampled_from(["media", "start", "x"]))
def test_kinds_that_nobody_knows_yet_are_counted_and_harmless(event: str, key: str) -> None:
    stream = started()

    unknown = stream.receive(json.dumps({"event": event, key: 5, "streamSid": None}))

    assert unknown == Unknown(event[:64])
    assert (stream.unknown_count, stream.malformed_count) == (1, 0)
    assert isinstance(stream.receive(BY_EVENT["media"]), Media)


def test_lost_and_reordered_messages_are_counted_and_taken() -> None:
    stream = started()

    for number in ("2", "3", "7", "5", "8", "9", "9"):
        assert isinstance(stream.receive(changed("media", "sequenceNumber", to=number)), Media)
    assert isinstance(stream.receive(without("media", "sequenceNumber")), Media)
    # 7 skips, 5 comes late, the second 9 comes twice.
    assert stream.sequence_gap_count == 3


def test_an_error_holds_no_value_of_the_message() -> None:
    secret = "b7ZrSecret"
    bad = [
        changed("start", "start", "customParameters", to={"token": secret, "leg": 5}),
        changed("start", "start", "customParameters", to={secret: None}),
        changed("media", "media", "payload", to=secret + "*"),
        changed("media", "media", "chunk", to=secret),
        changed("dtmf", "dtmf", to=secret),
        secret,
        f'{{"event":"media",{secret}',
    ]
    for message in bad:
        stream = MediaStream() if '"start"' in message else started()
        with pytest.raises(RemoteProtocolError) as caught:
            stream.receive(message)
        assert secret not in str(caught.value)
        assert caught.value.__suppress_context__


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.text() | st.text(alphabet=st.characters(codec=None)) | st.binary() | json_values.map(json.dumps))
def test_garbage_raises_our_error_only(message: str | bytes) -> None:
    for stream in (MediaStream(), started()):
        try:
            stream.receive(message)
        except RemoteProtocolError:
            assert stream.malformed_count == 1


@given(st.sampled_from(sorted(BY_EVENT)), st.data())
def test_a_golden_message_with_any_value_anywhere_raises_our_error_only(event: str, data: st.DataObject) -> None:
    message = json.loads(BY_EVENT[event])
    inner = message
    while True:
        key = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[key], dict) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(json_values)
    for stream in (MediaStream(), started()):
        try:
            stream.receive(json.dumps(message))
        except RemoteProtocolError:
            assert stream.malformed_count == 1


def test_nesting_without_end_is_refused() -> None:
    assert refuses(started(), '{"event":"media","media":' + "[" * 200_000)
    assert refuses(started(), '{"event":"new","x":' + "[" * 200_000)
