"""Short-lived tokens open one thing of one call, for a time, and cannot be made by anybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.tokens import TokenMint, derived_secret, looks_like_token
from app.domain.access import Grant, Purpose

SECRET = derived_secret("an administrator's key")
GRANT = Grant(Purpose.CAPTIONS, "CA" + "1" * 32, "0123456789ab")
NOW = datetime.now(UTC)


def minted(now: datetime = NOW, ttl_s: int = 3600) -> str:
    return TokenMint(SECRET).mint(GRANT, now, ttl_s)[0]


@given(st.sampled_from(Purpose), st.text(max_size=40), st.from_regex(r"[0-9a-f]{12}", fullmatch=True))
def test_a_token_says_what_it_was_made_for(purpose: Purpose, call_sid: str, key_id: str) -> None:
    grant = Grant(purpose, call_sid, key_id)
    mint = TokenMint(SECRET)
    token, expires_at = mint.mint(grant, NOW, 3600)
    assert looks_like_token(token)
    assert mint.read(token, purpose) == grant
    assert all(mint.read(token, other) is None for other in Purpose if other is not purpose)
    assert NOW + timedelta(seconds=3599) <= expires_at <= NOW + timedelta(seconds=3600)


def test_it_ends() -> None:
    assert TokenMint(SECRET).read(minted(NOW - timedelta(seconds=7200)), Purpose.CAPTIONS) is None


def test_another_server_does_not_know_it() -> None:
    assert TokenMint(derived_secret("another key")).read(minted(), Purpose.CAPTIONS) is None


@given(st.data())
def test_no_character_of_it_can_be_changed(data: st.DataObject) -> None:
    token = minted()
    at = data.draw(st.integers(0, len(token) - 2))  # The last one has bits that mean nothing.
    other = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda character: character != token[at]))
    assert TokenMint(SECRET).read(token[:at] + other + token[at + 1 :], Purpose.CAPTIONS) is None


@given(st.text(max_size=200))
def test_garbage_is_no_token(text: str) -> None:
    assert TokenMint(SECRET).read(text, Purpose.CAPTIONS) is None


def claims(**changes: object) -> dict[str, object]:
    known = {"iss": "puente", "aud": "captions", "sub": "x", "call": "y", "iat": NOW, "exp": NOW + timedelta(hours=1)}
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "call", "iat", "exp"])
def test_every_claim_is_needed(missing: str) -> None:
    mint = TokenMint(SECRET)
    assert mint.read(jwt.encode(claims(), SECRET, "HS256"), Purpose.CAPTIONS) is not None
    assert mint.read(jwt.encode(claims(**{missing: None}), SECRET, "HS256"), Purpose.CAPTIONS) is None


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_its_maker_does_not_choose_the_algorithm(algorithm: str) -> None:
    with_enough_key = SECRET if algorithm == "none" else SECRET * 2
    token = jwt.encode(claims(), None if algorithm == "none" else with_enough_key, algorithm)
    for secret in (SECRET, with_enough_key):
        assert TokenMint(secret).read(token, Purpose.CAPTIONS) is None
