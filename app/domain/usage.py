"""What providers bill: how much of what, by whom, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Stage(StrEnum):
    TELEPHONY = "telephony"
    RECOGNITION = "recognition"
    TRANSLATION = "translation"
    SPEECH = "speech"
    SPEECH_TO_SPEECH = "speech-to-speech"


class UsageUnit(StrEnum):
    AUDIO_MS = "audio-ms"
    """Milliseconds of audio sent to the provider, or, of speech that is billed by its length, received from it."""
    CHARACTERS = "characters"
    """Characters of text sent to the provider."""
    INPUT_TOKENS = "input-tokens"
    OUTPUT_TOKENS = "output-tokens"
    INBOUND_MINUTES = "inbound-minutes"
    """Begun minutes of a telephone call that was taken."""
    OUTBOUND_MINUTES = "outbound-minutes"
    """Begun minutes of a telephone call that was placed."""
    STREAM_MINUTES = "stream-minutes"
    """Begun minutes of a leg's media stream."""


@dataclass(frozen=True, slots=True)
class UsageKey:
    stage: Stage
    provider: str
    unit: UsageUnit
    variant: str = ""
    """What the provider's price depends on: a model or, of telephone minutes, where the other end is (an ISO 3166
    region, ``sip`` or ``client``). Empty where it depends on nothing."""

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Where it stands on a bill: by stage, provider, variant and unit."""
        return [*Stage].index(self.stage), self.provider, self.variant, self.unit


@dataclass(frozen=True, slots=True)
class Price:
    """A list price, in the currency of its list."""

    amount: Decimal
    per: int
    """How many units it is for: 60,000 of a price per minute of audio, which is counted in milliseconds."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a call's bill."""

    key: UsageKey
    amount: int
    """Units since the call began."""
    price: Price | None = None
    """None where no list has it."""
    cost: Decimal | None = None
    """None where the price is not known, which is not nothing."""


def total_cost(charges: Iterable[Charge]) -> Decimal | None:
    """Return what the charges cost together; None when that of one is not known."""
    total = Decimal(0)
    for charge in charges:
        if charge.cost is None:
            return None
        total += charge.cost
    return total
