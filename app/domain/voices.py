"""Which voice speaks: by the language, by who listens, and by how high the person's own voice is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from app.domain.legs import Leg


class Register(StrEnum):
    """How high somebody's voice sounds: most men's is low, most women's and all children's is high."""

    LOW = "low"
    HIGH = "high"


EVERY_LANGUAGE = "default"

VoiceKey = tuple[str, Leg | None, Register | None]
"""A language (or ``EVERY_LANGUAGE``), the listener and the speaker's register; None stands for all of them."""


@dataclass(frozen=True, slots=True)
class VoiceTable:
    """A provider's voices. Written ``default=A,es=B,es.agent=C,es.client.low=D``; ``str()`` writes it again."""

    entries: Mapping[VoiceKey, str]

    def __post_init__(self) -> None:
        if (EVERY_LANGUAGE, None, None) not in self.entries:
            raise ValueError(f"needs a voice for everything else: {EVERY_LANGUAGE}=...")

    @classmethod
    def parse(cls, text: str, builtin: VoiceTable | None = None) -> VoiceTable:
        """Read a table as it is written; its entries are added to the built-in ones or replace them.

        Raises ValueError, which names the entry by its number and says what it should look like.
        """
        entries: dict[VoiceKey, str] = {}
        for number, entry in enumerate(text.split(","), start=1):
            key, _, voice = (part.strip() for part in entry.partition("="))
            if not voice:
                raise ValueError(f"entry {number} must be a key and a voice, such as es.client.low=...")
            parsed = _key(number, key.lower())
            if parsed in entries:
                raise ValueError(f"entry {number} has the same key as one before it")
            entries[parsed] = voice
        return cls({**(builtin.entries if builtin is not None else {}), **entries})

    @property
    def voices(self) -> frozenset[str]:
        """Every voice that can be chosen for something."""
        return frozenset(self.entries.values())

    def choose(self, language: str, listener: Leg | None = None, register: Register | None = None) -> str:
        """Return the voice of the most specific entry that fits.

        The language counts before the listener, the listener before the register. What is unknown (None) fits only
        entries that do not ask for it.
        """
        fitting = product((language, EVERY_LANGUAGE), (listener, None), (register, None))
        return next(self.entries[key] for key in fitting if key in self.entries)

    def __str__(self) -> str:
        return ",".join(f"{'.'.join(part for part in key if part)}={voice}" for key, voice in self.entries.items())


def _key(number: int, text: str) -> VoiceKey:
    language, *qualifiers = text.split(".")
    is_code = 2 <= len(language) <= 3 and language.isascii() and language.isalpha()
    if not is_code and language != EVERY_LANGUAGE:
        raise ValueError(f"entry {number} must begin with an ISO 639-1 code or {EVERY_LANGUAGE}")
    listener = Leg(qualifiers.pop(0)) if qualifiers and qualifiers[0] in tuple(Leg) else None
    register = Register(qualifiers.pop(0)) if qualifiers and qualifiers[0] in tuple(Register) else None
    if qualifiers:
        raise ValueError(
            f"entry {number}: after the language comes who listens ({' or '.join(Leg)}), then how high the speaker's "
            f"voice is ({' or '.join(Register)}); both may be left out"
        )
    return language, listener, register
