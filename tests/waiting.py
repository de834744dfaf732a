"""Wait for a state instead of sleeping: for those that have no event of their own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

PATIENCE_S = 30
"""So long that only what never happens takes longer, on a busy machine, too."""
_ASKED_AGAIN_S = 0.005
_ASKED_AGAIN_ELSEWHERE_S = 0.05
"""Where the answer has to be fetched, over HTTP for instance."""


async def until(reached: Callable[[], object | Awaitable[object]], patience_s: float = PATIENCE_S) -> None:
    """Ask again and again, until the answer is true. Raises TimeoutError when patience is at its end."""
    async with asyncio.timeout(patience_s):
        while True:
            answer = reached()
            is_elsewhere = inspect.isawaitable(answer)
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(_ASKED_AGAIN_ELSEWHERE_S if is_elsewhere else _ASKED_AGAIN_S)
