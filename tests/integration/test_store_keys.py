"""The table of keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.keys import add_parser
from app.domain.access import ApiKey, Role
from app.errors import ConfigError, StoreError
from app.store.database import Database
from app.store.keys import ApiKeys

MADE = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEYS = [
    ApiKey(f"{number:012}", f"number {number}", role, f"{number:064}", MADE + timedelta(seconds=number))
    for number, role in enumerate(Role)
]


async def test_keys_are_kept_as_they_were_given(database: Database) -> None:
    keys = ApiKeys(database)
    for key in reversed(KEYS):
        await keys.add(key)
    assert await keys.all() == KEYS
    assert await keys.find(KEYS[1].key_id) == KEYS[1]
    assert await keys.find("nobody") is None


async def test_a_key_is_used_and_revoked_once(database: Database) -> None:
    keys, (first, second, *_) = ApiKeys(database), KEYS
    await keys.add(first)
    await keys.add(second)
    used, revoked = MADE + timedelta(days=1), MADE + timedelta(days=2)
    await keys.touch(first.key_id, used)
    assert await keys.revoke(first.key_id, revoked)
    assert not await keys.revoke(first.key_id, revoked + timedelta(days=1))
    assert not await keys.revoke("nobody", revoked)
    assert await keys.all() == [replace(first, last_used_at=used, revoked_at=revoked), second]


async def test_a_database_that_is_away_is_a_store_error() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StoreError):
        await ApiKeys(database).find("x")
    await database.aclose()


def keys_command(*arguments: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["keys", *arguments])
    code: int = args.run(args)
    return code


def test_the_command_makes_lists_and_revokes_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    assert keys_command("create", "the wall display", "--role", "read-only") == 0
    key = capsys.readouterr().out.splitlines()[0]
    secret = key.split("_", 2)[2]
    assert secret.encode() not in b"".join(each.read_bytes() for each in tmp_path.glob("keys.db*"))
    keys_command("list")
    (line,) = capsys.readouterr().out.splitlines()
    key_id = line.split()[0]
    assert key.startswith(f"puente_{key_id}_")
    assert "read-only" in line
    assert "the wall display" in line
    assert secret not in line
    keys_command("revoke", key_id)
    capsys.readouterr()
    keys_command("list")
    assert "revoked 20" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="keys list"):
        keys_command("revoke", key_id)
