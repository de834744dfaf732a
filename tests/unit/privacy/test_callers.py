"""A caller's hash: the same for the same number, useless without the key."""

from __future__ import annotations

from app.privacy.callers import caller_hash


def test_a_number_is_found_again_with_the_key_only() -> None:
    one = caller_hash("+34612345678", "key")
    assert one == caller_hash("+34612345678", "key")
    assert len({one, caller_hash("+34612345678", "other"), caller_hash("+34612345679", "key")}) == 3
    assert len(one) == 64
    assert "612345678" not in one
