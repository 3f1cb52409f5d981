"""The tables hold the rows' own figures, and say who is not told apart."""

from __future__ import annotations

import json
import re

from sparring.bench._gans import GanBench
from sparring.bench._gans_rows import GanRow
from sparring.bench._gans_space import entries
from sparring.bench._gans_table import gans_result, gans_table, standing
from sparring.report import explain_page

PARTS = {"median": 9.0, "quartiles": (7.0, 12.0), "ranked": 2, "trials": 4, "runs": 8, "seconds": 3.0}
BEST = {1: 9.5, 2: 6.25, 4: 5.0}
ENDS = {1: (8.0, 11.0), 2: (5.5, 7.5), 4: None}
ONE = GanRow(
    "hinge", 8.0, (6.0, 10.0), best=BEST, intervals=ENDS, place=(1, 2), failed=1, collapsed=2, chosen="gan(lr=0.001)",
    **PARTS,
)  # fmt: skip
TWO = GanRow(
    "wgan", 8.0, None, best=BEST, intervals=ENDS, place=(1, 2), failed=0, collapsed=0, chosen="wgan", **PARTS
)  # fmt: skip
FOUND = GanBench(
    {"digits": [ONE, TWO]}, {"digits": {"n": 179, "label": "fid[pixels]", "truth": 0.5, "noise": 77.0}},
    entries(["hinge", "wgan"]), [],
)  # fmt: skip
SPEC = {"data": ["digits"], "images": 6400, "seeds": 2, "seed": 0}


def test_a_table_holds_figures_with_intervals_between_truth_and_noise() -> None:
    page = gans_table(FOUND, images=6400, seeds=2, command="this line")
    assert "| `hinge` | 8 (6 to 10) | 9 | 7 to 12 | **6.25** | 5.5 to 7.5 | 1 to 2 | 1 of 8 | 2 of 8 | 3 |" in page
    assert "| `wgan` | 9.5 (8 to 11) | 6.25 (5.5 to 7.5) | 5 |" in page
    assert "Real images have 0.5, noise 77;" in page
    assert "6,400 real images a training" in page
    assert "`this line` on" in page
    assert "bound 0.001 to 0.1" in page
    for block in page.split("\n\n"):
        if block.startswith("| "):
            widths = {len(re.split(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1


def test_ties_at_the_top_are_said() -> None:
    assert standing([ONE, TWO]) == "Not told apart by the best of 2, and behind none: `hinge`, `wgan`."


def test_the_page_draws_the_best_of_k_and_is_made_of_json() -> None:
    result = gans_result(FOUND, spec=SPEC, seconds=12.0, command="this line")
    again = json.loads(json.dumps(result))
    assert again["rows"]["digits"][0]["best"] == {"1": 9.5, "2": 6.25, "4": 5.0}
    html = explain_page(again)
    assert html.count("<polyline") == 2 * 3  # for wide screens and narrow ones
    assert "real images" in html
    assert "best of 2" in html
    assert "**" not in html
    assert "Not told apart by the best of 2" in html


def test_no_chart_has_more_lines_than_can_be_told_apart() -> None:
    many = GanBench({"digits": [ONE] * 7}, FOUND.beside, [], [])
    charts = gans_result(many, spec=SPEC, seconds=1.0, command="")["charts"]
    assert [len(chart["lines"]) for chart in charts] == [6, 3]
