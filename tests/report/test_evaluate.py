"""The page of an evaluation: the figure between truth and noise, what it means, and pictures."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparring.errors import InputError
from sparring.report import evaluate_page


def figure(name: str, value: float, *, unit: str = "", interval: tuple[float, float] | None = None) -> dict[str, Any]:
    return {
        "name": name, "label": f"{name}[pixels]", "value": value, "interval": interval, "unit": unit,
        "method": "infinitesimal jackknife",
        "fingerprint": {"resize": "tf1-bilinear 8x8 to 299x299", "checksum": "abcdef0123456789ffff"},
    }  # fmt: skip


def result() -> dict[str, Any]:
    rows = [
        {
            "name": name,
            "is": f"what {name} is",
            "figures": [
                figure("fid", 3.25 + place, interval=(3, 4)),
                figure("copies", place / 8, unit="share", interval=(0, 0.5)),
            ],
        }
        for place, name in enumerate(("samples", "truth", "memorizer", "noise"))
    ]
    return {
        "n": 1000, "reference": 900, "spec": {"samples": "runs/<b>", "data": "digits:test", "half": "report"},
        "tables": [{"features": "pixels", "rows": rows}], "notes": ["some are training images"], "seed": 0,
        "command": "sparring evaluate run --against digits:test",
    }  # fmt: skip


def test_the_verdict_stands_between_truth_and_noise() -> None:
    page = evaluate_page(result())
    assert "fid[pixels] is 3.25 (95 % interval 3 to 4); real images get 4.25, and noise 6.25." in page
    assert "runs/&lt;b&gt;" in page
    assert "Some are training images." in page
    assert "tf1-bilinear 8x8 to 299x299" in page
    assert "abcdef0123456789" in page
    assert "what memorizer is" in page
    assert "The share of samples that look like a training image." in page
    assert "12.5\N{NO-BREAK SPACE}%" in page
    assert "<script" not in page


@pytest.mark.parametrize("name", ["copies", "authenticity"])
def test_a_copier_is_told_in_the_verdict(name: str) -> None:
    """Beyond both intervals, and not otherwise."""
    for apart in (True, False):
        told = result()
        samples, truth = (row["figures"] for row in told["tables"][0]["rows"][:2])
        low, high = (0.0, 0.1) if apart else (0.0, 0.45)
        for figures, ends in ((samples, (0.9, 1.0)), (truth, (low, high))):
            interval = ends if name == "copies" else (1 - ends[1], 1 - ends[0])
            figures[1] = figure(name, sum(interval) / 2, unit="share", interval=interval)
        if not apart:
            samples[1]["interval"] = (0.4, 0.6)
        assert ("it may copy" in evaluate_page(told)) == apart


def test_pictures_are_shown_where_there_are_some() -> None:
    x = torch.randint(0, 256, (30, 1, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    page = evaluate_page(result(), x, [(x[0], x[1], 0.25)])
    assert page.count("data:image/png") == 3
    assert "at 0.25" in page
    assert "data:image/png" not in evaluate_page(result(), x.flatten(1), [(x[0, 0, 0], x[1, 0, 0], 0.25)])


def test_a_result_without_tables_is_refused() -> None:
    with pytest.raises(InputError, match="tables"):
        evaluate_page({"n": 3, "spec": {}})
