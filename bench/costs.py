"""What a minute of a call costs by list prices, for some sets of providers.

    python -m bench.costs [--prices app/prices.yaml] [--write docs/costs.md]

A standard minute: a client and an agent in the United States, both streams open for the whole of it, 800 characters
said by the two together in twelve clauses, translations as long as their originals.
"""

from __future__ import annotations

import argparse
from collections import Counter
from decimal import Decimal
from pathlib import Path

from app.config import PROJECT_ROOT
from app.domain.usage import Charge, Stage, UsageKey, UsageUnit, total_cost
from app.prices import PriceList, load_prices

MINUTE_MS = 60_000
CHARACTERS = 800
CLAUSES = 12
INPUT_TOKENS = 330
"""Of one clause for a language model: some 250 of instructions, what was said before, and the clause; four characters
are a token."""
OUTPUT_TOKENS = 20
SPEECH_MS = CHARACTERS * 65
"""A voice takes about 65 ms for a character."""
AHEAD_PERCENT = 50
"""More that is translated with SPECULATIVE_TRANSLATION: 1.53 translations for a clause (``bench.evaluate replay``)."""

BEGIN = "<!-- costs: written by `python -m bench.costs --write docs/costs.md` -->"
END = "<!-- costs end -->"

Usage = Counter[UsageKey]


def _usage(stage: Stage, provider: str, unit: UsageUnit, amount: int, variant: str = "") -> Usage:
    return Counter({UsageKey(stage, provider, unit, variant): amount})


def _model(model: str) -> Usage:
    tokens = _usage(Stage.TRANSLATION, "openai", UsageUnit.INPUT_TOKENS, CLAUSES * INPUT_TOKENS, model)
    return tokens + _usage(Stage.TRANSLATION, "openai", UsageUnit.OUTPUT_TOKENS, CLAUSES * OUTPUT_TOKENS, model)


TELEPHONES = (
    _usage(Stage.TELEPHONY, "twilio", UsageUnit.INBOUND_MINUTES, 1, "US")
    + _usage(Stage.TELEPHONY, "twilio", UsageUnit.OUTBOUND_MINUTES, 1, "US")
    + _usage(Stage.TELEPHONY, "twilio", UsageUnit.STREAM_MINUTES, 2)
)
DEEPGRAM = _usage(Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, MINUTE_MS, "nova-3-multi") + _usage(
    Stage.RECOGNITION, "deepgram", UsageUnit.AUDIO_MS, MINUTE_MS, "nova-3"
)
SCRIBE = _usage(Stage.RECOGNITION, "elevenlabs", UsageUnit.AUDIO_MS, 2 * MINUTE_MS)
AZURE_SPEECH = _usage(Stage.RECOGNITION, "azure", UsageUnit.AUDIO_MS, 2 * MINUTE_MS)
TRANSCRIBE = _usage(Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, MINUTE_MS, "gpt-transcribe") + _usage(
    Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, MINUTE_MS, "gpt-live-transcribe"
)
DEEPL = _usage(Stage.TRANSLATION, "deepl", UsageUnit.CHARACTERS, CHARACTERS)
AZURE_TRANSLATOR = _usage(Stage.TRANSLATION, "azure", UsageUnit.CHARACTERS, CHARACTERS)
FLASH = _usage(Stage.SPEECH, "elevenlabs", UsageUnit.CHARACTERS, CHARACTERS, "eleven_flash_v2_5")
AURA = _usage(Stage.SPEECH, "deepgram", UsageUnit.CHARACTERS, CHARACTERS)
AZURE_VOICE = _usage(Stage.SPEECH, "azure", UsageUnit.CHARACTERS, CHARACTERS)
MINI_TTS = _usage(Stage.SPEECH, "openai", UsageUnit.AUDIO_MS, SPEECH_MS, "gpt-4o-mini-tts")
OFFLINE = (
    _usage(Stage.RECOGNITION, "whisper", UsageUnit.AUDIO_MS, SPEECH_MS)
    + _usage(Stage.TRANSLATION, "fxtranslate", UsageUnit.CHARACTERS, CHARACTERS)
    + _usage(Stage.SPEECH, "kokoro", UsageUnit.CHARACTERS, CHARACTERS)
)

SETS: dict[str, Usage] = {
    "offline": OFFLINE,
    "deepgram, deepl, elevenlabs (Flash)": DEEPGRAM + DEEPL + FLASH,
    "deepgram, deepl, deepgram (Aura-2)": DEEPGRAM + DEEPL + AURA,
    "deepgram, openai (gpt-4.1-mini), elevenlabs (Flash)": DEEPGRAM + _model("gpt-4.1-mini") + FLASH,
    "elevenlabs (Scribe), deepl, elevenlabs (Flash)": SCRIBE + DEEPL + FLASH,
    "azure, azure, azure": AZURE_SPEECH + AZURE_TRANSLATOR + AZURE_VOICE,
    "openai (gpt-transcribe and gpt-live-transcribe, gpt-4.1-mini, gpt-4o-mini-tts)": TRANSCRIBE
    + _model("gpt-4.1-mini")
    + MINI_TTS,
    "openai_realtime in both directions, deepgram beside it": DEEPGRAM
    + _usage(Stage.SPEECH_TO_SPEECH, "openai_realtime", UsageUnit.AUDIO_MS, 2 * MINUTE_MS)
    + _usage(Stage.RECOGNITION, "openai", UsageUnit.AUDIO_MS, 2 * MINUTE_MS, "gpt-realtime-whisper"),
}


def ahead(usage: Usage) -> Usage:
    """Return what is used with speculative translation."""
    more = {key: amount * AHEAD_PERCENT // 100 for key, amount in usage.items() if key.stage is Stage.TRANSLATION}
    return usage + Counter(more)


def table(prices: PriceList) -> str:
    """Return the Markdown table of a standard minute."""
    lines = [
        "| providers | telephones | recognition | translation | voice "
        f"| {prices.currency} a minute | ahead | ten minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, usage in SETS.items():
        charges = prices.charges(TELEPHONES + usage)
        parts = [_money(_of(charges, stage)) for stage in Stage if stage is not Stage.SPEECH_TO_SPEECH]
        if any(key.stage is Stage.SPEECH_TO_SPEECH for key in usage):
            parts[2:] = [f"{_money(_of(charges, Stage.SPEECH_TO_SPEECH))} for both", ""]
        speculative = total_cost(prices.charges(ahead(TELEPHONES + usage)))
        ten = None if speculative is None else 10 * speculative
        sums = [_money(total_cost(charges)), _money(speculative), _money(ten, digits=2)]
        lines.append(f"| {' | '.join([name, *parts, *sums])} |")
    return "\n".join(lines)


def _of(charges: tuple[Charge, ...], stage: Stage) -> Decimal | None:
    return total_cost(charge for charge in charges if charge.key.stage is stage)


def _money(amount: Decimal | None, digits: int = 4) -> str:
    return "unknown" if amount is None else f"{amount:.{digits}f}"


def with_table(text: str, prices: PriceList) -> str:
    """Return a document with the table between its markers. Raises ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} or {END} is missing")
    return f"{before}{BEGIN}\n{table(prices)}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.costs", description=__doc__)
    parser.add_argument("--prices", type=Path, default=PROJECT_ROOT / "app" / "prices.yaml")
    parser.add_argument("--write", type=Path, help="a document that the table is written into")
    options = parser.parse_args()
    prices = load_prices(options.prices)
    print(table(prices))
    if options.write:
        options.write.write_text(with_table(options.write.read_text(encoding="utf-8"), prices), encoding="utf-8")


if __name__ == "__main__":
    main()
