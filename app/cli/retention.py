"""`python -m app retention`: delete old calls now."""

from __future__ import annotations

import argparse
import asyncio

from app.config import Settings, load_settings
from app.errors import ConfigError
from app.recordings.shelf import Shelf
from app.runtime.recording_care import RecordingCare
from app.runtime.retention import Deleted, Retention
from app.store.database import Database
from app.store.erasure import Eraser


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("retention", help="delete calls that are older than RETENTION_DAYS, recordings too")
    parser.add_argument("--days", type=int, help="instead of the setting RETENTION_DAYS")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delete once. Raises ConfigError or StoreError."""
    settings = load_settings()
    days = settings.retention_days if args.days is None else args.days
    if days < 1:
        raise ConfigError("RETENTION_DAYS is 0, which keeps every call: set it, or give --days")
    deleted = asyncio.run(_delete(settings, days))
    print(f"deleted {deleted.calls} calls that began more than {days} days ago, and {deleted.recordings} recordings")
    return 0


async def _delete(settings: Settings, days: int) -> Deleted:
    database = Database(settings.database_url.get_secret_value())
    try:
        eraser = Eraser(database)
        return await Retention(eraser, RecordingCare(Shelf(settings.recording_dir), eraser), days).delete_old()
    finally:
        await database.aclose()
