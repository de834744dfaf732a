"""Hold calls through a cluster for a while, break everything in turn, and see what was lost.

    python -m bench.chaos [--calls 50] [--minutes 30] [--json build/chaos.json]

Four processes behind nginx, with Redis and PostgreSQL (`bench.cluster`); the emulator is Twilio. Recognition and voices
are scripted; translation goes to a local DeepL over a line that can be cut, and then to a local Azure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import httpx

from app.api.schemas import CallView
from app.domain.legs import EndReason
from app.emulator.carrier import EmulatorConfig
from app.emulator.exchange import Emulator
from app.errors import BridgeError
from bench.chaos.calls import Held, faults_of, keep_calling
from bench.chaos.faults import Chaos
from bench.chaos.memory import Memory, is_flat
from bench.cluster.cluster import Cluster, free_ports
from bench.cluster.settings import ACCOUNT_SID, ADMIN_API_KEY, AUTH_TOKEN, PUBLIC_URL, desk_settings
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepl import DeepL
from tests.vendors.line import line_to
from tests.vendors.server import serving

SETTLED_TIMEOUT_S = 60.0
PROPAGATION_S = 20.0
"""A telephone that the server leaves alone for so long after the other is gone is left up."""
KEPT_TELEPHONES = 50
BEGINNING_S = 1.0
"""A process that is killed so soon after a call began may take its row along, which was not written yet."""
CLOSED_WITHIN_S = 12.0
"""A killed process is noticed within ten seconds; ending telephones and rows takes its time, too."""


@dataclass(slots=True)
class Result:
    calls: int = 0
    survived: int = 0
    lost_with_their_process: int = 0
    faulty: int = 0
    open_rows: int = 0
    unexpected_dials: int = 0
    closed_after_s_max: float = 0.0
    utterances: int = 0
    late_frame_ms_max: float = 0.0

    def is_good(self, memory_is_flat: bool) -> bool:
        is_closed = self.closed_after_s_max <= CLOSED_WITHIN_S
        return self.survived > 0 and not self.faulty and not self.open_rows and is_closed and memory_is_flat


async def hold(options: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        (port,) = free_ports(1)
        config = EmulatorConfig(
            ACCOUNT_SID,
            AUTH_TOKEN,
            server_url=f"http://127.0.0.1:{port}",
            public_url=PUBLIC_URL,
            propagation_s=PROPAGATION_S,
            kept_telephones=KEPT_TELEPHONES,
            say_characters_per_s=150.0,
        )
        emulator = await stack.enter_async_context(Emulator(config))
        vendor = DeepL()
        line, address = await stack.enter_async_context(line_to(await stack.enter_async_context(serving(vendor))))
        # Not the scripted one: from it a party would be played what they say themselves next, and be taken for an echo.
        spare = AzureTranslator()
        spare.quota = 10**9
        spare_address = await stack.enter_async_context(serving(spare))
        settings = {
            **desk_settings(emulator.rest_url),
            "TRANSLATION_PROVIDER": "deepl",
            "TRANSLATION_FALLBACKS": "azure",
            "AZURE_TRANSLATOR_KEY": spare.key,
            "AZURE_TRANSLATOR_REGION": spare.region,
            "AZURE_TRANSLATOR_URL": f"http://{spare_address}",
            "DEEPL_API_KEY": vendor.key,
            "DEEPL_SERVER_URL": f"http://{address}",
            "LOG_LEVEL": "warning",
            # Twilio and all the rest share this machine: it is slow, and nobody is sent away for it.
            "ADMISSION_MAX_LAG_MS": "10000",
            "API_REQUESTS_PER_MINUTE": "100000",
        }
        cluster = await stack.enter_async_context(
            Cluster(settings, bridges=options.bridges, port=port, folder=options.folder)
        )
        chaos, memory = Chaos(cluster, line), Memory(cluster)
        watching = asyncio.create_task(memory.run())
        held: list[Held] = []
        ends_s = time.monotonic() + options.minutes * 60
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(chaos.run(options.minutes * 60, options.rounds))
            tasks.create_task(
                keep_calling(emulator, options.calls, lambda: time.monotonic() > ends_s, options.seed, held.append)
            )
            vendor_requests = tasks.create_task(_forget(vendor, spare))
            tasks.create_task(_say_how_it_goes(held, ends_s)).add_done_callback(lambda _: vendor_requests.cancel())
        watching.cancel()
        rows = await settled(cluster.url)
        return report(options, held, rows, chaos, memory, emulator.unexpected_dials)


async def _say_how_it_goes(held: list[Held], ends_s: float) -> None:
    while time.monotonic() < ends_s:
        print(f"{datetime.now():%H:%M:%S}  {len(held)} calls are over, load {os.getloadavg()[0]:.1f}", flush=True)
        await asyncio.sleep(30)


async def _forget(vendor: DeepL, spare: AzureTranslator) -> None:
    """The local vendors remember every request, for tests."""
    while True:
        await asyncio.sleep(5)
        vendor.requests.clear()
        spare.requests.clear()
        spare.answers.clear()


async def settled(url: str) -> dict[str, CallView]:
    """Return every call by its CallSid, once none is live in any process and all has been written, or time is up."""
    headers = {"Authorization": f"Bearer {ADMIN_API_KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False) as http:
        deadline_s = time.monotonic() + SETTLED_TIMEOUT_S
        while (await http.get("/calls", params={"live": "true"})).json()["calls"]:
            if time.monotonic() > deadline_s:
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(2.0)  # Bills and last words are written behind the end.
        rows: dict[str, CallView] = {}
        cursor: str | None = None
        while True:
            query = {"limit": "500", **({"cursor": cursor} if cursor else {})}
            page = (await http.get("/calls", params=query)).json()
            for call in page["calls"]:
                found = await http.get(f"/calls/{call['call_sid']}")
                rows[call["call_sid"]] = CallView.model_validate(found.json())
            cursor = page["next_cursor"]
            if cursor is None:
                return rows


def report(
    options: argparse.Namespace,
    held: list[Held],
    rows: dict[str, CallView],
    chaos: Chaos,
    memory: Memory,
    unexpected_dials: int,
) -> int:
    result = Result(calls=len(held), unexpected_dials=unexpected_dials)
    faults: Counter[str] = Counter()
    for each in held:
        row = rows.get(each.call_sid)
        streams = [stream for leg in (each.report.client, each.report.agent) for stream in leg.streams]
        result.late_frame_ms_max = max([result.late_frame_ms_max, *(stream.latest_frame_ms for stream in streams)])
        if row is None and any(abs((at - each.began_at).total_seconds()) < BEGINNING_S for at in chaos.killed_at):
            result.lost_with_their_process += 1
            continue
        if row is not None and row.end_reason is EndReason.PROCESS_LOST and row.ended_at is not None:
            result.lost_with_their_process += 1
            since = [(row.ended_at - at).total_seconds() for at in chaos.killed_at if at < row.ended_at]
            result.closed_after_s_max = max([result.closed_after_s_max, *since[-1:]])
            continue
        found = faults_of(each, row)
        faults.update(found)
        result.faulty += bool(found)
        result.survived += not found
        result.utterances += len(row.utterances) if row is not None else 0
        for fault in found[: options.show]:
            print(f"{each.call_sid} {each.began_at:%H:%M:%S}: {fault}")
    result.open_rows = sum(row.ended_at is None for row in rows.values())
    growth = memory.growth()
    flat = all(is_flat(middle, last) for middle, last in growth.values())
    _print_tables(result, chaos, growth, faults)
    is_good = result.is_good(flat)
    print("\nNothing was lost." if is_good else "\nSomething was lost.")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "calls_at_once": options.calls,
            "minutes": options.minutes,
            "is_good": is_good,
            **asdict(result),
            "faults": faults,
            "happened": [asdict(each) for each in chaos.happened],
            "memory_mb": {name: {"middle": middle, "last": last} for name, (middle, last) in growth.items()},
        }
        options.json.write_text(json.dumps(told, indent=2, default=str) + "\n", encoding="utf-8")
    return 0 if is_good else 1


def _print_tables(result: Result, chaos: Chaos, growth: dict[str, tuple[float, float]], faults: Counter[str]) -> None:
    print("\n| what | began | mended |\n|---|---|---|")
    for each in chaos.happened:
        print(f"| {each.what} | {each.began_at:%H:%M:%S} | {each.mended_at:%H:%M:%S} |")
    print("\n| figure | value |\n|---|---|")
    for name, value in asdict(result).items():
        print(f"| {name.replace('_', ' ')} | {round(value, 1)} |")
    for fault, times in faults.most_common():
        print(f"| fault: {fault} | {times} |")
    print("\n| process | middle third, MB | last third, MB | flat |\n|---|---|---|---|")
    for name, (middle, last) in growth.items():
        print(f"| {name} | {middle:.0f} | {last:.0f} | {'yes' if is_flat(middle, last) else 'NO'} |")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=50, help="at once (%(default)s)")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2, help="how often each fault happens (%(default)s)")
    parser.add_argument("--bridges", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="faults of a call that are printed at most")
    parser.add_argument("--folder", type=Path, help="keep logs and journals there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.folder is not None:
        options.folder = options.folder.resolve()
        options.folder.mkdir(parents=True, exist_ok=True)
    try:
        return asyncio.run(hold(options))
    except BridgeError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
