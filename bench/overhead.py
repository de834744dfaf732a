"""What the bridge adds on top of its providers' own latencies.

    python -m bench.overhead [--calls 10]

Scripted providers with known latencies; every call has both parties speaking in turn. What is left of an utterance's
total after the pause that ends it and the three latencies is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.api.schemas import CallView
from app.demo.desk import running_desk
from app.demo.report import percentile
from app.emulator.script import AtTime, CallScript, Party, Turn, WhenQuiet
from tests.e2e.sounds import babble

PAUSE_MS, FINAL_MS, TRANSLATION_MS, FIRST_MS = 500, 200, 100, 150


async def measure(calls: int) -> dict[str, float]:
    sound = babble(2.0)
    script = CallScript(
        client=Party(number="+442079460018", turns=tuple(turns("client", "agent", sound))),
        agent=Party(turns=tuple(turns("agent", "client", sound))),
        linger_s=2.0,
    )
    settings = {
        "STT_PROVIDER": "scripted",
        "TRANSLATION_PROVIDER": "scripted",
        "TTS_PROVIDER": "scripted",
        "SPECULATIVE_TRANSLATION": "false",  # It would hide the translator's latency, and with it some of ours.
        "UTTERANCE_PAUSE_MS": str(PAUSE_MS),
        "SCRIPTED_STT_FINAL_MS": str(FINAL_MS),
        "SCRIPTED_TRANSLATION_MS": str(TRANSLATION_MS),
        "SCRIPTED_TTS_FIRST_MS": str(FIRST_MS),
    }
    with TemporaryDirectory() as scratch:
        async with running_desk(Path(scratch), settings) as desk:
            await asyncio.gather(*(desk.emulator.call(script) for _ in range(calls)))
            views = await read_all(desk.http, calls)
        ready_s = desk.ready_s
    providers_ms = PAUSE_MS + FINAL_MS + TRANSLATION_MS + FIRST_MS
    added = [each.total_ms - providers_ms for view in views for each in view.utterances if each.total_ms is not None]
    return {
        "calls": calls,
        "utterances": len(added),
        "added_ms_p50": statistics.median(added),
        "added_ms_p95": percentile(added, 95),
        "added_ms_max": max(added),
        "ready_s": round(ready_s, 2),
    }


def turns(mine: str, theirs: str, sound: bytes) -> list[Turn]:
    first = AtTime(1.0) if mine == "client" else WhenQuiet(0.5, since=f"{theirs}-1")
    rest = [2, 3]
    offset = 1 if mine == "client" else 0
    return [
        Turn(f"{mine}-1", first, say=sound),
        *(Turn(f"{mine}-{n}", WhenQuiet(0.5, since=f"{theirs}-{n - offset}"), say=sound) for n in rest),
    ]


async def read_all(http: httpx.AsyncClient, calls: int) -> list[CallView]:
    while True:
        summaries = (await http.get("/calls", params={"limit": calls})).json()["calls"]
        if len(summaries) == calls and all(summary["ended_at"] for summary in summaries):
            break
        await asyncio.sleep(0.1)
    return [CallView.model_validate((await http.get(f"/calls/{each['call_sid']}")).json()) for each in summaries]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10, help="calls at once")
    print(json.dumps(asyncio.run(measure(parser.parse_args().calls)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
