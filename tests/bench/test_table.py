"""Tables line up on a terminal and are well-formed in Markdown."""

from __future__ import annotations

import re
from math import inf

from sparring.bench import Row, Speed
from sparring.bench._table import HEAD, markdown, plain_table, speed_lines

ROWS = [
    Row("digits-linear", "linf(0.1)", "pgd", "sparring", 50, "untargeted", 0.4, None, None, 31.02, 29.4, 0.031),
    Row("digits-linear", "l2(0.5)", "deepfool", "foolbox", 50, "untargeted", 1.0, inf, 0.55561, 9, 8, 1.5),
    Row("digits-linear", "l0(3)", "jsma", "torchattacks", 50, "targeted", note="left out | above 100 values an image"),
    Row("mnist-cnn", "linf(0.1)", "pgd", "sparring", 250, "untargeted", 0.0, None, None, 41, 40, 12.25),
]
TIMED = Speed(40, 250, 5, 2, 0.3, 10.0, 10.4, 3.8, 1.04, 0.38, {"linf(0.1)": (0.004, 0.0, 0.002)})


def test_a_terminal_shows_a_table_a_problem_with_columns_that_line_up() -> None:
    first, second = plain_table(ROWS).split("\n\n")
    lines = first.splitlines()
    assert lines[0] == "digits-linear, 50 samples"
    assert second.startswith("mnist-cnn, 250 samples")
    ends = [match.end() for match in re.finditer("forwards|backwards|seconds", lines[1])]
    for line, figures in ((lines[2], ("31.0", "29.4", "0.03")), (lines[3], ("9.0", "8.0", "1.50"))):
        for end, figure in zip(ends, figures, strict=True):
            assert line[:end].endswith(f" {figure}")
    assert "40.0 %" in lines[2]
    assert "∞  0.5556" in lines[3]
    assert lines[4].endswith("above 100 values an image")


def test_the_page_says_how_it_was_made_and_its_tables_are_whole() -> None:
    page = markdown(ROWS, TIMED, ["adv_lib"], "sparring bench attacks --markdown page.md")
    top = page[: page.index("## ")]
    assert "`sparring bench attacks --markdown page.md`" in top
    assert "do not edit" in top
    assert re.search(r"\d{4}-\d\d-\d\d", top)
    assert "torch 2" in top
    assert "pip install --no-deps adv-lib" in top
    for block in page.split("\n\n"):
        if block.startswith("| threat"):
            lines = block.splitlines()
            assert all(len(re.split(r"(?<!\\)\|", line)) == len(HEAD) + 2 for line in lines)
            assert set(lines[1]) <= set("|-: ")
    assert page.count("| threat") == 2
    assert "left out \\| above" in page


def test_the_speed_row_is_in_both() -> None:
    page = markdown(ROWS, TIMED, [], "sparring bench attacks")
    assert "| sparring, fast twin | 3.80 | 0.38 | 0.2% |" in page
    assert "| plain loop | 10.00 | 1.00 | 0.4% |" in page
    lines = speed_lines(TIMED)
    assert "0.38 of the plain loop" in lines[3]
    assert "0.4% plain, 0.0% no twin, 0.2% twin" in lines[4]
