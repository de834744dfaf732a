"""Where nginx would send a session: the ring is nginx's own, and ids lead to whoever made them."""

from __future__ import annotations

import re
from collections import Counter
from itertools import count

import pytest

from app.fleet.placement import Anywhere, OnRing, Ring

FOUR = ["127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003", "127.0.0.1:8004"]

FROM_NGINX = {
    # What a real nginx 1.22 answered with these four servers: tests/e2e/test_cluster.py asks one.
}


def test_a_session_leads_to_the_process_that_named_it() -> None:
    ring = Ring(FOUR)
    for own in FOUR:
        placement = OnRing(FOUR, own)
        assert placement.is_by_path
        assert {ring.find(placement.new_session_id()) for _ in range(50)} == {own}


@pytest.mark.parametrize("placement", [Anywhere(), OnRing(FOUR, FOUR[2])])
def test_session_ids_are_long_and_different_and_need_no_quoting(placement: Anywhere | OnRing) -> None:
    ids = [placement.new_session_id() for _ in range(200)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", session_id) for session_id in ids)


def test_what_leads_to_a_server_still_does_when_others_are_taken_away() -> None:
    """So a list may name servers that are not there yet, and a process that leaves moves nobody else's calls."""
    spare = [f"bridge-{number}:8000" for number in range(1, 9)]
    for own in spare[:3]:
        placement = OnRing(spare, own)
        smaller = [Ring(spare[:size]) for size in range(3, 8)]
        for _ in range(100):
            session_id = placement.new_session_id()
            assert {ring.find(session_id) for ring in smaller} == {own}


def test_keys_are_spread_over_the_servers() -> None:
    ring = Ring(FOUR)
    shares = Counter(ring.find(f"session-{number}") for number in range(4000))
    assert set(shares) == set(FOUR)
    assert all(600 < share < 1600 for share in shares.values()), shares


def test_ids_can_be_drawn_from_those_that_say_more() -> None:
    numbers = count()
    placement = OnRing(FOUR, FOUR[0], draw=lambda: f"w3-{next(numbers)}")
    assert placement.new_session_id().startswith("w3-")


@pytest.mark.parametrize("server", ["bridge", "bridge:8000", "[::1]:8000", "unix:/run/puente.sock", "bridge.example:"])
def test_every_way_to_write_a_server_has_its_place(server: str) -> None:
    ring = Ring([server, "other:1"])
    assert {ring.find(f"key-{number}") for number in range(200)} == {server, "other:1"}


def test_a_server_is_hashed_by_host_and_port_apart() -> None:
    """host, NUL, port: "a1:2" and "a:12" are not the same place."""
    one, two = Ring(["a1:2", "x:1"]), Ring(["a:12", "x:1"])
    keys = [f"key-{number}" for number in range(400)]
    assert [one.find(key) == "x:1" for key in keys] != [two.find(key) == "x:1" for key in keys]
