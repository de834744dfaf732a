"""Whole calls through real WebSockets: what a stream costs, what the bridge adds, what is late.

    python -m bench.calls [--calls 50] [--duration 30] [--ramp 10] [--turns 4] [--no-echo] [--vendors]

The server (`python -m app serve`, scripted providers, SQLite) has a core of its own and the generator the other one.
Both parties of every call speak 40 % of the time, 20 ms every 20 ms; once that is measured, further calls' webhooks are
added. Then the same streams go to servers that decode, look for voice, encode and do nothing else (`bench.load.echo`),
and the three take turns (`bench.load.turns`): what counts are the medians. With --vendors, local servers that speak
Deepgram's, DeepL's and ElevenLabs' protocols take the place of the scripted providers. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.audio import FRAME_MS
from bench.load.phone import Findings
from bench.load.report import Figures, report
from bench.load.run import COST, STUBS_MS, Held, Load, bridge, holding_streams, measure_bridge, use_cores
from bench.load.servers import free_port, serving
from bench.load.turns import TURN_S, take_turns

VENDOR_MS = 50
"""What each local vendor takes for an answer."""
_ECHOED_MS = (FRAME_MS, 100)
"""Audio in the messages of the bare echoes."""
_VENDOR_SERVERS = ("deepgram", "deepl", "elevenlabs")


async def measure(options: argparse.Namespace) -> list[tuple[str, Figures]]:
    load, core = Load(options.calls, options.ramp, options.duration), use_cores()
    turns: list[tuple[str, Figures]] = []

    async def compare(bridged: Held) -> None:
        turns.extend(await compared(bridged, load, core, options.turns))

    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        async with AsyncExitStack() as stack:
            settings, stubs_ms = {}, float(STUBS_MS)
            if options.vendors:
                settings = await stack.enter_async_context(vendors(folder))
                stubs_ms = VENDOR_MS * len(_VENDOR_SERVERS)
            exchange, server = await stack.enter_async_context(bridge(folder, core, settings))
            then = None if options.no_echo else compare
            figures = await measure_bridge(exchange, server, load, stubs_ms, then)
    return [("bridge, vendors' sockets" if options.vendors else "bridge", figures), *turns]


async def compared(bridged: Held, load: Load, core: int | None, rounds: int) -> list[tuple[str, Figures]]:
    """Let the bridge's calls and as many streams on bare echoes take turns; return what each costs."""
    async with AsyncExitStack() as stack:
        sides = [bridged]
        for coalesced_ms in _ECHOED_MS:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            command = ("-m", "bench.load.echo", "--coalesce-ms", str(coalesced_ms))
            server = await stack.enter_async_context(serving(command, folder, core=core))
            sides.append(await stack.enter_async_context(holding_streams(server, load, Findings())))
        costs_ms = await take_turns(sides, rounds)
    titles = ["bridge, by turns", *(f"bare echo, {coalesced_ms} ms" for coalesced_ms in _ECHOED_MS)]
    bridge_ms = statistics.median(costs_ms[0])
    return [
        (
            title,
            {
                "seconds": TURN_S * rounds,
                COST: statistics.median(turns_ms),
                "the bridge, times this": bridge_ms / statistics.median(turns_ms),
                "turns": " ".join(f"{each:.2f}" for each in turns_ms),
            },
        )
        for title, turns_ms in zip(titles, costs_ms, strict=True)
    ]


@asynccontextmanager
async def vendors(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run the local vendors, each in a process of its own; yield the settings that name them."""
    ports = {name: free_port() for name in _VENDOR_SERVERS}
    async with AsyncExitStack() as stack:
        for name, port in ports.items():
            command = ("-m", "tests.vendors", name, "--port", str(port), "--latency-ms", str(VENDOR_MS))
            scratch = folder / name
            scratch.mkdir()
            await stack.enter_async_context(serving(command, scratch, port=port))
        yield {
            "STT_PROVIDER": "deepgram",
            "DEEPGRAM_API_KEY": "local-vendor-key",
            "DEEPGRAM_URL": f"ws://127.0.0.1:{ports['deepgram']}",
            "TRANSLATION_PROVIDER": "deepl",
            "DEEPL_API_KEY": "local-vendor-key",
            "DEEPL_SERVER_URL": f"http://127.0.0.1:{ports['deepl']}",
            "TTS_PROVIDER": "elevenlabs",
            "ELEVENLABS_API_KEY": "local-vendor-key",
            "ELEVENLABS_URL": f"ws://127.0.0.1:{ports['elevenlabs']}",
            "CLIENT_LANGUAGES": "en,es",
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50, help="calls at once; each is two streams")
    parser.add_argument("--duration", type=float, default=30.0, help="seconds that are measured")
    parser.add_argument("--ramp", type=float, default=10.0, help="seconds in which the calls begin")
    parser.add_argument("--turns", type=int, default=4, help="of the bridge and of each echo, 30 s each")
    parser.add_argument("--no-echo", action="store_true", help="leave the comparison out")
    parser.add_argument("--vendors", action="store_true", help="local vendor servers in place of scripted providers")
    options = parser.parse_args()
    if options.turns < 1:
        parser.error("--turns must be at least 1; --no-echo leaves the comparison out")
    name = f"calls-vendors-{options.calls}" if options.vendors else f"calls-{options.calls}"
    report(name, f"python -m bench.calls {' '.join(sys.argv[1:])}".strip(), asyncio.run(measure(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
