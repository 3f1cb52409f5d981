"""What a page is made of: a few blocks, each a value that the template knows how to set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from sparring.report._shots import Card
from sparring.report._svg import Chart, draw, key


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong` sets it as a verdict, `quiet` as an aside."""

    kind: ClassVar[str] = "text"
    words: str
    tone: str = ""


@dataclass(frozen=True)
class Figure:
    """One headline figure: what it is, its value, and what that means; `tone` marks one in doubt (`doubt`)."""

    label: str
    value: str
    note: str
    tone: str = ""


@dataclass(frozen=True)
class Figures:
    """Headline figures side by side."""

    kind: ClassVar[str] = "figures"
    items: tuple[Figure, ...]


@dataclass(frozen=True)
class Judged:
    """One word on whether a figure is real, what that means for it, why, and what to do next."""

    kind: ClassVar[str] = "judged"
    word: str
    meaning: str
    reasons: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One part of a whole: its name, how many, and its color (`stand`, `fall`, `miss`)."""

    name: str
    count: int
    tone: str


@dataclass(frozen=True)
class Split:
    """A whole divided into parts, as one bar."""

    kind: ClassVar[str] = "split"
    title: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """The whole; at least 1, so that an empty bar draws."""
        return max(1, sum(part.count for part in self.parts))


@dataclass(frozen=True)
class Plot:
    """A chart with its caption; drawn twice, as a phone needs larger words in less room."""

    kind: ClassVar[str] = "plot"
    chart: Chart
    caption: str = ""

    @property
    def wide(self) -> Markup:
        """The drawing for a desk."""
        return draw(self.chart, 760, 340)

    @property
    def narrow(self) -> Markup:
        """The drawing for a phone."""
        return draw(self.chart, 360, 280)

    @property
    def legend(self) -> list[tuple[Markup, str]]:
        """A sample and a name for each line; none where there is nothing to tell apart."""
        lines = self.chart.lines
        return [(key(i), line.name) for i, line in enumerate(lines)] if len(lines) > 1 else []


@dataclass(frozen=True)
class Table:
    """Rows under columns. Scrolls inside itself.

    A column whose name is in `figures` is set to the right; one in `prose` breaks its lines.
    """

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Markup, ...], ...]
    figures: frozenset[str] = frozenset()
    caption: str = ""
    prose: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gallery:
    """Cards of pictures."""

    kind: ClassVar[str] = "gallery"
    cards: tuple[Card, ...]
    caption: str = ""


@dataclass(frozen=True)
class Terms:
    """Names and what they stand for; `exact` sets the values as code (checksums, versions)."""

    kind: ClassVar[str] = "terms"
    items: tuple[tuple[str, str], ...]
    exact: bool = False


@dataclass(frozen=True)
class Code:
    """Something to copy as it stands."""

    kind: ClassVar[str] = "code"
    text: str


Block = Text | Figures | Judged | Split | Plot | Table | Gallery | Terms | Code


@dataclass(frozen=True)
class Section:
    """A heading and the blocks under it; `level` is that of the heading."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True)
class Page:
    """A report: who it is about, the verdict, what to beware of, and the sections."""

    kicker: str
    title: str
    subtitle: str
    verdict: str
    sections: tuple[Section, ...]
    lead: tuple[Block, ...] = ()
    remark: str = ""
    warnings: tuple[str, ...] = ()
