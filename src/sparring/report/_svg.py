"""Charts as inline SVG: colors come from the page's style sheet, so one drawing serves light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Point = tuple[float, float]
Scale = Callable[[float], float]
SERIES = 6
"""How many line styles the style sheet knows; further lines start again."""


@dataclass(frozen=True)
class Line:
    """One line of a chart: its name in the legend, and its points in order of x."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Mark:
    """A place on the x axis worth a word; with `y`, a dot, and with `low` and `high`, its whisker."""

    x: float
    text: str
    y: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Chart:
    """Lines over two axes. `percent` says that y is a share of 1, drawn from 0 to 100 %; `marks` are more marks."""

    title: str
    description: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    mark: Mark | None = None
    percent: bool = False
    marks: tuple[Mark, ...] = ()


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round numbers (1, 2 or 5 × 10ⁱ apart) that cover [low, high], near `about` of them.

    >>> ticks(0, 9, 5)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    if not high > low:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / max(about, 1)
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(scale * k for k in (1, 2, 5, 10) if scale * k >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def draw(chart: Chart, width: int, height: int) -> Markup:
    """Return the chart as SVG whose text is at its natural size when shown `width` CSS pixels wide."""
    lines = [[(x, y) for x, y in line.points if math.isfinite(x) and math.isfinite(y)] for line in chart.lines]
    marks = (*((chart.mark,) if chart.mark else ()), *chart.marks)
    xs = [x for line in lines for x, _ in line] + [mark.x for mark in marks]
    ys = [y for line in lines for _, y in line]
    first, last = min(xs, default=0.0), max(xs, default=1.0)
    if first == last:
        first, last = first - 0.5, last + 0.5
    across = [x for x in ticks(first, last, max(3, width // 90)) if first <= x <= last]
    up = [0.0, 0.25, 0.5, 0.75, 1.0] if chart.percent else ticks(min(ys, default=0.0), max(ys, default=1.0), 4)
    left, right, top, bottom = 52, width - 16, 34, height - 46

    def px(x: float) -> float:
        return round(left + (right - left) * (x - first) / (last - first), 1)

    def py(y: float) -> float:
        return round(bottom - (bottom - top) * (y - up[0]) / (up[-1] - up[0]), 1)

    parts = [
        _text(4, 14, chart.y_title, "axis"),
        _text(right, height - 6, chart.x_title, "axis end"),
    ]
    for y in up:
        parts.append(_rule(left, py(y), right, py(y), "base" if y == up[0] else "grid"))
        parts.append(_text(left - 8, py(y) + 4, f"{100 * y:.0f}\xa0%" if chart.percent else _tick(y), "tick end"))
    parts += [_text(px(x), bottom + 18, _tick(x), "tick mid") for x in across]
    parts += [_rule(px(mark.x), top, px(mark.x), bottom, "mark") for mark in marks]
    for i, points in enumerate(lines):
        style = f"s{i % SERIES + 1}"
        path = " ".join(f"{px(x)},{py(y)}" for x, y in points)
        parts.append(Markup('<polyline class="line {}" points="{}"/>').format(style, path))
        if len(points) <= 12:
            parts += [_dot(px(x), py(y), 3, f"dot {style}") for x, y in points]
    for place, mark in enumerate(marks):
        parts += _marked(mark, px, py, left=left, right=right, top=top + 14 * place)
    return Markup(
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">'
        "<title>{2}</title><desc>{3}</desc>{4}</svg>"
    ).format(width, height, chart.title, chart.description, Markup("").join(parts))


def _marked(mark: Mark, px: Scale, py: Scale, *, left: int, right: int, top: int) -> list[Markup]:
    """Return the mark's word, on the side that has room, and its dot and whisker."""
    x = px(mark.x)
    on_left = x > (left + right) / 2
    parts = [_text(x - 8 if on_left else x + 8, top + 12, mark.text, "word end" if on_left else "word")]
    if mark.low is not None and mark.high is not None:
        low, high = py(mark.low), py(mark.high)
        parts.append(_rule(x, low, x, high, "whisker"))
        parts += [_rule(x - 6, y, x + 6, y, "whisker") for y in (low, high)]
    if mark.y is not None:
        parts.append(_dot(x, py(mark.y), 4, "audited"))
    return parts


def share_bar(share: float, of: float, words: str) -> Markup:
    """Return a small bar for a table cell: `share` of 1 solid, on `of` of 1 pale.

    >>> "<title>43 of 91</title>" in share_bar(0.43, 0.91, "43 of 91")
    True
    """
    return Markup(
        '<svg class="bar" width="96" height="10" role="img" aria-label="{0}"><title>{0}</title>'
        '<rect class="track" width="100%" height="10" rx="2"/>'
        '<rect class="pale" width="{1}%" height="10" rx="2"/>'
        '<rect class="solid" width="{2}%" height="10" rx="2"/></svg>'
    ).format(words, _clip(of), _clip(share))


def key(index: int) -> Markup:
    """Return the legend's sample of the line at `index`."""
    return Markup(
        '<svg class="key" width="28" height="10" aria-hidden="true">'
        '<line class="line s{}" x1="1" x2="27" y1="5" y2="5"/></svg>'
    ).format(index % SERIES + 1)


def words(points: Sequence[Point], percent: bool) -> str:
    """Return first and last point in words, for a chart's description.

    >>> words([(0.0, 0.9), (4.0, 0.1)], percent=True)
    'from 90 % at 0 to 10 % at 4'
    """
    if not points:
        return "no points"
    ends = (points[0], points[-1])
    return "from " + " to ".join(f"{100 * y:.0f} % at {x:g}" if percent else f"{y:.3g} at {x:g}" for x, y in ends)


def _clip(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 1)


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _text(x: float, y: float, words: str, style: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(style, round(x, 1), round(y, 1), escape(words))


def _rule(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(style, x1, y1, x2, y2)


def _dot(x: float, y: float, r: int, style: str) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(style, x, y, r)
