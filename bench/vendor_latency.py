"""What our side of each vendor adds to the vendor's own latency: SDK, socket, queues, parsing.

    python -m bench.vendor_latency [--requests 100] [--tries 3] [--only deepgram] [--json build/vendor_latency.json]

Every vendor is a healthy local server that takes LATENCY_MS for an answer; what a request takes beyond that is ours,
and the local server's share of the loop. A try that others disturb measures them: of several the best one counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.demo.report import percentile
from app.domain.audio import FRAME_BYTES, FRAME_MS, AudioFrame, silence
from app.domain.direct import DirectPiece, Spoken, TurnEnded
from app.domain.legs import Leg
from app.domain.usage import Stage
from app.s2s.base import S2sOptions
from app.s2s.factory import create_s2s_provider
from app.stt.base import SttOptions
from app.stt.factory import create_stt_provider
from app.translation.base import TranslationRequest
from app.translation.factory import create_translation_provider
from app.tts.base import SpeechRequest
from app.tts.factory import create_tts_provider
from tests.contract.stt_suite import noise
from tests.vendors.openai_translation import OpenAiTranslation
from tests.vendors.products import PRODUCTS, Product
from tests.vendors.server import Vendor

LATENCY_MS = 50
LIMIT_P95_MS = 15
PAUSE_S = 0.02
"""Between requests: what a connection does behind the last answer is not the next one's."""

Measure = Callable[[Settings, Any, int], Awaitable[list[float]]]
"""Of a provider with these settings, against this server, so many times."""


@dataclass(frozen=True, slots=True)
class Result:
    stage: Stage
    name: str
    added_ms_p50: float
    added_ms_p95: float


async def translations(settings: Settings, vendor: Vendor, requests: int) -> list[float]:
    """Return what each translation took, in seconds."""
    provider = create_translation_provider(settings)
    await provider.start()
    provider.expect("en", "es")
    await provider.translate(TranslationRequest("Good morning.", "en", "es"))
    vendor.faults.latency_s = LATENCY_MS / 1000
    took: list[float] = []
    for number in range(requests):
        await asyncio.sleep(PAUSE_S)
        began_s = time.perf_counter()
        await provider.translate(TranslationRequest(f"My order number is {1000 + number}.", "en", "es"))
        took.append(time.perf_counter() - began_s)
    await provider.aclose()
    return took


async def voices(settings: Settings, vendor: Vendor, requests: int) -> list[float]:
    """Return how long each first audio took, in seconds."""
    provider = create_tts_provider(settings)
    await provider.start()
    async with aclosing(provider.speak(SpeechRequest("Buenos días.", "es"))) as pieces:
        _ = [piece async for piece in pieces]
    vendor.faults.latency_s = LATENCY_MS / 1000
    took: list[float] = []
    for number in range(requests):
        await asyncio.sleep(PAUSE_S)
        began_s = time.perf_counter()
        async with aclosing(provider.speak(SpeechRequest(f"Su pedido es el {1000 + number}.", "es"))) as pieces:
            await anext(pieces)
            took.append(time.perf_counter() - began_s)
            _ = [piece async for piece in pieces]
    await provider.aclose()
    return took


async def finals(settings: Settings, vendor: Vendor, requests: int) -> list[float]:
    """Return what each final took behind the end of its utterance, in seconds."""
    provider = create_stt_provider(settings)
    await provider.start()
    stream = await provider.open(SttOptions(Leg.CLIENT, ("en",)))
    speech = silence(300) + noise(600, loudness=0.2) + silence(180)
    vendor.faults.latency_s = LATENCY_MS / 1000
    took: list[float] = []
    frames = 0
    for utterance in range(1, requests + 1):
        began_ms = frames * FRAME_MS + 300
        stream_began = False
        for offset in range(0, len(speech), FRAME_BYTES):
            stream.push(AudioFrame(Leg.CLIENT, frames + 1, frames * FRAME_MS, speech[offset : offset + FRAME_BYTES]))
            frames += 1
            if not stream_began and frames * FRAME_MS >= began_ms + 100:
                stream.begin_utterance(utterance, began_ms)
                stream_began = True
        await asyncio.sleep(4 * LATENCY_MS / 1000)  # The interims are there by then.
        async with asyncio.timeout(10):
            began_s = time.perf_counter()
            stream.end_utterance(began_ms + 600)
            async for transcript in stream:
                if transcript.is_final:
                    break
        took.append(time.perf_counter() - began_s)
    await stream.aclose()
    await provider.aclose()
    return took


async def interpretations(settings: Settings, vendor: OpenAiTranslation, requests: int) -> list[float]:
    """Return how long the first sound took behind the piece of speech with which the vendor has what it waits for."""
    provider = create_s2s_provider(settings)
    assert provider is not None
    vendor.lag_words = 0
    vendor.faults.latency_s = LATENCY_MS / 1000
    stream = await provider.open(S2sOptions(Leg.CLIENT, "es", "en"))
    pushed = 0

    def push(ulaw: bytes) -> None:
        nonlocal pushed
        for offset in range(0, len(ulaw), FRAME_BYTES):
            stream.push(AudioFrame(Leg.CLIENT, pushed + 1, pushed * FRAME_MS, ulaw[offset : offset + FRAME_BYTES]))
            pushed += 1

    async def until(kind: type[DirectPiece]) -> None:
        async with asyncio.timeout(10):
            while not isinstance(await anext(aiter(stream)), kind):
                continue

    took: list[float] = []
    for _ in range(requests):
        # 24 kHz come a little late out of the filter: what follows a word completes the 200 ms that it is in.
        push(silence(200) + noise(400, loudness=0.2))
        await asyncio.sleep(6 * LATENCY_MS / 1000)
        began_s = time.perf_counter()
        push(silence(200))
        await until(Spoken)
        took.append(time.perf_counter() - began_s)
        push(silence(1400))
        await until(TurnEnded)
        await asyncio.sleep(8 * LATENCY_MS / 1000)
    await stream.aclose()
    await provider.aclose()
    return took


MEASURES: dict[Stage, Measure] = {
    Stage.RECOGNITION: finals,
    Stage.TRANSLATION: translations,
    Stage.SPEECH: voices,
    Stage.SPEECH_TO_SPEECH: interpretations,
}


async def run(product: Product[Any], requests: int, tries: int) -> Result:
    """Return the best of several tries."""
    results: list[Result] = []
    for _ in range(tries):
        async with product.at_work() as (vendor, url):
            settings = Settings(_env_file=None, **product.at(url))
            took = await MEASURES[product.stage](settings, vendor, requests)
        added_ms = [each * 1000 - LATENCY_MS for each in took]
        results.append(Result(product.stage, product.provider, percentile(added_ms, 50), percentile(added_ms, 95)))
    return min(results, key=lambda result: result.added_ms_p95)


async def run_all(requests: int, tries: int, only: str) -> list[Result]:
    return [await run(product, requests, tries) for product in PRODUCTS if only in product.title]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vendor_latency", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--only", default="", help="providers whose name and stage have this in it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = asyncio.run(run_all(options.requests, options.tries, options.only))
    print("| stage | provider | added ms, p50 | added ms, p95 | at most 15 |\n|---|---|---|---|---|")
    for each in results:
        verdict = "yes" if each.added_ms_p95 <= LIMIT_P95_MS else "NO"
        print(f"| {each.stage} | {each.name} | {each.added_ms_p50:.1f} | {each.added_ms_p95:.1f} | {verdict} |")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            {"stage": each.stage, "provider": each.name, "p50_ms": each.added_ms_p50, "p95_ms": each.added_ms_p95}
            for each in results
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
