"""Pictures of measures: self-contained SVG, readable on a light and on a dark page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed")
_WIDTH, _HEIGHT = 860, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 64, 52
_MOST_POINTS = 800

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that a measure should stay on one side of."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class _Plane:
    """From values to pixels. Both axes begin at 0."""

    most_x: float
    most_y: float

    def x(self, value: float) -> float:
        return _LEFT + min(value, self.most_x) / self.most_x * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - min(max(value, 0.0), self.most_y) / self.most_y * (_HEIGHT - _TOP - _BOTTOM)


def draw_distribution(
    title: str, unit: str, series: Mapping[str, Sequence[float]], limits: Sequence[Limit] = ()
) -> str:
    """Draw what share of the values is at most so large, a curve for each series; the last 1 % is cut off."""
    curves = {name: sorted(max(0.0, value) for value in values) for name, values in series.items() if values}
    most = max((values[int(len(values) * 0.99)] for values in curves.values()), default=1.0)
    plane = _Plane(max(most, *(limit.at * 1.1 for limit in limits), 0.1), 100.0)
    lines = {
        name: _thinned(
            [(value, 100 * (rank + 1) / len(values)) for rank, value in enumerate(values) if value <= plane.most_x]
        )
        for name, values in curves.items()
    }
    marks = [_vertical(plane, limit) for limit in limits]
    return _picture(title, plane, unit, "% of all at most so long", lines, marks)


def draw_over_time(
    title: str, unit: str, series: Mapping[str, Sequence[Point]], limit: Limit | None = None, time_unit: str = "minutes"
) -> str:
    """Draw values over time, a line for each series."""
    points = [point for line in series.values() for point in line]
    most_y = max([y for _, y in points] + ([limit.at * 1.2] if limit else []), default=1.0)
    plane = _Plane(max((x for x, _ in points), default=1.0) or 1.0, most_y or 1.0)
    marks = [_horizontal(plane, limit)] if limit else []
    return _picture(title, plane, time_unit, unit, {name: _thinned(line) for name, line in series.items()}, marks)


def draw_bars(title: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Draw shares (0 to 1) as stacked bars, one for each group."""
    names = sorted({name for shares in groups.values() for name in shares})
    colours = {name: _shade(index, len(names)) for index, name in enumerate(names)}
    row, top = 34, _TOP + 24 * math.ceil(len(names) / 6)
    height = top + row * len(groups) + 16
    parts: list[str] = []
    for index, name in enumerate(names):
        key_x, y = _LEFT + index % 6 * 130, _TOP - 10 + index // 6 * 22
        parts.append(f'<rect x="{key_x}" y="{y - 10}" width="12" height="12" fill="{colours[name]}"/>')
        parts.append(f'<text x="{key_x + 18}" y="{y}">{escape(name)}</text>')
    for line, (group, shares) in enumerate(groups.items()):
        y, x = top + line * row, 150.0
        parts.append(f'<text x="140" y="{y + 16}" text-anchor="end">{escape(group)}</text>')
        for name in names:
            width = shares.get(name, 0.0) * (_WIDTH - 150 - _RIGHT)
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="22" fill="{colours[name]}">'
                f"<title>{escape(name)} {shares.get(name, 0.0):.1%}</title></rect>"
            )
            x += width
    return _document(title, height, parts)


def _picture(
    title: str, plane: _Plane, x_title: str, y_title: str, lines: Mapping[str, Sequence[Point]], marks: Sequence[str]
) -> str:
    parts = [*_axis(plane.most_x, lambda value: _x_tick(plane, value))]
    parts += _axis(plane.most_y, lambda value: _y_tick(plane, value))
    middle_y = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text x="{(_WIDTH + _LEFT) / 2:.0f}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>'
    )
    parts.append(
        f'<text transform="translate(18 {middle_y:.0f}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>'
    )
    for index, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = " ".join(f"{plane.x(x):.1f},{plane.y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x = _LEFT + index * 190
        parts.append(f'<rect x="{x}" y="{_TOP - 26}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{_TOP - 16}">{escape(name)}</text>')
    return _document(title, _HEIGHT, [*parts, *marks])


def _document(title: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#1f2937">'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
        f'<text x="{_LEFT}" y="24" font-size="16" font-weight="600">{escape(title)}</text>'
        + "".join(parts)
        + "</svg>\n"
    )


def _axis(most: float, tick: Callable[[float], str]) -> list[str]:
    step = _step(most)
    return [tick(index * step) for index in range(int(most / step + 1e-9) + 1)]


def _step(most: float) -> float:
    """Return a round distance between ticks that gives four to ten of them."""
    power: float = 10.0 ** math.floor(math.log10(most))
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0) if most / (power * part) <= 10)


def _x_tick(plane: _Plane, value: float) -> str:
    x = plane.x(value)
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#e5e7eb"/>'
        f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle" fill="#6b7280">{value:g}</text>'
    )


def _y_tick(plane: _Plane, value: float) -> str:
    y = plane.y(value)
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#6b7280">{value:g}</text>'
    )


def _vertical(plane: _Plane, limit: Limit) -> str:
    x = plane.x(limit.at)
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#111827" '
        'stroke-dasharray="5 4"/>'
        f'<text x="{x + 5:.1f}" y="{_HEIGHT - _BOTTOM - 8}">{escape(limit.label)}</text>'
    )


def _horizontal(plane: _Plane, limit: Limit) -> str:
    y = plane.y(limit.at)
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#111827" stroke-dasharray="5 4"/>'
        f'<text x="{_LEFT + 6}" y="{y - 6:.1f}">{escape(limit.label)}</text>'
    )


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most so many points as a picture can show, the first and the last among them."""
    if len(points) <= _MOST_POINTS:
        return points
    step = (len(points) - 1) / (_MOST_POINTS - 1)
    return [points[round(index * step)] for index in range(_MOST_POINTS)]


def _shade(index: int, count: int) -> str:
    return f"hsl({index * 360 // max(1, count)}, 60%, 52%)"
