"""How all of a call comes to the process that holds it: by its session id, which is in every path that Twilio is given.

A proxy hashes that id, so whoever makes ids sees to it that theirs lead to themselves.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Protocol
from zlib import crc32

POINTS_PER_SERVER = 160
"""Of a server with weight 1, as in nginx."""


class Placement(Protocol):
    """Names sessions so that what belongs to them comes to this process."""

    @property
    def is_by_path(self) -> bool:
        """Whether the session's id has to be in the paths that Twilio is given."""

    def new_session_id(self) -> str:
        """Return an id that nobody can guess: at least 120 random bits, in letters, digits, ``-`` and ``_``."""


class Anywhere:
    """There is one process only."""

    is_by_path = False

    def new_session_id(self) -> str:
        return random_id()


class OnRing:
    """This process is one of several behind nginx's ``hash $session consistent``.

    The rest of the ring may be smaller at the proxy than here: what leads to a server on a ring still does so when
    others are taken off it. So the list may name servers that are yet to come, and never lack one that is there.
    """

    is_by_path = True

    def __init__(self, servers: Sequence[str], own: str, draw: Callable[[], str] | None = None) -> None:
        """``servers`` as nginx's upstream block has them, each with weight 1; ``own`` is one of them.

        ``draw`` makes the ids to choose from, where they have to say more than where the call is.
        """
        self._ring = Ring(servers)
        self._own = own
        self._draw = draw or random_id

    def new_session_id(self) -> str:
        while True:
            session_id = self._draw()
            if self._ring.find(session_id) == self._own:
                return session_id


class Ring:
    """Which server nginx chooses for a key while all are up (ngx_http_upstream_hash_module.c: ketama over CRC-32)."""

    def __init__(self, servers: Sequence[str]) -> None:
        owners: dict[int, str | None] = {}
        for server in servers:
            for point in _points(server):
                # Which of two servers nginx leaves such a point to depends on how it sorts: it is nobody's.
                owners[point] = server if owners.get(point, server) == server else None
        self._points = sorted(owners)
        self._owners = owners

    def find(self, key: str) -> str | None:
        """Return the server; None where it is not certain."""
        index = bisect_left(self._points, crc32(key.encode()))
        return self._owners[self._points[index % len(self._points)]]


def random_id() -> str:
    """Return 128 random bits as a word that needs no quoting in a URL."""
    return secrets.token_urlsafe(16)


def _points(server: str) -> list[int]:
    """Return a server's places on the ring: each is the CRC of its name and the place before."""
    name = _hashed_name(server)
    points: list[int] = []
    previous = 0
    for _ in range(POINTS_PER_SERVER):
        previous = crc32(name + previous.to_bytes(4, "little"))
        points.append(previous)
    return points


def _hashed_name(server: str) -> bytes:
    """Return host, NUL, port, as Cache::Memcached::Fast has it; the port is empty where none is written."""
    if server[:5].lower() == "unix:":
        return f"{server[5:]}\0".encode()
    host, colon, port = server.rpartition(":")
    if colon and (not port or (port.isascii() and port.isdecimal())):
        return f"{host}\0{port}".encode()
    return f"{server}\0".encode()
