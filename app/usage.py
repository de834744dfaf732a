"""Who is billed for what: providers say what they sent, and it is counted for the call on whose behalf they did it.

A call's tasks, and all that they start, share its meter through a context variable (PEP 567): providers hold no call's
state, and one that serves many calls over one socket counts in the task that asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.domain.usage import Stage, UsageKey, UsageUnit

Meter = Counter[UsageKey]

_meter: ContextVar[Meter | None] = ContextVar("usage_meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Count in ``meter`` what this task, and those that it starts, make providers do."""
    token = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(token)


def count_usage(stage: Stage, provider: str, unit: UsageUnit, amount: int, variant: str = "") -> None:
    """Count what the provider bills, when it is sent; outside a call it is nobody's.

    ``variant`` is the model, where its price depends on that (``UsageKey.variant``).
    """
    meter = _meter.get()
    if meter is not None:
        meter[UsageKey(stage, provider, unit, variant)] += amount
