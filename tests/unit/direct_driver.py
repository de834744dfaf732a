"""A call whose speech a speech-to-speech provider interprets, driven by hand."""

from __future__ import annotations

from app.core.call_config import CallConfig
from app.core.direct import DirectConfig
from app.domain.audio import FRAME_BYTES
from app.domain.direct import DirectPiece
from app.domain.events import DirectHeard
from app.domain.legs import Leg
from app.meaning.leaning import leans_to
from tests.unit.core_driver import CoreDriver, call_config

VOICE = b"\x30" * FRAME_BYTES
TIMEOUT_MS = 6000


def direct_config(**changes: object) -> CallConfig:
    legs = changes.pop("legs", frozenset(Leg))
    targets = changes.pop("targets", frozenset({"en", "es", "fr"}))
    direct = DirectConfig(legs, targets, TIMEOUT_MS, repeats_target=False, leans_to=leans_to)  # type: ignore[arg-type]
    return call_config(direct=direct, **changes)


def give(call: CoreDriver, leg: Leg, *pieces: DirectPiece) -> None:
    for piece in pieces:
        call.give(DirectHeard(leg, piece))
