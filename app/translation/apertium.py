"""Apertium: rule-based translation between the languages around Spanish, from the distribution's packages.

Streams and mode files: https://wiki.apertium.org/wiki/Apertium_stream_format and https://wiki.apertium.org/wiki/Modes
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from app.config import Settings
from app.errors import ConfigError
from app.translation.dictionary import Dictionary
from app.translation.offline import Pair
from app.translation.piped import PipedTranslator
from app.translation.pipeline import Command

SYSTEM_ROOT = Path("/")

_MODES = Path("usr/share/apertium/modes")
_CODES = {"arg": "an", "cat": "ca", "eng": "en", "eus": "eu", "fra": "fr", "glg": "gl", "ita": "it", "oci": "oc"} | {
    "por": "pt", "ron": "ro", "spa": "es", "pt_BR": "pt"
}  # fmt: skip
_PLAIN_CODE = re.compile(r"[a-z]{2,3}")
_SPECIAL = re.compile(r"[\[\]{}^$/\\<>]")
_ESCAPED = re.compile(r"\\(.)")
_BLANK = re.compile(r"\[(.?)\]")


_PROBES = {
    "ca": "Puc parlar amb un company sobre el compte?",
    "en": "Can I book a light room for the second of May?",
    "es": "¿Puedo hablar con un compañero sobre la cuenta?",
    "fr": "Est-ce que je peux parler avec un collègue de la facture ?",
    "gl": "Podo falar cun compañeiro sobre a conta?",
    "it": "Posso parlare con un collega di questo conto?",
    "pt": "Posso falar com um supervisor sobre a conta?",
}
"""Sentences with ambiguous words. A rare sentence (1 in 190 of FLORES, Portuguese) leaves the tagger of Apertium 3.8 in
a state that a NUL does not clear, and from then on it chooses wrong readings: "con uno supervisor"."""


class ApertiumTranslator(PipedTranslator):
    """Every pair of the installed packages, the distribution's or those unpacked into ``MODELS_DIR/apertium``."""

    end = b"[]\n"
    """An empty blank: right before a NUL, lt-proc swallows the last sign of a sentence."""

    def __init__(self, name: str, commands: Mapping[Pair, Sequence[Command]], settings: Settings) -> None:
        super().__init__(name, commands, settings)
        self._analysers = {pair: stages[0] for pair, stages in commands.items()}
        analysers = set(self._analysers.values())
        self._dictionaries = {each: Dictionary(name, each, settings.translation_timeout_s) for each in analysers}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        commands: dict[Pair, tuple[Command, ...]] = {}
        for root in (settings.models_dir / "apertium", SYSTEM_ROOT):
            commands |= find_pairs(root)
        if not commands:
            raise ConfigError(
                "no Apertium pair is installed; run `make engines`, or "
                "`apt-get install apertium-eng-spa apertium-es-pt apertium-es-gl apertium-fr-es apertium-spa-ita`"
            )
        return cls("apertium", commands, settings)

    def source_dictionary(self, pair: Pair) -> Dictionary:
        """Return what this pair knows of its source language."""
        return self._dictionaries[self._analysers[pair]]

    def largest_dictionary(self, language: str) -> Dictionary | None:
        """Return the dictionary that knows most words of a language, None where there is none."""
        analysers = [analyser for (source, _), analyser in self._analysers.items() if source == language]
        return self._dictionaries[max(analysers, key=_size)] if analysers else None

    async def aclose(self) -> None:
        await super().aclose()
        await asyncio.gather(*(dictionary.aclose() for dictionary in self._dictionaries.values()))

    def probe(self, source: str) -> bytes:
        sentence = _PROBES.get(source)
        return self.encode(sentence) if sentence else b""

    def encode(self, sentence: str) -> bytes:
        """Escape the stream format's signs.

        An "@" travels as a blank, because some pairs take it for a mark of their own.
        """
        return _SPECIAL.sub(r"\\\g<0>", sentence).replace("@", "[@]").encode()

    def decode(self, reply: bytes) -> str:
        return _ESCAPED.sub(r"\1", _BLANK.sub(r"\1", super().decode(reply)))


def _size(analyser: Command) -> int:
    """Bytes of the files that a program is given."""
    return sum(Path(argument).stat().st_size for argument in analyser if Path(argument).suffix == ".bin")


def find_pairs(root: Path) -> dict[Pair, tuple[Command, ...]]:
    """Return the commands of every pair whose packages lie under ``root`` (``/``, or where ``dpkg -x`` put them).

    For Portuguese as a target the Brazilian variant wins: it is what the offline voice speaks.
    """
    pairs: dict[Pair, tuple[Command, ...]] = {}
    for mode in sorted((root / _MODES).glob("*.mode")):
        source, _, target = mode.stem.partition("-")
        pair = (_CODES.get(source, source), _CODES.get(target, target))
        if not all(_PLAIN_CODE.fullmatch(code) for code in pair):
            continue
        commands = parse_mode(mode.read_text(encoding="utf-8"), root)
        if commands is not None:
            pairs[pair] = commands
    return pairs


def parse_mode(text: str, root: Path) -> tuple[Command, ...] | None:
    """Turn a mode file's shell line into commands; None when one of its programs is missing.

    ``$1`` is how to generate (``-n``: unknown words without marks), ``$2`` a mark of the tagger that nobody needs.
    """
    commands: list[Command] = []
    environment = () if root == SYSTEM_ROOT else ("env", f"LD_LIBRARY_PATH={_library_path(root)}")
    for stage in text.strip().split("|"):
        program, *arguments = shlex.split(stage)
        found = shutil.which(program, path=f"{root / 'usr/bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
        if found is None:
            return None
        arguments = [
            "-n" if argument == "$1" else _rebase(argument, root) for argument in arguments if argument != "$2"
        ]
        commands.append((*environment, found, "-z", *arguments))
    return tuple(commands)


def _library_path(root: Path) -> str:
    """The folders of shared libraries below ``root``: the loader knows only the system's."""
    return os.pathsep.join(
        str(folder) for folder in (root / "usr/lib", *sorted((root / "usr/lib").glob("*-linux-gnu*")))
    )


def _rebase(argument: str, root: Path) -> str:
    return str(root / argument.lstrip("/")) if argument.startswith("/usr/share/") else argument
