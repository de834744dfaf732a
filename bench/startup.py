"""How long the server takes from the start of its process to /ready.

    python -m bench.startup [--runs 5] [--only openai] [--json build/startup.json]

With providers that cost nothing, also by `uvicorn app.main:app`, with sets of cloud providers in which each has its
place (their keys are tried against local servers that speak the vendors' protocols), and with the offline engines where
they are installed. Each run starts twice: on a new database, which has to be migrated, and again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from app.config import PROJECT_ROOT, load_settings
from app.demo.desk import AGENT_NUMBER, PUBLIC_URL, TWILIO_NUMBER, free_port
from tests.vendors.azure_recognition import AzureRecognition
from tests.vendors.azure_speech import AzureSpeech
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.openai import OpenAi
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.server import Vendor, serving

_POLL_S = 0.01
_PATIENCE_S = 60.0
_STOP_TIMEOUT_S = 15.0

_TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0123456789abcdef" * 2,
    "TWILIO_AUTH_TOKEN": "bench-auth-token",
    "TWILIO_PHONE_NUMBER": TWILIO_NUMBER,
    "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
    "WEBHOOK_BASE_URL": PUBLIC_URL,
    "AGENT_PHONE_NUMBER": AGENT_NUMBER,
    "ADMIN_API_KEY": "bench-admin-key",
    "CLIENT_LANGUAGES": "en,es",
}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    settings: Mapping[str, str]
    vendors: Mapping[str, type[Vendor]]
    """By the setting that gets the local server's URL, such as ``DEEPGRAM_URL=ws://{address}``."""
    command: Sequence[str] = ("-m", "app", "serve")
    """Python's arguments, before those for host and port."""


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    first_s: float
    """On a new database. Medians of the runs, as the others."""
    slowest_first_s: float
    again_s: float
    processor_s: float
    """What of it was work: on an idle machine the two are the same, but for answers from vendors."""


def _providers(stt: str, translation: str, tts: str) -> dict[str, str]:
    return {"STT_PROVIDER": stt, "TRANSLATION_PROVIDER": translation, "TTS_PROVIDER": tts}


CASES = (
    Case("scripted", _providers("scripted", "scripted", "scripted"), {}),
    Case(
        "scripted, by uvicorn",
        _providers("scripted", "scripted", "scripted"),
        {},
        ("-m", "uvicorn", "app.main:app"),
    ),
    Case(
        "deepgram, deepl, elevenlabs",
        {
            **_providers("deepgram", "deepl", "elevenlabs"),
            "DEEPGRAM_API_KEY": Vendor.key,
            "DEEPL_API_KEY": Vendor.key,
            "ELEVENLABS_API_KEY": Vendor.key,
        },
        {
            "DEEPGRAM_URL=ws://{address}": Deepgram,
            "DEEPL_SERVER_URL=http://{address}": DeepL,
            "ELEVENLABS_URL=ws://{address}": ElevenLabs,
        },
    ),
    Case(
        "azure",
        {
            **_providers("azure", "azure", "azure"),
            "AZURE_SPEECH_KEY": Vendor.key,
            "AZURE_TRANSLATOR_KEY": Vendor.key,
            "AZURE_TRANSLATOR_REGION": AzureTranslator.region,
        },
        {
            "AZURE_SPEECH_STT_URL=ws://{address}": AzureRecognition,
            "AZURE_TRANSLATOR_URL=http://{address}": AzureTranslator,
            "AZURE_SPEECH_TTS_URL=http://{address}": AzureSpeech,
        },
    ),
    Case(
        "openai",
        {**_providers("openai", "openai", "openai"), "OPENAI_API_KEY": Vendor.key},
        {
            "OPENAI_REALTIME_URL=ws://{address}/v1": OpenAiTranscription,
            "OPENAI_BASE_URL=http://{address}/v1": OpenAi,
            "OPENAI_SPEECH_URL=http://{address}/v1": OpenAiSpeech,
        },
    ),
    Case(
        "elevenlabs, deepl, deepgram",
        {
            **_providers("elevenlabs", "deepl", "deepgram"),
            "ELEVENLABS_API_KEY": Vendor.key,
            "DEEPL_API_KEY": Vendor.key,
            "DEEPGRAM_API_KEY": Vendor.key,
        },
        {
            "ELEVENLABS_URL=ws://{address}": Scribe,
            "DEEPL_SERVER_URL=http://{address}": DeepL,
            "DEEPGRAM_URL=ws://{address}": DeepgramAura,
        },
    ),
    Case(
        "openai, speech to speech",
        {
            **_providers("deepgram", "openai", "openai"),
            "S2S_PROVIDER": "openai_realtime",
            "DEEPGRAM_API_KEY": Vendor.key,
            "OPENAI_API_KEY": Vendor.key,
        },
        {
            "DEEPGRAM_URL=ws://{address}": Deepgram,
            "OPENAI_REALTIME_URL=ws://{address}/v1": OpenAiTranslation,
            "OPENAI_BASE_URL=http://{address}/v1": OpenAi,
            "OPENAI_SPEECH_URL=http://{address}/v1": OpenAiSpeech,
        },
    ),
    Case("local", _providers("whisper", "local", "local"), {}),
)


async def measure(case: Case, runs: int) -> Result:
    firsts: list[float] = []
    others: list[tuple[float, float]] = []
    async with _vendors(case) as urls:
        settings = {**_TWILIO, **case.settings, **urls}
        for _ in range(runs):
            with TemporaryDirectory() as scratch:
                firsts.append((await start_once(case.command, Path(scratch), settings))[0])
                others.append(await start_once(case.command, Path(scratch), settings))
    times = (statistics.median(firsts), max(firsts), *(statistics.median(each) for each in zip(*others, strict=True)))
    return Result(case.name, *(round(time_s, 2) for time_s in times))


async def start_once(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> tuple[float, float]:
    """Start the server, wait until it is ready, stop it; return how long it took and its processor time, in seconds."""
    port = free_port()
    environment = {
        **os.environ,
        **settings,
        "DATABASE_URL": f"sqlite:///{folder / 'puente.db'}",
        "JOURNAL_DIR": str(folder / "journal"),
    }
    log_path = folder / "server.log"
    with log_path.open("wb") as log:
        began_s = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)),
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while await _status(port) != HTTPStatus.OK:
                if process.returncode is not None:
                    raise SystemExit(f"the server did not start:\n{log_path.read_text()[-800:]}")
                await asyncio.sleep(_POLL_S)
        return time.monotonic() - began_s, _processor_s(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()


def _processor_s(pid: int) -> float:
    """Return the time that a process's threads have computed (proc_pid_stat(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _status(port: int) -> int:
    """Return what /ready answers; 0 where nobody listens. By hand: a client's own imports would count."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return 0
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        line = await reader.readline()
        return int(line.split()[1]) if line else 0
    except OSError:
        return 0
    finally:
        writer.close()


@asynccontextmanager
async def _vendors(case: Case) -> AsyncIterator[dict[str, str]]:
    """Serve the case's vendors; yield the settings that lead there."""
    async with AsyncExitStack() as stack:
        settings: dict[str, str] = {}
        for setting, vendor in case.vendors.items():
            name, _, url = setting.partition("=")
            settings[name] = url.format(address=await stack.enter_async_context(serving(vendor())))
        yield settings


async def measure_all(runs: int, only: str = "") -> list[Result]:
    results: list[Result] = []
    for case in CASES:
        if only not in case.name:
            continue
        if case.name == "local" and not (load_settings().models_dir / "kokoro").is_dir():
            print("local: left out, the engines are not installed (`make engines`)", file=sys.stderr)
            continue
        results.append(await measure(case, runs))
        last = results[-1]
        print(
            f"{last.name:<30} first {last.first_s:5.2f} (slowest {last.slowest_first_s:5.2f})   "
            f"again {last.again_s:5.2f}   work {last.processor_s:5.2f} s"
        )
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of two starts each")
    parser.add_argument("--only", default="", help="measure those whose names have this in them")
    parser.add_argument("--json", type=Path, help="where to write the results, too")
    options = parser.parse_args()
    results = asyncio.run(measure_all(max(1, options.runs), options.only))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
