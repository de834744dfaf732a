"""The table of API keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.access import ApiKey
from app.errors import StoreError
from app.store.database import Database
from app.store.failures import DATABASE_FAILURES
from app.store.models import ApiKeyRow


class ApiKeys:
    """The keys of one database. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        async with self._transaction() as session:
            session.add(
                ApiKeyRow(
                    key_id=key.key_id,
                    name=key.name,
                    role=key.role,
                    secret_hash=key.secret_hash,
                    created_at=key.created_at,
                )
            )

    async def find(self, key_id: str) -> ApiKey | None:
        """Return a key, revoked or not."""
        async with self._transaction() as session:
            row = await session.get(ApiKeyRow, key_id)
            return None if row is None else _key(row)

    async def all(self) -> list[ApiKey]:
        """Return every key, revoked ones too, the oldest first."""
        async with self._transaction() as session:
            rows = await session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.key_id))
            return [_key(row) for row in rows]

    async def touch(self, key_id: str, at: datetime) -> None:
        """Write down that a key was used."""
        async with self._transaction() as session:
            await session.execute(update(ApiKeyRow).where(ApiKeyRow.key_id == key_id).values(last_used_at=at))

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """End a key for good; False when there is none, or it is revoked already."""
        async with self._transaction() as session:
            revoked = await session.execute(
                update(ApiKeyRow)
                .where(ApiKeyRow.key_id == key_id, ApiKeyRow.revoked_at.is_(None))
                .values(revoked_at=at)
                .returning(ApiKeyRow.key_id)
            )
            return revoked.first() is not None

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        try:
            async with self._database.sessions.begin() as session:
                yield session
        except DATABASE_FAILURES as error:
            raise StoreError(f"the database failed: {type(error).__name__}") from None


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        role=row.role,
        secret_hash=row.secret_hash,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
