"""Text to the tokens that Kokoro was trained on: espeak-ng's IPA, written as misaki's ``EspeakG2P`` writes it.

Sources: https://github.com/hexgrad/misaki/blob/main/misaki/espeak.py and the vocabulary in
https://huggingface.co/hexgrad/Kokoro-82M/blob/main/config.json (both Apache-2.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.tts.espeak_library import Espeak

MAX_TOKENS = 508

_VOCABULARY_RUNS = {
    **{1: ";:,.!?", 9: '—…"()“” ̃ʣʥʦʨᵝꭧAI', 31: "O", 33: "Q", 35: "ST", 39: "W", 41: "Yᵊabcdef"},
    **{50: "hijklmnopqrstuvwxyzɑɐɒæ", 75: "βɔɕç", 80: "ɖðʤə", 85: "ɚɛɜ", 90: "ɟ", 92: "ɡ", 99: "ɥ", 101: "ɨɪʝ"},
    **{110: "ɯɰŋɳɲɴø", 118: "ɸθœ", 123: "ɹ", 125: "ɾɻ", 128: "ʁɽʂʃʈʧ", 135: "ʊʋ", 138: "ʌɣɤ", 142: "χʎ", 147: "ʒʔ"},
    **{156: "ˈˌː", 162: "ʰ", 164: "ʲ", 169: "↓", 171: "→↗↘", 177: "ᵻ"},
}
VOCABULARY = {
    symbol: first + offset for first, symbols in _VOCABULARY_RUNS.items() for offset, symbol in enumerate(symbols)
}

_TIE = "^"
_ONE_SYMBOL = {
    **{"a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "ɔ^ɪ": "Y"},
    **{"d^z": "ʣ", "d^ʒ": "ʤ", "t^s": "ʦ", "t^ʃ": "ʧ", "s^s": "S"},
}
_TIED = re.compile("|".join(_ONE_SYMBOL))
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")
_PUNCTUATION = re.compile(r"""(\s*(?:(?<!\d)[.,:]|[.,:](?!\d)|[;!?…—"“”()])[\s.,:;!?…—"“”()]*)""")
"""Marks that the model knows; a point, comma or colon between digits belongs to the number."""


@dataclass(frozen=True, slots=True)
class Accent:
    """How a language that espeak-ng lacks is read by another one's rules. The replacements are applied in order."""

    letters: tuple[tuple[str, str], ...]
    """Lower-case spellings, and what to read instead of them."""
    sounds: tuple[tuple[str, str], ...]
    """What is then pronounced, and what to say instead of it."""


GALICIAN = Accent(letters=(("nh", "ngj"), ("x", "j")), sounds=(("ŋɡx", "ŋ"), ("x", "ʃ")))
"""By Spanish rules, whose "j" Galician has not: it stands for the sound of "xente", and "ngj" for that of "unha"."""


def phonemes(espeak: Espeak, text: str, voice: str, accent: Accent | None = None) -> str:
    """Return Kokoro's phonemes with the punctuation of the text, which carries the intonation."""
    for letters, read in accent.letters if accent else ():
        text = text.replace(letters, read).replace(letters.capitalize(), read.capitalize())
    symbols = _phonemes(espeak, text, voice)
    for sound, said in accent.sounds if accent else ():
        symbols = symbols.replace(sound, said)
    return symbols


def _phonemes(espeak: Espeak, text: str, voice: str) -> str:
    parts = []
    for index, part in enumerate(_PUNCTUATION.split(text)):
        if index % 2:
            parts.append(part)
        elif part.strip():
            ipa = _LANGUAGE_SWITCH.sub("", espeak.phonemes(part, voice, _TIE))
            parts.append(_TIED.sub(lambda match: _ONE_SYMBOL[match[0]], ipa).replace(_TIE, ""))
    return " ".join("".join(parts).split())


def token_batches(symbols: str, max_tokens: int = MAX_TOKENS) -> list[list[int]]:
    """Return the tokens of a phoneme text, cut between two words where the model would not take them at once."""
    space = VOCABULARY[" "]
    tokens = [VOCABULARY[symbol] for symbol in symbols if symbol in VOCABULARY]
    batches = []
    while len(tokens) > max_tokens:
        cut = next((index for index in range(max_tokens, 0, -1) if tokens[index] == space), max_tokens)
        batches.append(tokens[:cut])
        tokens = tokens[cut:]
    return [*batches, tokens] if tokens else batches
