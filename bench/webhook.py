"""How long a caller waits for the server: from the webhook to TwiML, and on to the first sound on their stream.

    python -m bench.webhook [--calls 50]

TwiML holds the greeting, which Twilio's own voice begins to say as soon as it has it. The first sound of ours is the
ringing that they hear on their stream before the agent answers; the emulator says the greeting in no time, so this is
what the greeting has to cover. Calls begin every 100 ms and last for two seconds: about 20 at once.
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
    client=Party(number="+442079460018", turns=(Turn("bye", AtTime(2.0), hang_up=True),)),
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
    twiml_ms = [_webhook(report)[1] for report in reports]
    sound_ms = [1000 * report.client.heard_segments[0].start_s - _webhook(report)[0] for report in reports]
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


def _webhook(report: CallReport) -> tuple[float, float]:
    """Return when the call's webhook was sent, and what its answer took, in milliseconds."""
    (voice,) = (webhook for webhook in report.client.webhooks if webhook.kind.startswith("voice"))
    return 1000 * voice.at_s, 1000 * voice.took_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50)
    print(json.dumps(asyncio.run(measure(parser.parse_args().calls)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
