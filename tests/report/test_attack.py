import dataclasses

import pytest

from sparring.errors import InputError
from sparring.report import attack_page

MANY = {
    "attack": "pgd(steps=40)",
    "threat": "l2(0.5)",
    "n": 40,
    "n_correct": 36,
    "success_rate": 0.75,
    "success_of_correct": 0.7222,
    "median_distance": 0.31,
}


def test_both_counts_are_told(read):
    """T50: success of all, and of those the model had right."""
    text = read(attack_page(MANY)).text
    assert "75.0 % of 40 images" in text
    assert "72.2 % of the 36 images it had right before" in text
    assert "0.31 in L2" in text


def test_one_image_is_called_by_its_names(picture, read):
    text = read(attack_page({"attack": "fgsm", "n": 1, "threat": "linf(4/255)"}, [picture])).text
    assert "The model calls the image “Sneaker” (> 99.9 % sure)" in text
    assert "makes it say “Sandal” (61.0 % sure)" in text


def test_an_attack_that_failed_says_so(picture, read):
    same = dataclasses.replace(picture, after=picture.before)
    text = read(attack_page({"attack": "fgsm", "n": 1, "threat": "linf(4/255)"}, [same])).text
    assert "could not change its answer" in text


def test_a_target_is_named(read):
    assert "say “iguana” on 75.0 %" in read(attack_page(MANY | {"target": "iguana"})).text


def test_eight_bit_is_said(read):
    assert "8-bit" not in read(attack_page(MANY)).text
    assert "8-bit" in read(attack_page(MANY | {"valid": "8bit"})).text


def test_long_lists_are_cut_and_say_so(read):
    samples = [{"file": f"{i:04d}.png", "before": "a", "after": "b", "success": False} for i in range(250)]
    text = read(attack_page(MANY | {"samples": samples})).text
    assert "0099.png" in text
    assert "0100.png" not in text
    assert "The first 100 of 250" in text


def test_what_the_page_cannot_do_without():
    with pytest.raises(InputError, match="attack"):
        attack_page({"n": 3})
