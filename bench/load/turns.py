"""Servers that share a core and take turns at being measured.

A machine with neighbours is a quarter quicker one minute than the next: what is compared has to be measured in the same
minutes, and not at the same time, when each would find the other one's data in the caches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.load.run import Held
from bench.load.wave import CYCLE_MS

TURN_S = CYCLE_MS / 1000
"""In a cycle both talk and both listen: every turn costs the same."""
_RESUME_S = 6.0
"""After it, the talk is in full course again."""


async def take_turns(sides: Sequence[Held], rounds: int) -> list[list[float]]:
    """Let one side's telephones talk after the other's; return what a second of a stream cost in each turn, by side."""
    costs_ms: list[list[float]] = [[] for _ in sides]
    for side in sides:
        side.pacer.pause()
    for _ in range(rounds):
        for side, turns_ms in zip(sides, costs_ms, strict=True):
            side.pacer.resume()
            await asyncio.sleep(_RESUME_S)
            turns_ms.append(await side.cost_ms(TURN_S))
            side.pacer.pause()
    for side in sides:
        side.pacer.resume()
    return costs_ms
