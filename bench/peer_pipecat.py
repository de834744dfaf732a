"""The bridge beside a peer in one run: the same streams on pipecat, with webrtcvad and services that wait as long.

    python -m bench.peer_pipecat [--calls 10] [--full 50] [--duration 30] [--ramp 10]

pipecat is a figure here, not a dependency: it is installed from PyPI into a virtual environment of its own,
bench/.peer, when that is not there. It gets few calls, because fifty would take several cores of it. A process that
wakes for each message pays more for it than one that finds several, whoever it is, so the bridge is measured with as
many calls and with as many as it is made for. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.load.report import Figures, report
from bench.load.run import COST, Load, bridge, measure_bridge, measure_direct, use_cores
from bench.load.servers import serving

ENVIRONMENT = Path(__file__).parent / ".peer"
PACKAGES = (
    "pipecat-ai==1.14.0",
    "fastapi>=0.115",
    "uvicorn==0.54.0",
    "uvloop>=0.22,<1",
    "httptools>=0.7,<1",
    "websockets>=15,<16",
    "webrtcvad-wheels==2.0.14",
)
"""The server's own parts are the bridge's."""


def install() -> Path:
    """Return the Python of the peer's environment, which is made when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    return python


async def measure(load: Load, full: Load) -> list[tuple[str, Figures]]:
    core = use_cores()
    with TemporaryDirectory() as scratch:
        ours = []
        for each in (full, load):
            folder = Path(scratch) / str(each.calls)
            folder.mkdir(exist_ok=True)
            async with bridge(folder, core) as (exchange, server):
                ours.append(await measure_bridge(exchange, server, each))
        command = (str(Path(__file__).parent / "peer" / "pipecat_server.py"),)
        async with serving(command, Path(scratch), python=str(ENVIRONMENT / "bin" / "python"), core=core) as server:
            theirs = await measure_direct(server, load)
    ratios = [float(theirs[COST] or 0) / float(each[COST] or 1) for each in ours]
    times = dict(zip(("times the bridge's", "times the bridge's with as few"), ratios, strict=True))
    return [("bridge", ours[0]), ("bridge, as few", ours[1]), ("pipecat", {**theirs, **times})]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10, help="calls at once that both get; each is two streams")
    parser.add_argument("--full", type=int, default=50, help="calls at once that the bridge gets")
    parser.add_argument("--duration", type=float, default=30.0, help="seconds that are measured")
    parser.add_argument("--ramp", type=float, default=10.0, help="seconds in which the calls begin")
    options = parser.parse_args()
    install()
    loads = (Load(calls, options.ramp, options.duration) for calls in (options.calls, options.full))
    rows = asyncio.run(measure(*loads))
    report("peer-pipecat", f"python -m bench.peer_pipecat {' '.join(sys.argv[1:])}".strip(), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
