"""What the engines on this machine have in common: they open pair by pair, because each open pair costs memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from app.config import Settings
from app.translation.base import TranslationProvider

Pair = tuple[str, str]


class OfflineEngine(TranslationProvider):
    async def fetch(self) -> None:
        """Bring what was configured and is not on this machine yet; called before the first ``warm``.

        Raises ConfigError.
        """

    @abstractmethod
    async def warm(self, pairs: Iterable[Pair]) -> None:
        """Open these pairs now. Raises ConfigError when one does not work."""


def expected_pairs(settings: Settings) -> frozenset[Pair]:
    """Return the pairs that the next call will most likely need, both ways.

    Each open pair costs 45 to 250 MB, so the others open when somebody speaks them.
    """
    agent = settings.default_agent_language
    clients = settings.client_languages or (settings.default_client_language,)
    ways = ((client, agent) for client in clients if client != agent)
    return frozenset(pair for way in ways for pair in (way, way[::-1]))
