import pytest

from sparring.errors import InputError
from sparring.report import transfer_page


def share(count, of):
    value = count / of if of else None
    return {"count": count, "of": of, "share": value, "interval": [0.1, 0.2] if of else None}


def cell(target, right, broken, *, white_box=False):
    return {"target": target, "white_box": white_box, "of_right": right, "of_broken": broken}


RESULT = {
    "n": 100,
    "attack": "mi_fgsm(steps=20)",
    "threat": "linf(0.1)",
    "models": [
        {"name": "a.py:net", "access": "gradient", "clean": share(90, 100)},
        {"name": "forest", "access": "scores", "clean": share(80, 100)},
    ],
    "rows": [
        {
            "source": "a.py:net",
            "cells": [
                cell("a.py:net", share(90, 90), share(90, 90), white_box=True),
                cell("forest", share(20, 80), share(18, 60)),
            ],
        },
        {"source": "mean of the others", "cells": [cell("forest", share(64, 80), share(0, 0))]},
    ],
    "spec": {"data": "digits:test"},
    "command": "sparring transfer --data digits:test",
}


def test_the_verdict_is_over_single_models_only(read):
    """The mean over pairs is 25 %: the diagonal is told apart, and the row of the ensemble is not counted."""
    text = read(transfer_page(RESULT)).text
    assert "Images made on one model fool another in 25.0 % of the cases" in text
    assert "and their own model in 100.0 %" in text


def test_both_tables_have_every_cell_with_its_count(read):
    text = read(transfer_page(RESULT)).text
    for shown in ("25.0 % 20 of 80", "30.0 % 18 of 60", "80.0 % 64 of 80", "100.0 % 90 of 90", "10.0–20.0 %"):
        assert shown in text, shown
    assert "Easiest pair 80.0 % mean of the others on forest" in text
    assert "Left out" in text
    assert "sparring transfer --data digits:test" in text


def test_cells_are_shaded_by_their_share_and_the_white_box_is_framed(read):
    spans = [tag for tag in read(transfer_page(RESULT)).all("span") if "heat" in str(tag.get("class"))]
    styles = [str(span["style"]) for span in spans]
    assert styles.count("--share:0.25") == 1
    assert [span["class"] for span in spans if span["style"] == "--share:1.0"] == ["heat own"] * 2
    assert len(spans) == 5  # one cell has nothing to be a share of, and one has no source


def test_a_name_from_outside_is_text(read):
    page = transfer_page(RESULT | {"models": [{"name": "<script>", "clean": share(1, 2)}], "rows": []})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_what_a_matrix_cannot_do_without():
    with pytest.raises(InputError, match="rows"):
        transfer_page({"n": 3, "attack": "fgsm", "models": []})
