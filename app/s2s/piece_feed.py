"""The way out of a speech-to-speech stream."""

from __future__ import annotations

from app.domain.direct import DirectPiece
from app.resilience.feed import Feed

MAX_UNREAD = 1000


class PieceFeed(Feed[DirectPiece]):
    """Pieces in the order they were put."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider, MAX_UNREAD)
