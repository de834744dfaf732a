"""A picture of a call: who spoke, what was said, what was heard when. SVG, without scripts or fonts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from app.domain.legs import Leg

_WIDTH = 1200
_LEFT = 130
_LANE_HEIGHT = 58
_BAR_TOP = 22
_BAR_HEIGHT = 26
_CHARACTER_WIDTH = 6.4
"""Of the captions, about: they are cut where the next one begins."""
_TOP = 34
_COLOURS = {Leg.CLIENT: "#2563eb", Leg.AGENT: "#d97706"}
_PALE = {Leg.CLIENT: "#bfdbfe", Leg.AGENT: "#fde68a"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of sound, in seconds from the call's start."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Caption:
    start_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    speaker: Leg
    is_interpreted: bool
    """False: a voice on the telephone. True: its translation at the other end."""
    bars: Sequence[Bar]
    captions: Sequence[Caption]
    """In the order of their starts."""


def draw_timeline(lanes: Sequence[Lane], duration_s: float) -> str:
    """Return an SVG of the lanes, one below the other, on one axis of seconds."""
    height = _TOP + len(lanes) * _LANE_HEIGHT + 16
    scale = (_WIDTH - _LEFT - 20) / max(duration_s, 1.0)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Timeline of the call" '
        'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="13">'
    ]
    parts += _axis(duration_s, scale, height)
    for row, lane in enumerate(lanes):
        parts += _lane(lane, _TOP + row * _LANE_HEIGHT, scale)
    return "\n".join([*parts, "</svg>"])


def _axis(duration_s: float, scale: float, height: int) -> list[str]:
    step_s = 5 if duration_s <= 90 else 15
    parts: list[str] = []
    for second in range(0, int(duration_s) + 1, step_s):
        x = _LEFT + second * scale
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{height - 8}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP - 14}" text-anchor="middle" fill="#6b7280">{second} s</text>')
    return parts


def _lane(lane: Lane, top: int, scale: float) -> list[str]:
    bar_top = top + _BAR_TOP
    fill = _PALE[lane.speaker] if lane.is_interpreted else _COLOURS[lane.speaker]
    label_y = bar_top + _BAR_HEIGHT // 2 + 4
    parts = [f'<text x="{_LEFT - 12}" y="{label_y}" text-anchor="end" fill="#111827">{escape(lane.label)}</text>']
    for bar in lane.bars:
        x, width = _LEFT + bar.start_s * scale, max(2.0, (bar.end_s - bar.start_s) * scale)
        parts.append(
            f'<rect x="{x:.1f}" y="{bar_top}" width="{width:.1f}" height="{_BAR_HEIGHT}" rx="4" fill="{fill}" '
            f'stroke="{_COLOURS[lane.speaker]}"><title>{bar.start_s:.1f}-{bar.end_s:.1f} s</title></rect>'
        )
    return [*parts, *_captions(lane, top, scale)]


def _captions(lane: Lane, top: int, scale: float) -> list[str]:
    starts = [_LEFT + caption.start_s * scale for caption in lane.captions]
    ends = [*starts[1:], float(_WIDTH)]
    parts: list[str] = []
    for caption, x, end in zip(lane.captions, starts, ends, strict=True):
        room = max(1, int((end - x) / _CHARACTER_WIDTH) - 1)
        text = caption.text if len(caption.text) <= room else caption.text[: room - 1].rstrip() + "\u2026"
        parts.append(
            f'<text x="{x:.1f}" y="{top + _BAR_TOP - 6}" font-size="12" fill="#374151">{escape(text)}'
            f"<title>{escape(caption.text)}</title></text>"
        )
    return parts
