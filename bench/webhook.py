"""How long a caller waits for the server: from webhook to TwiML, and from their stream's beginning to its first sound.

    python -m bench.webhook [--calls 50]

TwiML holds the greeting, which Twilio's own voice begins to say as soon as it has it; it opens the stream when it has
said it. The first sound there is the ringing, until the agent answers. Calls begin every 100 ms: about 80 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.demo.desk import Desk, running_desk
from app.demo.report import percentile
from app.emulator.report import CallReport
from app.emulator.script import Answer, AtTime, CallScript, Party, Turn

_BETWEEN_S = 0.1
_SCRIPT = CallScript(
    client=Party(number="+442079460018", turns=(Turn("bye", AtTime(8.0), hang_up=True),)),
    agent=Party(answer=Answer(after_s=30.0)),
)
_SETTINGS = {
    "STT_PROVIDER": "scripted",
    "TRANSLATION_PROVIDER": "scripted",
    "TTS_PROVIDER": "scripted",
    "MAX_CONCURRENT_CALLS": "1000",
}


async def measure(calls: int) -> dict[str, float]:
    with TemporaryDirectory() as scratch:
        async with running_desk(Path(scratch), _SETTINGS) as desk:
            reports = await asyncio.gather(*(_call(desk, number * _BETWEEN_S) for number in range(calls)))
    twiml_ms = [_answered_ms(report) for report in reports]
    sound_ms = [_silent_ms(report) for report in reports]
    return {
        "calls": calls,
        "twiml_ms_p50": statistics.median(twiml_ms),
        "twiml_ms_p95": percentile([round(each) for each in twiml_ms], 95),
        "first_sound_ms_p50": round(statistics.median(sound_ms)),
        "first_sound_ms_p95": percentile([round(each) for each in sound_ms], 95),
    }


async def _call(desk: Desk, after_s: float) -> CallReport:
    await asyncio.sleep(after_s)
    return await desk.emulator.call(_SCRIPT)


def _answered_ms(report: CallReport) -> float:
    (voice,) = (webhook for webhook in report.client.webhooks if webhook.kind.startswith("voice"))
    return 1000 * voice.took_s


def _silent_ms(report: CallReport) -> float:
    opened_at_s = report.client.streams[0].opened_at_s
    assert opened_at_s is not None
    return 1000 * (report.client.heard_segments[0].start_s - opened_at_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50)
    print(json.dumps(asyncio.run(measure(parser.parse_args().calls)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
