"""Run a local vendor by hand: ``python -m tests.vendors deepl --port 8101 --latency-ms 150 --fault status:429``."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress

from tests.vendors.azure_recognition import AzureRecognition
from tests.vendors.azure_speech import AzureSpeech
from tests.vendors.azure_translator import AzureTranslator
from tests.vendors.deepgram import Deepgram
from tests.vendors.deepgram_aura import DeepgramAura
from tests.vendors.deepl import DeepL
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.elevenlabs_scribe import Scribe
from tests.vendors.faults import Fault
from tests.vendors.openai import OpenAi
from tests.vendors.openai_speech import OpenAiSpeech
from tests.vendors.openai_transcription import OpenAiTranscription
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.server import Vendor, serving

VENDORS: dict[str, type[Vendor]] = {
    "azure_recognition": AzureRecognition,
    "azure_speech": AzureSpeech,
    "azure_translator": AzureTranslator,
    "deepgram": Deepgram,
    "deepgram_aura": DeepgramAura,
    "deepl": DeepL,
    "elevenlabs": ElevenLabs,
    "elevenlabs_scribe": Scribe,
    "openai": OpenAi,
    "openai_transcription": OpenAiTranscription,
    "openai_speech": OpenAiSpeech,
    "openai_translation": OpenAiTranslation,
}


async def run(vendor: Vendor, port: int) -> None:
    async with serving(vendor, port) as address:
        print(f"listening on {address}; the key is {vendor.key}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.vendors", description=__doc__)
    parser.add_argument("vendor", choices=sorted(VENDORS))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=int, default=0, help="before every answer")
    parser.add_argument("--fault", type=Fault.parse, help="what every request meets: status:429, silence, drop, ...")
    options = parser.parse_args()
    vendor = VENDORS[options.vendor]()
    vendor.faults.latency_s = options.latency_ms / 1000
    vendor.faults.always = options.fault
    with suppress(KeyboardInterrupt):
        asyncio.run(run(vendor, options.port))


if __name__ == "__main__":
    main()
