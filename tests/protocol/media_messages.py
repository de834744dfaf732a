"""Messages of one media stream, golden and built."""

from __future__ import annotations

import json
from pathlib import Path

from app.twilio.media import MediaStream

STREAM_SID = "MZ18ad3ab5a668481ce02b83e7395059f0"
CALL_SID = "CA8a1d5b0c9e7f4a3b2d6c1e0f9a8b7c6d"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"

_GOLDEN = Path(__file__).parent / "golden"
INBOUND = (_GOLDEN / "inbound.jsonl").read_text(encoding="utf-8").splitlines()
OUTBOUND = (_GOLDEN / "outbound.jsonl").read_text(encoding="utf-8").splitlines()
BY_EVENT = {json.loads(message)["event"]: message for message in INBOUND}


def changed(event: str, *path: str, to: object) -> str:
    """Return the golden message of that kind with one value replaced."""
    message = json.loads(BY_EVENT[event])
    inner = message
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return json.dumps(message)


def without(event: str, *path: str) -> str:
    """Return the golden message of that kind with one key left out."""
    message = json.loads(BY_EVENT[event])
    inner = message
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return json.dumps(message)


def started() -> MediaStream:
    """Return a stream that has had its ``connected`` and ``start``."""
    stream = MediaStream()
    stream.receive(BY_EVENT["connected"])
    stream.receive(BY_EVENT["start"])
    return stream
