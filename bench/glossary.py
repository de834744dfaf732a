"""How often names that an engine would translate come through: the offline translator, with and without the glossary.

    .venv/bin/python -m bench.glossary [--flores ../shared/flores] [--sentences 100] [--lost]

In sentences of FLORES, the first name that stands inside one gives way to a name made of everyday words. Without the
glossary it comes through where the engine happens to leave it; with it, by stand-ins (``app.translation.glossary``).
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

from app.config import PROJECT_ROOT, Settings
from app.domain.glossary import Glossary, Scope
from app.translation.base import TranslationProvider, TranslationRequest
from app.translation.glossary import GlossaryTranslator
from app.translation.local import LocalTranslator

NAMES = {
    "ca": ("Pont", "Pla Llar Segura"),
    "en": ("Bridge", "Sunrise Savings Plan"),
    "es": ("Puente", "Plan Ahorro Plus"),
    "fr": ("Pont", "Plan Maison Plus"),
    "gl": ("Ponte", "Plan Fogar Seguro"),
    "it": ("Ponte", "Piano Casa Sicura"),
    "pt": ("Ponte", "Plano Casa Segura"),
}
_NAME = re.compile(r"(?<=[a-zà-ÿ] )[A-ZÀ-Ý][a-zà-ÿ]+(?: [A-ZÀ-Ý][a-zà-ÿ]+)*(?!\w)")


def sentences(folder: Path, language: str, limit: int) -> Iterator[tuple[str, str]]:
    """Yield sentences with a name of ours in the place of their first one, and that name."""
    lines = (folder / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    found = [(line, match) for line in lines if (match := _NAME.search(line))]
    for index, (line, match) in enumerate(found[:limit]):
        name = NAMES[language][index % len(NAMES[language])]
        yield line[: match.start()] + name + line[match.end() :], name


async def measure(translator: TranslationProvider, requests: list[tuple[TranslationRequest, str]]) -> tuple[int, float]:
    """Return how many translations have the name, and how long one took, in milliseconds."""
    began_s = time.monotonic()
    kept = 0
    for request, name in requests:
        kept += name in await translator.translate(request)
    return kept, (time.monotonic() - began_s) * 1000 / max(1, len(requests))


async def run(folder: Path, limit: int, shows_lost: bool) -> None:
    local = LocalTranslator.from_settings(Settings(_env_file=None))
    ours = GlossaryTranslator(local)
    print(
        "| pair | sentences | kept by the engine | kept with the glossary | ms | ms with |\n|---|---|---|---|---|---|"
    )
    for source, target in sorted(local.capabilities.pairs):
        if source not in NAMES or target not in NAMES or "es" not in (source, target):
            continue
        glossary = Glossary((Scope(NAMES[source]),)).pair(source, target)
        requests = [
            (TranslationRequest(text, source, target, glossary=glossary), name)
            for text, name in sentences(folder, source, limit)
        ]
        await local.translate(TranslationRequest("1", source, target))
        (engine, engine_ms), (kept, kept_ms) = await measure(local, requests), await measure(ours, requests)
        print(
            f"| {source}-{target} | {len(requests)} | {engine} | {kept} | {engine_ms:.0f} | {kept_ms:.0f} |", flush=True
        )
        if shows_lost:
            for request, name in requests:
                told = await ours.translate(request)
                if name not in told:
                    print(f"    {request.text}\n    -> {told}")
    await local.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.glossary", description=__doc__)
    parser.add_argument("--flores", type=Path, default=PROJECT_ROOT.parent / "shared" / "flores")
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--lost", action="store_true", help="print what was lost")
    options = parser.parse_args()
    asyncio.run(run(options.flores, options.sentences, options.lost))


if __name__ == "__main__":
    main()
