"""Which calls were deleted for good: what comes to be known of them later is dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.store.models import TombstoneRow


def call_hash(call_sid: str) -> str:
    """Return what a tombstone knows a call by (SHA-256): a CallSid has 128 random bits, which nobody tries out."""
    return hashlib.sha256(call_sid.encode()).hexdigest()


async def deleted_among(session: AsyncSession, call_sids: Collection[str]) -> dict[str, int]:
    """Return those of the calls that were deleted, with the number of the deletion."""
    hashes = {call_hash(call_sid): call_sid for call_sid in call_sids}
    if not hashes:
        return {}
    found = await session.execute(
        select(TombstoneRow.call_hash, TombstoneRow.deletion_id).where(TombstoneRow.call_hash.in_(hashes))
    )
    return {hashes[row.call_hash]: row.deletion_id for row in found}
