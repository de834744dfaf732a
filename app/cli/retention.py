"""`python -m app retention`: delete old calls now."""

from __future__ import annotations

import argparse
import asyncio

from app.config import Settings, load_settings
from app.errors import ConfigError
from app.runtime.retention import Retention
from app.store.database import Database
from app.store.erasure import Eraser


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("retention", help="delete calls that are older than RETENTION_DAYS, now")
    parser.add_argument("--days", type=int, help="instead of the setting RETENTION_DAYS")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delete once. Raises ConfigError or StoreError."""
    settings = load_settings()
    days = settings.retention_days if args.days is None else args.days
    if days < 1:
        raise ConfigError("RETENTION_DAYS is 0, which keeps every call: set it, or give --days")
    calls = asyncio.run(_delete(settings, days))
    print(f"deleted {calls} calls that began more than {days} days ago")
    return 0


async def _delete(settings: Settings, days: int) -> int:
    database = Database(settings.database_url.get_secret_value())
    try:
        return await Retention(Eraser(database), days).delete_old()
    finally:
        await database.aclose()
