"""What a stream asks of a recognition engine, and what it gets. Light to import: the engine itself is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an engine makes of one stretch of audio; ``text`` is empty where nobody spoke."""

    text: str
    language: str | None = None
    language_probability: float = 0.0
    was_redone: bool = False
    """Whether the first result was doubtful and decoded again."""
    was_guarded: bool = False
    """Whether a guard took text away, or kept the model from being asked."""


NOTHING = Decoded("")


class Engine(Protocol):
    """Two qualities of one thing; both block, and both may be called from several threads at once.

    ``ulaw`` is mu-law at 8 kHz, ``languages`` holds at least one code that the engine knows, the likeliest first. Text
    comes in the first where ``is_settled``, else in the one that is detected among them; and in whatever language the
    speech is surely in, if there is enough of it. A single language that is not settled is not doubted.
    """

    def decode_final(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        """Decode with care, whatever it takes."""
        ...

    def decode_partial(self, ulaw: bytes, languages: tuple[str, ...], is_settled: bool) -> Decoded:
        """Decode fast: a look at an utterance that goes on."""
        ...

    def expecting(self, keyterms: tuple[str, ...]) -> Engine:
        """Return the same engine, which expects these words, the first ones most, as far as it can be told so."""
        return self
