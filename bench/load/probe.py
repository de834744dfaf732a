"""Webhooks of further calls while others talk, by a process that has nothing else to do.

    python -m bench.load.probe PORT < requests.json > milliseconds.json

Whoever plays a hundred telephones in the same process would measure how late that one is.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from secrets import token_hex
from typing import TypedDict
from urllib.parse import urlencode

from bench.load.carrier import Exchange

_CALLS, _CALL_EVERY_S = 40, 0.2
_TIMEOUT_S = 30.0


class _Post(TypedDict):
    path: str
    headers: dict[str, str]
    body: str


async def probe_webhooks(exchange: Exchange, port: int) -> list[float]:
    """Let clients call and hang up at once, one after another; return how long each webhook took, in milliseconds."""
    posts: list[_Post] = []
    for _ in range(_CALLS):
        call_sid = f"CA{token_hex(16)}"
        posts.append(_post(exchange, "/voice/webhook", exchange.ringing(call_sid)))
        posts.append(_post(exchange, "/voice/status", exchange.status_fields(call_sid, "completed")))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.load.probe", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(json.dumps(posts).encode())
    if process.returncode:
        raise ConnectionError("the webhooks of further calls were not answered")
    took_ms: list[float] = json.loads(told)
    return took_ms[::2]


def _post(exchange: Exchange, path: str, fields: Mapping[str, str]) -> _Post:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": exchange.signature(path, fields),
    }
    return {"path": path, "headers": headers, "body": urlencode(fields)}


def main() -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=_TIMEOUT_S)
    took_ms: list[float] = []
    for number, post in enumerate(json.load(sys.stdin)):
        began_s = time.perf_counter()
        connection.request("POST", post["path"], post["body"], post["headers"])
        answer = connection.getresponse()
        answer.read()
        took_ms.append((time.perf_counter() - began_s) * 1000)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            print(f"{post['path']} was answered with {answer.status}", file=sys.stderr)
            return 1
        if number % 2:
            time.sleep(_CALL_EVERY_S)
    json.dump(took_ms, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
