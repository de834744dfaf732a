"""Which of several forms an answer takes: RFC 9110, 12.5.1 (Accept)."""

from __future__ import annotations

from collections.abc import Sequence


def best_media_type(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered type that the header likes best, the first of equals; None where it wants none of them.

    A missing header wants anything. Parameters besides ``q`` are not looked at, and what makes no sense is passed over.
    """
    if not accept.strip():
        return offered[0]
    wishes = dict(_wish(part) for part in accept.split(","))
    weights = {media_type: _weight(media_type, wishes) for media_type in offered}
    best = max(offered, key=lambda media_type: weights[media_type])
    return best if weights[best] > 0 else None


def _wish(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return media_range, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return media_range, 0.0


def _weight(media_type: str, wishes: dict[str, float]) -> float:
    """The most specific range counts."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((wishes[media_range] for media_range in ranges if media_range in wishes), 0.0)
