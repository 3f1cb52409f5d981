import itertools
import math
import re

import pytest

from sparring.report._svg import SERIES, Chart, Line, Mark, draw, share_bar, ticks


def chart(*points, **more):
    fields = {"title": "t", "description": "d", "x_title": "x", "y_title": "y"} | more
    return Chart(lines=(Line("one", points),), **fields)


def path(svg):
    found = re.search(r'points="([^"]*)"', svg)
    return [tuple(map(float, pair.split(","))) for pair in found[1].split()]


@pytest.mark.parametrize(("low", "high"), [(0, 9), (-3.7, 11), (0, 0.031), (5, 5), (1e-6, 3e-6), (-1e6, 1e6)])
def test_ticks_cover_and_are_evenly_spaced(low, high):
    found = ticks(low, high, 5)
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 12
    steps = [b - a for a, b in itertools.pairwise(found)]
    assert max(steps) == pytest.approx(min(steps))


def test_points_land_where_they_belong():
    (x0, y0), (x1, y1), (x2, y2) = path(draw(chart((0, 0), (1, 0.5), (2, 1), percent=True), 400, 300))
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.2)
    assert y1 == pytest.approx((y0 + y2) / 2, abs=0.2)
    assert x0 < x2
    assert y0 > y2  # up is more


def test_the_drawing_stays_inside_its_frame():
    svg = draw(chart((-4, 1e4), (9, -3), mark=Mark(12.0, "far right", 5.0, 4.0, 6.0)), 360, 280)
    for name, limit in (("x1", 360), ("x2", 360), ("cx", 360), ("y1", 280), ("y2", 280), ("cy", 280)):
        assert all(0 <= float(value) <= limit for value in re.findall(rf'\b{name}="([^"]*)"', svg))


def test_what_is_not_finite_is_left_out():
    svg = draw(chart((0, 1), (1, math.nan), (2, math.inf), (3, 2)), 400, 300)
    assert len(path(svg)) == 2
    assert "nan" not in svg
    assert "inf" not in svg


@pytest.mark.parametrize("points", [(), ((1, 1),), ((1, 1), (1, 1))])
def test_few_points_draw(points):
    assert draw(chart(*points), 400, 300).startswith("<svg")


def test_words_for_a_screen_reader():
    svg = draw(chart((0, 1), (1, 2), title="a < b", description="goes up"), 400, 300)
    assert "<title>a &lt; b</title><desc>goes up</desc>" in svg
    assert 'role="img"' in svg


def test_more_lines_than_styles_start_again():
    lines = tuple(Line(str(i), ((0, i), (1, i))) for i in range(SERIES + 1))
    svg = draw(Chart("t", "d", "x", "y", lines), 400, 300)
    assert svg.count('class="line s1"') == 2


def test_bar_stays_inside_its_track():
    assert re.findall(r'width="([\d.]+)%"', share_bar(1.7, -0.2, "w")) == ["100", "0.0", "100.0"]
