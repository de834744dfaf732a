"""Run local vendors by hand: ``python -m tests.vendors deepl --port 8101 --latency-ms 150 --fault status:429``.

Several at one address are the products of one vendor, such as ``deepgram deepgram_aura``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pydantic import SecretStr

from tests.vendors.faults import Fault
from tests.vendors.products import PRODUCTS, Product
from tests.vendors.server import Vendor, serving

BY_NAME = {product.name: product for product in PRODUCTS}


async def run(products: Sequence[Product[Any]], servers: Sequence[Vendor], port: int) -> None:
    async with serving(*servers, port=port) as address:
        print(f"listening on {address}; what leads there:")
        for product in products:
            print(" ".join(f"{name.upper()}={_shown(value)}" for name, value in product.settings(address).items()))
        print(end="", flush=True)
        await asyncio.Event().wait()


def _shown(value: SecretStr | str) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.vendors", description=__doc__.splitlines()[0])
    parser.add_argument("vendor", nargs="+", choices=sorted(BY_NAME))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=int, default=0, help="before every answer")
    parser.add_argument("--fault", type=Fault.parse, help="what every request meets: status:429, silence, drop, ...")
    options = parser.parse_args()
    products = [BY_NAME[name] for name in options.vendor]
    servers = [product.server() for product in products]
    for server in servers:
        server.faults.latency_s = options.latency_ms / 1000
        server.faults.always = options.fault
    with suppress(KeyboardInterrupt):
        asyncio.run(run(products, servers, options.port))


if __name__ == "__main__":
    main()
