"""The page of a certification: what is proven, at which radii, and what that means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparring.certificates._figures import figures
from sparring.errors import InputError
from sparring.report import certify_page


def proven(radius: float | None, *, right: bool = True) -> dict[str, Any]:
    votes = 1000 if radius and radius > 0.6 else 900
    return {"label": 1, "clean": 1, "predicted": int(right), "most": int(right), "votes": votes, "radius": radius}


@pytest.fixture
def result() -> dict[str, Any]:
    samples = [*[proven(0.61)] * 5, *[proven(0.3)] * 3, proven(None), proven(0.4, right=False)]
    found = figures(samples, sigma=0.25, draws=1000, alpha=0.001, radii=[0, 0.25, 0.5, 0.7])
    return found | {"spec": {"model": "runs/<net>", "data": "digits:test"}, "seed": 0, "command": "sparring certify"}


def test_verdict_and_figures_are_those_of_the_result(result: dict[str, Any], read: Callable[[str], Any]) -> None:
    page = read(certify_page(result))
    assert not page.open
    assert "80.0 % of 10 images are right and stay right under any change closer than 0.25 in L2" in page.text
    assert "44.4–97.5 %" in page.text
    assert page.all("polyline")
    assert "runs/<net>" in page.text
    assert "0.616" in page.text, "how far so many copies can reach"


def test_nothing_comes_from_elsewhere(result: dict[str, Any], read: Callable[[str], Any]) -> None:
    page = read(certify_page(result))
    assert not page.all("script")
    assert "://" not in page.html.replace("http://www.w3.org", "")


def test_nothing_proven_is_said() -> None:
    found = figures([proven(None)] * 4, sigma=0.25, draws=1000, alpha=0.001)
    assert "Nothing is proven for any of the 4 images." in certify_page(found)


def test_a_result_that_lacks_its_figures_is_refused() -> None:
    with pytest.raises(InputError, match="a certification"):
        certify_page({"n": 3})
