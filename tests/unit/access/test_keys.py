"""Keys: what is shown once, what is kept of it, and whom it lets in for how long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app.access.keyring import FRESH_S, STALE_S, KeyRing
from app.access.keys import new_key, read_key
from app.domain.access import BOOTSTRAP_KEY_ID, ApiKey, Caller, Role
from app.errors import StoreError

BOOTSTRAP = "chosen by an operator"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Table:
    """Keeps keys as the database does, and can be away."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys = {key.key_id: key for key in keys}
        self.is_away = False

    async def find(self, key_id: str) -> ApiKey | None:
        if self.is_away:
            raise StoreError("away")
        return self.keys.get(key_id)

    async def touch(self, key_id: str, at: datetime) -> None:
        if self.is_away:
            raise StoreError("away")
        self.keys[key_id] = replace(self.keys[key_id], last_used_at=at)

    def change(self, key_id: str, **changes: object) -> None:
        self.keys[key_id] = replace(self.keys[key_id], **changes)


class House:
    """A ring with one key in its table, and a clock that is set by hand."""

    def __init__(self, role: Role = Role.SUPERVISOR) -> None:
        self.key, parts = new_key()
        self.key_id = parts.key_id
        self.table = Table(ApiKey(parts.key_id, "a name", role, parts.secret_hash, MOMENT))
        self.now_s = 1000.0
        self.ring = KeyRing(SecretStr(BOOTSTRAP), self.table, lambda: self.now_s)

    def who(self, given_key: str = "") -> Caller | None:
        return asyncio.run(self.ring.identify(given_key or self.key))


def test_a_key_is_random_and_what_is_kept_does_not_hold_it() -> None:
    made = [new_key() for _ in range(100)]
    assert len({key for key, _ in made}) == len({parts.secret_hash for _, parts in made}) == 100
    for key, parts in made:
        assert len(key) == len("puente__") + 12 + 43
        assert read_key(key) == parts
        assert key.split("_", 2)[2] not in repr(parts)


@given(st.text() | st.from_regex(r"puente_[0-9a-g]{11,13}_[A-Za-z0-9_+-]{42,44}\n?", fullmatch=True))
def test_what_is_no_key_has_no_parts(text: str) -> None:
    parts = read_key(text)
    assert parts is None or (len(text) == 63 and text.isascii() and text.isprintable())


@given(st.text(max_size=100))
def test_what_is_no_key_is_nobodys_and_needs_no_table(text: str) -> None:
    house = House()
    house.table.is_away = True
    if text != BOOTSTRAP:
        assert house.who(text or "x") is None


def test_the_bootstrap_key_needs_no_table() -> None:
    house = House()
    house.table.is_away = True
    assert house.who(BOOTSTRAP) == Caller(BOOTSTRAP_KEY_ID, Role.ADMIN)
    assert house.who(BOOTSTRAP + " ") is None


@pytest.mark.parametrize("role", list(Role))
def test_a_key_has_its_role(role: Role) -> None:
    house = House(role)
    assert house.who() == Caller(house.key_id, role)


def test_another_secret_with_the_same_id_is_nobodys_and_is_no_use_of_the_key() -> None:
    house = House()
    forged = new_key()[0].split("_", 2)[2]
    for _ in range(2):
        assert house.who(f"puente_{house.key_id}_{forged}") is None
    assert house.table.keys[house.key_id].last_used_at is None
    house.table.is_away = True
    assert house.who(f"puente_{house.key_id}_{forged}") is None
    assert house.who() is not None, "the row is known by now, and the secret fits"


def test_its_use_is_written_down() -> None:
    house = House()
    house.who()
    assert house.table.keys[house.key_id].last_used_at is not None


def test_a_revoked_key_ends_when_it_is_looked_up_again() -> None:
    house = House()
    assert house.who() is not None
    house.table.change(house.key_id, revoked_at=MOMENT)
    house.now_s += FRESH_S
    assert house.who() is None
    assert house.who() is None


def test_a_change_of_role_counts_when_it_is_looked_up_again() -> None:
    house = House(Role.ADMIN)
    assert house.who() == Caller(house.key_id, Role.ADMIN)
    house.table.change(house.key_id, role=Role.READ_ONLY)
    house.now_s += FRESH_S
    assert house.who() == Caller(house.key_id, Role.READ_ONLY)


def test_a_fresh_key_is_not_looked_up() -> None:
    house = House()
    house.who()
    house.table.keys.clear()
    house.now_s += FRESH_S - 1
    assert house.who() is not None
    house.now_s += 1
    assert house.who() is None


def test_a_key_that_was_seen_works_for_a_while_without_the_database() -> None:
    house = House()
    house.who()
    house.table.is_away = True
    house.now_s += STALE_S
    assert house.who() is not None
    house.now_s += 1
    with pytest.raises(StoreError):
        house.who()


def test_a_revoked_key_does_not_come_back_when_the_database_goes() -> None:
    house = House()
    house.table.change(house.key_id, revoked_at=MOMENT)
    assert house.who() is None
    house.table.is_away = True
    house.now_s += FRESH_S
    assert house.who() is None


def test_a_key_that_was_never_seen_cannot_be_told_without_the_database() -> None:
    house = House()
    house.table.is_away = True
    with pytest.raises(StoreError):
        house.who()
