"""The page of a training: alarms in words, pictures of the same codes, and no page without figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.errors import InputError
from sparring.report import train_page
from sparring.train._looks import png

ALARM = {"kind": "collapse", "round": 900, "images": 57600, "evidence": "samples are 0.10 as far apart as real images"}
RESULT = {
    "kind": "train", "images": 64000, "seconds": 64.0, "stopped": False, "alarms": [], "date": "2026-11-26",
    "spec": {"data": "digits:train", "seed": 0, "gan": "gan(lr=0.001)"},
    "looks": [{"images": 32000, "spread": 0.8, "copies": 0.1}, {"images": 64000, "spread": 0.9, "copies": 0.05}],
    "losses": [
        {"images": n, "real": 1.0, "fake": -1.0, "accuracy": 0.8, "discriminator_loss": 0.5, "generator_loss": 1.0}
        for n in (32000, 64000)
    ],
}  # fmt: skip


def test_a_quiet_training() -> None:
    page = train_page(RESULT)
    assert "Trained on 64,000 images without an alarm." in page
    assert "1,000" in page
    assert page.count("<polyline") >= 2 * 7
    assert "gan(lr=0.001)" in page
    assert "Alarm" not in page.split("</style>")[1].replace("without an alarm", "")


def test_an_alarm_is_said_first_and_explained() -> None:
    page = train_page(RESULT | {"alarms": [ALARM], "stopped": True})
    assert "Stopped after 64,000 images with 1 kind of alarm: collapse." in page
    assert "0.10 as far apart" in page
    assert "settled on a few" in page


def test_four_pictures_of_many(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number:010d}.png" for number in range(0, 10000, 1000)]
    for path in paths:
        path.write_bytes(png(torch.rand(4, 1, 5, 5)))
    page = train_page(RESULT, paths)
    assert page.count("data:image/png;base64,") == 4
    assert [f"after {n:,} images" in page for n in (0, 3000, 6000, 9000, 1000)] == [True, True, True, True, False]


def test_what_is_missing_is_told() -> None:
    with pytest.raises(InputError, match="looks"):
        train_page({key: value for key, value in RESULT.items() if key != "looks"})
