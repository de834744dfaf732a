"""Recordings go with their calls, wherever they are kept, and when they are too old."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from app.errors import RecordingError
from app.recordings.shelf import Shelf
from app.store.erasure import Eraser

T = TypeVar("T")

_BATCH = 500


class RecordingCare:
    """Deletes from the folder that this process has. Methods raise StoreError or RecordingError (the disk)."""

    def __init__(self, shelf: Shelf, eraser: Eraser) -> None:
        self._shelf = shelf
        self._eraser = eraser

    async def delete_deleted(self, call_sids: Sequence[str] | None = None) -> int:
        """Delete the recordings of calls that somebody had deleted, through this process or another; say how many.

        Looks at these calls, by default at all that have one. The evidence of each deletion counts them.
        """
        known = await _on_disk(self._shelf.call_sids) if call_sids is None else call_sids
        deleted = 0
        for start in range(0, len(known), _BATCH):
            gone = await self._eraser.deleted_among(known[start : start + _BATCH])
            counts = await _on_disk(partial(self._delete, gone))
            for deletion_id, recordings in counts.items():
                await self._eraser.count_recordings(deletion_id, recordings)
            deleted += counts.total()
        return deleted

    async def delete_older(self, older_than: datetime) -> int:
        """Delete the recordings of calls that began before that; say how many."""
        deleted = await _on_disk(partial(self._shelf.delete_older, older_than))
        if deleted:
            await self._eraser.note_old_recordings(older_than, deleted)
        return deleted

    def _delete(self, deletions: Mapping[str, int]) -> Counter[int]:
        return Counter(deletion_id for call_sid, deletion_id in deletions.items() if self._shelf.delete(call_sid))


async def _on_disk(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise RecordingError(f"RECORDING_DIR failed: {type(error).__name__}") from None
