"""The process that runs one Firefox translation model: sentence, NUL in; translation, NUL out.

Started as a script by its path, so that it imports nothing but the engine. The engine holds the interpreter's lock for
the whole of a sentence (measured: 17 ms), which in the server's own process would stop every call's audio.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fxtranslate import Translator


def load(folder: Path) -> Translator:
    """Load the Marian model and vocabulary of a model folder, and leave its shortlist (``lex.*``) aside.

    A short sentence's shortlist lacks words that its translation needs: "Lamento muito." became "I's sorry." with it,
    "I am very sorry." without, at the same chrF (FLORES, both ways: 0.03 apart) and 1 ms more for a short sentence.
    """
    model = next(folder.glob("model.*.bin")).read_bytes()
    source_vocabulary = next(iter(sorted(folder.glob("srcvocab.*.spm"))), None)
    target_vocabulary = next(iter(sorted(folder.glob("trgvocab.*.spm"))), None)
    if source_vocabulary is None or target_vocabulary is None:
        source_vocabulary = target_vocabulary = next(folder.glob("vocab.*.spm"))
    return Translator(model, source_vocabulary.read_bytes(), target_vocabulary.read_bytes())


def main() -> None:
    translator = load(Path(sys.argv[1]))
    pending = b""
    while chunk := os.read(sys.stdin.fileno(), 65536):
        *sentences, pending = (pending + chunk).split(b"\0")
        for sentence in sentences:
            sys.stdout.buffer.write(translator.translate(sentence.decode()).encode() + b"\0")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
