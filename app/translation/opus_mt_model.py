"""One OPUS-MT model in CTranslate2's format: text in, text out, in the caller's thread.

Models: https://github.com/Helsinki-NLP/Opus-MT (CC-BY 4.0). Format and converter:
https://opennmt.net/CTranslate2/guides/transformers.html#marianmt
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import ctranslate2
import sentencepiece

from app.translation.opus_mt_files import find_vocabulary

TARGET_CODES = {
    **{"ar": "ara arb", "ca": "cat", "de": "deu", "en": "eng", "es": "spa", "eu": "eus", "fr": "fra", "gl": "glg"},
    **{"it": "ita", "nl": "nld", "oc": "oci", "pl": "pol", "pt": "por pt_br pob", "ro": "ron", "ru": "rus"},
    **{"uk": "ukr", "zh": "cmn_Hans zho"},
}
"""How a model that writes several languages is told which one: ">>spa<<" before the sentence. The ISO 639-3 codes of
the newer models; the older ones are told by the ISO 639-1 code."""

_BEAM_SIZE = 4
_MOST_TOKENS = 500
"""The models know 512 positions."""


def target_token(vocabulary: Collection[str], target: str) -> str | None:
    """Return the token that makes a model write ``target``; empty for a model of one language, None: it cannot."""
    if not any(token.startswith(">>") and token.endswith("<<") for token in vocabulary):
        return ""
    tokens = (f">>{code}<<" for code in [*TARGET_CODES.get(target, "").split(), target])
    return next((token for token in tokens if token in vocabulary), None)


class OpusMtModel:
    """Safe for several threads. What it knows lies in memory once, whatever the number of ``workers``."""

    def __init__(self, folder: Path, target: str, workers: int) -> None:
        """Load it, which takes some hundred milliseconds.

        Raises OSError, ValueError or RuntimeError when the folder holds no model that writes ``target``.
        """
        token = target_token(_vocabulary(folder), target)
        if token is None:
            raise ValueError(f"the model has no token for {target}")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._prefix = [token] if token else []
        # Models from Transformers leave the end of the sentence to us, those straight from Marian do it themselves.
        self._suffix = [] if config.get("add_source_eos") else [str(config.get("eos_token") or "</s>")]
        self._source = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
        self._target = sentencepiece.SentencePieceProcessor(model_file=str(folder / "target.spm"))
        self._translator = ctranslate2.Translator(str(folder), device="cpu", inter_threads=workers, intra_threads=1)

    def translate(self, sentence: str) -> str:
        """Translate one sentence. Raises RuntimeError."""
        pieces = self._source.encode(sentence, out_type=str)[:_MOST_TOKENS]
        (result,) = self._translator.translate_batch(
            [[*self._prefix, *pieces, *self._suffix]],
            beam_size=_BEAM_SIZE,
            max_decoding_length=min(_MOST_TOKENS, 2 * len(pieces) + 20),
            disable_unk=True,
        )
        return str(self._target.decode(result.hypotheses[0]))


def _vocabulary(folder: Path) -> frozenset[str]:
    path = find_vocabulary(folder)
    if path is None:
        raise ValueError("the model has no vocabulary")
    text = path.read_text(encoding="utf-8")
    return frozenset(json.loads(text) if path.suffix == ".json" else text.splitlines())
