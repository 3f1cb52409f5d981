"""Figures are named by their features; those of different fingerprints are not compared."""

from __future__ import annotations

import dataclasses

import pytest

from sparring.errors import InputError
from sparring.metrics import Figure, Fingerprint, difference

MARK = Fingerprint("pixels", "abc", "none", 100, 90, "def", "report half of digits", 0)
FIGURE = Figure("fid", 2.0, (1.5, 2.5), "jackknife", "lower", 100, 90, fingerprint=MARK)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("features", "inception-tf"), ("checksum", "xyz"), ("resize", "tf1-bilinear 28x28 to 299x299")),
        *(("n", 99), ("reference", 89), ("data", "uvw"), ("split", "select half of digits"), ("seed", 1)),
    ],
)
def test_nothing_may_differ(field: str, value: object) -> None:
    """G1, G3, G6, G40: resize, weights, n and half are part of a figure."""
    other = dataclasses.replace(FIGURE, fingerprint=dataclasses.replace(MARK, **{field: value}), value=5.0)
    with pytest.raises(InputError, match=field):
        difference(FIGURE, other)
    assert difference(dataclasses.replace(FIGURE, value=5.0), FIGURE) == 3.0


def test_other_names_and_bare_figures_are_not_compared() -> None:
    with pytest.raises(InputError, match="one name"):
        difference(FIGURE, dataclasses.replace(FIGURE, name="kid"))
    with pytest.raises(InputError, match="fingerprints"):
        difference(FIGURE, dataclasses.replace(FIGURE, fingerprint=None))


def test_the_label_names_the_features() -> None:
    assert FIGURE.label == "fid[pixels]"
    assert str(FIGURE) == "fid[pixels] 2 (1.5 to 2.5)"
    assert FIGURE.to_json()["label"] == "fid[pixels]"
    assert FIGURE.to_json()["fingerprint"]["checksum"] == "abc"
