"""The way out of a recogniser's stream."""

from __future__ import annotations

from app.domain.transcripts import Transcript
from app.resilience.feed import Feed

MAX_UNREAD = 64


class TranscriptFeed(Feed[Transcript]):
    """Transcripts in the order they were put, for one reader.

    An unread interim is replaced by the next transcript of its utterance, so what waits is one transcript per
    utterance; more than ``MAX_UNREAD`` of them fail the feed.
    """

    def __init__(self, provider: str) -> None:
        super().__init__(provider, MAX_UNREAD)
        self.interims_replaced = 0

    def put(self, item: Transcript) -> None:
        """Queue one transcript; never blocks. Does nothing once the feed is over."""
        if self._unread and not self.is_over:
            last = self._unread[-1]
            if not last.is_final and last.utterance == item.utterance:
                self._unread.pop()
                self.interims_replaced += 1
        super().put(item)
