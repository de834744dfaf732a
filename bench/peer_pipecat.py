"""The bridge beside a peer in one run: the same streams on pipecat, with webrtcvad and services that wait as long.

    python -m bench.peer_pipecat [--calls 10] [--duration 30] [--ramp 10]

pipecat is a figure here, not a dependency: it is installed from PyPI into a virtual environment of its own,
bench/.peer, when that is not there. Few calls, because at fifty of them one core is not enough for it. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.load.report import Figures, report
from bench.load.run import Load, bridge, measure_bridge, measure_direct, use_cores
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
_COST = "CPU ms per stream-second"


def install() -> Path:
    """Return the Python of the peer's environment, which is made when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
    return python


async def measure(load: Load) -> list[tuple[str, Figures]]:
    core = use_cores()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        async with bridge(folder, core) as (exchange, server):
            ours = await measure_bridge(exchange, server, load)
        command = (str(Path(__file__).parent / "peer" / "pipecat_server.py"),)
        async with serving(command, folder, python=str(ENVIRONMENT / "bin" / "python"), core=core) as server:
            theirs = await measure_direct(server, load)
    ratio = float(theirs[_COST] or 0) / float(ours[_COST] or 1)
    return [("bridge", ours), ("pipecat", {**theirs, "times the bridge's": ratio})]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10, help="calls at once; each is two streams")
    parser.add_argument("--duration", type=float, default=30.0, help="seconds that are measured")
    parser.add_argument("--ramp", type=float, default=10.0, help="seconds in which the calls begin")
    options = parser.parse_args()
    install()
    rows = asyncio.run(measure(Load(options.calls, options.ramp, options.duration)))
    report("peer-pipecat", f"python -m bench.peer_pipecat {' '.join(sys.argv[1:])}".strip(), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
