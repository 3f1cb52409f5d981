"""Errors that help: the closest names, the extra to install, one class to catch."""

from __future__ import annotations

import pytest

from sparring.errors import InputError, MissingExtra, SparringWarning, did_you_mean, missing_extra


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("pdg", "; did you mean 'pgd'?"),
        ("PGD", "; did you mean 'pgd'?"),
        ("fg", "; did you mean 'fgsm'?"),
        ("pgd_linf", "; did you mean 'pgd'?"),
        ("qqqq", "; known: deepfool, fgsm, pgd"),
        ("", "; known: deepfool, fgsm, pgd"),
    ],
)
def test_the_closest_words_or_all_of_them(word: str, hint: str) -> None:
    assert did_you_mean(word, ["pgd", "fgsm", "deepfool"]) == hint


def test_a_word_that_is_known_twice_is_told_once() -> None:
    assert did_you_mean("vegan", ["veegan", "hinge", "veegan"]) == "; did you mean 'veegan'?"


def test_a_missing_package_names_its_extra() -> None:
    error = missing_extra("scikit-learn", "data")
    assert isinstance(error, MissingExtra)
    assert "'scikit-learn'" in str(error)
    assert ".[data]" in str(error)


def test_one_class_catches_all_that_is_the_user_s() -> None:
    assert issubclass(MissingExtra, InputError)
    assert issubclass(InputError, ValueError)
    assert issubclass(SparringWarning, UserWarning)
