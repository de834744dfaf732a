"""Where a connection belongs, by the beginning of its request."""

from __future__ import annotations

import pytest

from app.workers.aim import ENOUGH_BYTES, Aim, read_aim, session_prefix

REST = b" HTTP/1.1\r\nHost: bridge.example.com\r\n"


@pytest.mark.parametrize(
    ("line", "aim"),
    [
        (b"GET /ws/media-stream/w1-abc_DEF-012", Aim(worker=1)),
        (b"POST /voice/status/w0-abc", Aim(worker=0)),
        (b"POST /prefix/voice/after-stream/w12-abc?x=1", Aim(worker=12)),
        (b"POST /voice/webhook", Aim(begins_call=True)),
        (b"POST /voice/webhook?language=fr", Aim(begins_call=True)),
        (b"POST /calls", Aim(begins_call=True)),
        (b"GET /calls", Aim()),
        (b"POST /calls/CA0123456789abcdef0123456789abcdef/end", Aim()),
        (b"GET /ws/media-stream", Aim()),
        (b"GET /ws/media-stream/abc", Aim()),
        (b"GET /health?why=/w1-abc", Aim()),
        (b"GET /ws/media-stream/w1234-abc", Aim()),
        (b"\x16\x03\x01\x02", Aim()),
    ],
)
def test_the_path_names_the_worker(line: bytes, aim: Aim) -> None:
    assert read_aim(line + REST) == aim


def test_nothing_is_decided_before_the_line_is_there_and_the_same_ever_after() -> None:
    request = b"GET /ws/media-stream/w3-0123456789abcdefABCDEF" + REST
    end = request.index(b"\n") + 1
    assert all(read_aim(request[:length]) is None for length in range(end))
    assert {read_aim(request[:length]) for length in range(end, len(request) + 1)} == {Aim(worker=3)}


def test_a_line_without_an_end_is_decided_when_it_is_long_enough() -> None:
    line = b"GET /ws/media-stream/w3-0123456789abcdef?" + b"x" * ENOUGH_BYTES
    assert read_aim(line[: ENOUGH_BYTES - 1]) is None
    assert read_aim(line[:ENOUGH_BYTES]) == Aim(worker=3)


def test_a_prefix_leads_back_to_its_worker() -> None:
    for worker in (0, 7, 42, 999):
        assert read_aim(f"GET /ws/media-stream/{session_prefix(worker)}secret".encode() + REST) == Aim(worker=worker)
