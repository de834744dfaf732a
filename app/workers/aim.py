"""Where a connection belongs, by the first line of its request."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENOUGH_BYTES = 512
"""So much of a first line tells everything: our paths are shorter."""
_LONGEST_INDEX = 3

_NAMED = re.compile(rb"^[A-Z]{3,10} [^ ?]*?/w([0-9]{1,%d})-[A-Za-z0-9_-]+[/? ]" % _LONGEST_INDEX)
_BEGINS_CALL = re.compile(rb"^POST [^ ?]*(/voice/webhook|/calls)[? ]")


@dataclass(frozen=True, slots=True)
class Aim:
    worker: int | None = None
    """Who made the session that the path names; None where it names none."""
    begins_call: bool = False
    """Whether a new call may come of it."""


def session_prefix(worker: int) -> str:
    """Return how the ids of this worker's sessions begin."""
    return f"w{worker}-"


def read_aim(head: bytes) -> Aim | None:
    """Return where a connection that begins with these bytes belongs; None until its first line is there."""
    line, newline, _ = head.partition(b"\n")
    if not newline and len(head) < ENOUGH_BYTES:
        return None
    named = _NAMED.match(line)
    if named is not None:
        return Aim(worker=int(named[1]))
    return Aim(begins_call=_BEGINS_CALL.match(line) is not None)
