"""`python -m app keys`: make, list and revoke the keys of the API."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from app.access.keyring import FRESH_S
from app.access.keys import new_key
from app.config import load_settings
from app.domain.access import ApiKey, Role
from app.errors import ConfigError
from app.store.database import Database
from app.store.keys import ApiKeys
from app.store.models import NAME_LENGTH

T = TypeVar("T")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and those below it."""
    parser = subparsers.add_parser("keys", help="make, list and revoke the keys of the API")
    commands = parser.add_subparsers(required=True, metavar="what")
    create = commands.add_parser("create", help="make a key, which is shown once")
    create.add_argument("name", help="whose it is, or what it is for")
    create.add_argument(
        "--role", required=True, choices=[role.value for role in Role], help="what it may do (docs/api.md)"
    )
    create.set_defaults(run=_create)
    commands.add_parser("list", help="list all keys").set_defaults(run=_list)
    revoke = commands.add_parser("revoke", help="end a key for good")
    revoke.add_argument("key_id", help="the first column of `keys list`")
    revoke.set_defaults(run=_revoke)


def _create(args: argparse.Namespace) -> int:
    if not 0 < len(args.name) <= NAME_LENGTH:
        raise ConfigError(f"a key's name has 1 to {NAME_LENGTH} characters")
    key, parts = new_key()
    kept = ApiKey(parts.key_id, args.name, Role(args.role), parts.secret_hash, datetime.now(UTC))
    _with_keys(lambda keys: keys.add(kept))
    print(f"{key}\nThis is shown once. It may do what the role {args.role} may, until `keys revoke {parts.key_id}`.")
    return 0


def _list(_: argparse.Namespace) -> int:
    for key in _with_keys(lambda keys: keys.all()):
        state = f"revoked {_day(key.revoked_at)}" if key.revoked_at else f"last used {_day(key.last_used_at)}"
        print(f"{key.key_id}  {key.role:<10}  made {_day(key.created_at)}  {state}  {key.name}")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    if not _with_keys(lambda keys: keys.revoke(args.key_id, datetime.now(UTC))):
        raise ConfigError("no key that is in use has this id; `python -m app keys list` lists all")
    print(f"revoked; running servers refuse it within {FRESH_S:.0f} seconds")
    return 0


def _with_keys(work: Callable[[ApiKeys], Awaitable[T]]) -> T:
    """Do something with the keys of the database that the settings name, at the newest schema."""

    async def connected() -> T:
        database = Database(settings.database_url.get_secret_value())
        try:
            if settings.database_auto_migrate:
                await database.migrate()
            return await work(ApiKeys(database))
        finally:
            await database.aclose()

    settings = load_settings()
    return asyncio.run(connected())


def _day(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
