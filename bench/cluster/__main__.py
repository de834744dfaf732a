"""Start the cluster and keep it until Ctrl-C: `make cluster`, or `python -m bench.cluster --bridges 4 --port 8080`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import BridgeError
from bench.cluster.cluster import Cluster
from bench.cluster.settings import ACCOUNT_SID, ADMIN_API_KEY, AUTH_TOKEN, PUBLIC_URL, desk_settings


async def keep(bridges: int, port: int, rest_url: str, folder: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, stop.set)
    chosen = {name: value for name, value in os.environ.items() if name in desk_settings(rest_url)}
    async with Cluster({**desk_settings(rest_url), **chosen}, bridges=bridges, port=port, folder=folder) as cluster:
        _explain(cluster, rest_url)
        await stop.wait()
        print("\nending ...", flush=True)


def _explain(cluster: Cluster, rest_url: str) -> None:
    print(f"nginx       {cluster.url}")
    for bridge in cluster.bridges:
        print(f"{bridge.program.name}    {bridge.url}")
    print(f"Redis       {cluster.redis_url}")
    print(f"PostgreSQL  {cluster.postgres.url()}")
    print(f"logs        {cluster.folder}")
    print(f"\nGET {cluster.url}/calls with the header Authorization: Bearer {ADMIN_API_KEY}")
    print("A call from the telephone on the desk:")
    print(
        f"  {sys.executable} -m app call docs/examples/call.yaml --server {cluster.url} --public-url {PUBLIC_URL} \\\n"
        f"      --rest-port {urlsplit(rest_url).port} --account-sid {ACCOUNT_SID} --auth-token {AUTH_TOKEN}"
    )
    print("Ctrl-C ends everything.", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--bridges", type=int, default=4, help="processes (%(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="where nginx listens (%(default)s)")
    parser.add_argument("--rest-url", default="http://127.0.0.1:8900", help="TWILIO_API_BASE_URL (%(default)s)")
    parser.add_argument("--folder", type=Path, help="for logs and journals; kept. Without it they go with the cluster")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder = options.folder.resolve()
        options.folder.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(keep(options.bridges, options.port, options.rest_url, options.folder))
    except BridgeError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
