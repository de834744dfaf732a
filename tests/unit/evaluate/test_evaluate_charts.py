"""Pictures are well-formed and show every series inside their frame."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.evaluate.charts import Limit, draw_bars, draw_distribution, draw_over_time

SVG = "{http://www.w3.org/2000/svg}"


def lines(picture: str) -> list[list[tuple[float, float]]]:
    root = ElementTree.fromstring(picture)
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]
        for line in root.iter(f"{SVG}polyline")
    ]


@pytest.mark.parametrize("count", [1, 5, 5000])
def test_a_distribution_rises_from_left_to_right_inside_the_frame(count: int) -> None:
    values = [index * 7.0 / count for index in range(count)]
    picture = draw_distribution(
        "<lag & more>", "s", {"ours": values, "theirs": [1.0], "none": []}, [Limit(3.0, "asked")]
    )
    curves = lines(picture)
    assert len(curves) == 2
    for curve in curves:
        assert all(0 <= x <= 860 and 0 <= y <= 400 for x, y in curve)
        assert curve == sorted(curve, key=lambda point: (point[0], -point[1]))
    assert len(curves[0]) <= 800


def test_a_line_over_time_keeps_its_first_and_last_point() -> None:
    short, long = [(0.0, 1.0), (10.0, 2.0)], [(index / 1000, 1.0 + index / 10_000) for index in range(10_001)]
    few, many = lines(draw_over_time("lag", "s", {"few": short, "many": long}, Limit(6.0, "asked")))
    assert (few[0], few[-1]) == (many[0], many[-1])


def test_bars_fill_their_shares() -> None:
    root = ElementTree.fromstring(draw_bars("why", {"ours": {"pause": 0.25, "comma": 0.75}}))
    widths = {
        rect.findtext(f"{SVG}title", "").split()[0]: float(rect.attrib["width"])
        for rect in root.iter(f"{SVG}rect")
        if rect.find(f"{SVG}title") is not None
    }
    assert widths["comma"] == pytest.approx(3 * widths["pause"], rel=0.01)
