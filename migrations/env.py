"""Alembic's environment: the command line and `Database.migrate` both come through here."""

from __future__ import annotations

import asyncio
from logging.config import fileConfig
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Enum, text

from app.config import load_settings
from app.store.database import MIGRATION_LOCK_TIMEOUT_S, migration_engine, normalise_url
from app.store.models import Money, Row, UtcDateTime

ADVISORY_LOCK = 0x7075656E7465
"""Any number that every version of this product agrees on: "puente" in ASCII."""


def database_url() -> str:
    given = context.config.attributes.get("database_url")
    return given or normalise_url(load_settings().database_url.get_secret_value())


def write_sql(url: str) -> None:
    """`alembic upgrade head --sql`: print the statements, connect to nothing."""
    context.configure(
        url=url, target_metadata=Row.metadata, literal_binds=True, render_as_batch=url.startswith("sqlite")
    )
    with context.begin_transaction():
        context.run_migrations()


def render_type(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types into revisions as plain ones: a revision does not change when a model does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Money):
        return 'sa.Numeric(18, 8).with_variant(sa.String(20), "sqlite")'
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String({item.length})"
    return False


def migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=is_sqlite,
        render_item=render_type,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        # The lock falls with the transaction. SQLite's BEGIN IMMEDIATE (migration_engine) is one already.
        if not is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{MIGRATION_LOCK_TIMEOUT_S:.0f}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    engine = migration_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if context.config.config_file_name is not None:
    # Only the command line has a file: a server that migrates keeps the logging it has.
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    write_sql(database_url())
else:
    asyncio.run(connect_and_migrate(database_url()))
