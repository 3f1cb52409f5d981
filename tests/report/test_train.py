"""The page of a training: alarms in words, pictures of the same codes, and no page without figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

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


def test_the_film_of_a_game_stands_once_with_words_for_those_who_do_not_see_it(tmp_path: Path) -> None:
    first, second = (Image.new("L", (60, 48), shade) for shade in (0, 255))
    first.save(tmp_path / "game.gif", save_all=True, append_images=[second])
    page = train_page(RESULT, film=tmp_path / "game.gif")
    assert page.count("data:image/gif;base64,") == 1
    assert 'alt="film of the training: the curve of the discriminator above the densities' in page
    assert 'width="60" height="48"' in page
    assert "one half where it cannot tell" in page
    assert "data:image/gif" not in train_page(RESULT)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(InputError, match="looks"):
        train_page({key: value for key, value in RESULT.items() if key != "looks"})


FIGURE = {"label": "fid[pixels]", "value": 9.876, "interval": [9.5, 10.25], "held_out": True}
LOOKS = [
    {"images": n, "spread": 0.8, "copies": 0.1, "figure": figure}
    for n, figure in ((32000, 12.5), (48000, 9.25), (64000, 9.75))
]
KEPT = [{"images": 48000, "figure": 9.25, "noise": 0.5, "file": "checkpoints/0000048000-fid-pixels-9.25.safetensors"}]
TURN = {"number": 1, "images": 40000, "to_images": 32000, "why": "collapse: samples are alike", "ends": False}


def test_the_held_out_figure_has_its_curve_the_chosen_one_and_the_rollbacks() -> None:
    extra = {"figure": FIGURE, "looks": LOOKS, "kept": KEPT, "rollbacks": [TURN], "chosen_by": "select half of some"}
    page = train_page(RESULT | extra)
    assert "9.876" in page
    assert "9.5 to 10.25, held-out images" in page
    assert page.count(">chosen<") == page.count(">rollback 1<") == 2, "a drawing for a desk, and one for a phone"
    assert "0000048000-fid-pixels-9.25.safetensors" in page
    assert "Trained on 64,000 images, after 1 rollback." in page
    assert "Collapse: samples are alike." in page
    assert "Rollbacks" not in train_page(RESULT | extra | {"rollbacks": []})


def test_why_it_ended_is_in_the_verdict() -> None:
    ended = RESULT | {"stopped": True, "rollbacks": [TURN] * 4}
    assert "again after each of 3 rollbacks, and ended after 64,000" in train_page(ended | {"stopped_by": "rollbacks"})
    flat = RESULT | {"stopped": True, "stopped_by": "flat"}
    assert "without an alarm: it had stopped improving." in train_page(flat)
    assert "Trained after 64,000 images with 1 kind of alarm" in train_page(flat | {"alarms": [ALARM]})


def test_a_figure_that_is_told_against_training_images_is_in_doubt() -> None:
    extra = {"figure": FIGURE | {"held_out": False}, "looks": LOOKS, "kept": KEPT, "chosen_by": "all"}
    assert "10.25, training images" in train_page(RESULT | extra)


def test_images_by_way_of_their_codes_have_a_section(tmp_path: Path) -> None:
    (tmp_path / "reconstructions.png").write_bytes(png(torch.rand(4, 1, 5, 5)))
    page = train_page(RESULT, rebuilt=tmp_path / "reconstructions.png")
    assert page.count("data:image/png;base64,") == 1
    assert "Images by way of their codes" in page
    assert 'alt="images, each with its reconstruction"' in page
    assert "by way of their codes" not in train_page(RESULT)
