"""What suggests a client's language before anything is heard, and how far it is to be trusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class HintSource(StrEnum):
    """Who says so, the most trusted first."""

    KEYPRESS = "keypress"
    """The client pressed the key of a language."""
    PARAMETER = "parameter"
    """Whoever sent the call: ``?language=`` of the webhook, or a parameter of the call or the stream."""
    CALLED_NUMBER = "called-number"
    COUNTRY = "country"
    """Of the caller's number."""
    DEFAULT = "default"


TRUST: tuple[HintSource, ...] = tuple(HintSource)

PRIOR_S: dict[HintSource, float] = {
    HintSource.KEYPRESS: 2.0,
    HintSource.PARAMETER: 1.75,
    HintSource.CALLED_NUMBER: 1.5,
    HintSource.COUNTRY: 0.75,
    HintSource.DEFAULT: 0.0,
}
"""The seconds of certain speech that a hint is worth. A country's outweighs one short phrase, which counts half."""

_ABOUT_THE_CALL = (HintSource.COUNTRY, HintSource.DEFAULT)
"""These guess, and who speaks the agent's language hardly calls an interpreter; the others may know that they do."""


@dataclass(frozen=True, slots=True)
class LanguageHint:
    source: HintSource
    language: str


def best_hint(hints: Iterable[LanguageHint], covered: Collection[str], agent_language: str) -> LanguageHint:
    """Return the most trusted hint that can be followed; a language of ``covered`` by default where none can."""
    usable = [
        hint
        for hint in hints
        if hint.language in covered and not (hint.source in _ABOUT_THE_CALL and hint.language == agent_language)
    ]
    if usable:
        return min(usable, key=lambda hint: TRUST.index(hint.source))
    others = sorted(language for language in covered if language != agent_language)
    return LanguageHint(HintSource.DEFAULT, others[0] if others else agent_language)
