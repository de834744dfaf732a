"""What Apertium's analysers know: is this a word?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.translation.pipeline import Command, Pipeline

_ANALYSED = re.compile(r"\^([^/^$]+)/([^$]*)\$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_UNKNOWN = "*"


class Dictionary:
    """One analyser's process, opened at its first use."""

    def __init__(self, provider: str, analyser: Command, timeout_s: float) -> None:
        self._pipeline = Pipeline(provider, (analyser,), timeout_s)

    async def known(self, words: Iterable[str]) -> frozenset[str]:
        """Return those of ``words`` that the analyser knows, as they are spelled; anything but a word is unknown.

        Raises ProviderError.
        """
        wanted = [word for word in words if _WORD.fullmatch(word)]
        if not wanted:
            return frozenset()
        # The semicolons keep neighbours from being taken for one expression.
        reply = await self._pipeline.request(";\n".join(wanted).encode() + b";\n")
        analyses = _ANALYSED.findall(reply.decode(errors="replace"))
        return frozenset(word for word, analysis in analyses if not analysis.startswith(_UNKNOWN)) & frozenset(wanted)

    async def aclose(self) -> None:
        await self._pipeline.aclose()
