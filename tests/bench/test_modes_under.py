"""Under a protocol names are its own, budgets are of packs, and published figures of its paper alone."""

from __future__ import annotations

import pytest

from sparring.bench._modes_lineup import default_methods, entry
from sparring.bench._modes_under import (
    images_of,
    method_of,
    methods_of,
    problems_of,
    protocol_of,
    published_under,
    setting_of,
    told_of,
)
from sparring.errors import InputError
from sparring.gan import Gan


def test_without_a_protocol_all_is_as_it_was() -> None:
    assert method_of("gan", "ring") == entry("gan")
    assert method_of("gan", "stacked") == entry("gan", pictures=True)
    assert methods_of(None) == default_methods()
    assert problems_of(None) == ["ring", "grid"]
    assert images_of(method_of("pacgan", "ring")[1], 77, "ring", None) == 77
    assert set(published_under(None, "ring", "gan")) == {"Lin et al. 2018", "Srivastava et al. 2017"}


def test_problems_are_points_where_there_are_some() -> None:
    assert [problems_of(each) for each in ("pacgan", "metz", "metz-half")] == [["ring", "grid"], ["ring"], ["stacked"]]


def test_names_are_the_protocols_and_what_is_written_out_is_as_written() -> None:
    name, unit = method_of("mine = pacgan", "grid", "pacgan")
    assert name == "mine"
    assert unit == method_of("pacgan", "grid", "pacgan")[1] != method_of("pacgan", "grid")[1]
    assert method_of("vae", "grid", "pacgan") == entry("vae")
    assert method_of("b=gan(nets=dense(), lr=1e-2)", "grid", "pacgan")[1] == entry("gan(nets=dense(), lr=1e-2)")[1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: protocol_of("pac-gan"), "expected a protocol, got 'pac-gan'; did you mean 'pacgan'"),
        (lambda: setting_of("metz", "stacked(of='mnist5k')"), r"expected ring under the protocol metz, got stacked\("),
        (lambda: setting_of("metz", "stacked"), "pacgan, veegan, metz-quarter, metz-half"),
        (lambda: method_of("baseline", "ring", "pacgan"), "a method of the protocol pacgan, an estimator or gan"),
        (lambda: method_of("veegan", "ring", "pacgan"), "got 'veegan'"),
    ],
)
def test_what_a_protocol_does_not_have_is_refused(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()


def test_packs_are_shown_as_many_times_the_images_and_no_more_than_the_budget() -> None:
    for name, pack in (("gan", 1), ("pacgan", 2), ("pacgan4", 4)):
        unit = method_of(name, "grid", "pacgan")[1]
        assert isinstance(unit, Gan)
        assert images_of(unit, 1_000_000, "grid", "pacgan") == 1_000_000 * pack
        assert images_of(unit, 10**9, "grid", "pacgan") == 40_000_000 * pack
        assert 1_000_000 * pack // unit.batch_size == 10_000, "as many moves with every pack"
    assert images_of(method_of("vae", "grid", "pacgan")[1], 10, "grid", "pacgan") is None


def test_the_share_of_the_budget_is_told() -> None:
    assert "GANs were shown 800,000, 2 % of the protocol's 40,000,000" in told_of("pacgan", "ring", 800_000)
    assert "GANs were shown 12,800,000, all of the protocol's 12,800,000" in told_of("metz", "ring", 10**9)
    assert "the generator moves once a round and theirs twice" in told_of("veegan", "stacked", 64)


def test_published_figures_are_of_the_protocols_paper_alone() -> None:
    assert published_under("pacgan", "grid", "gan") == {"Lin et al. 2018": (17.3, 94.8, 0.70)}
    assert published_under("pacgan", "grid", "pacgan4") == {"Lin et al. 2018": (24.8, 93.6, 0.04)}
    assert published_under("veegan", "grid", "gan") == {"Srivastava et al. 2017": (3.3, 0.5, None)}
    assert published_under("metz-quarter", "stacked", "unrolled10") == {"Metz et al. 2017": (327.2, None, 4.66)}
    assert set(published_under("metz-half", "stacked", "gan")) == {"Metz et al. 2017", "Lin et al. 2018"}
    assert published_under("metz", "ring", "gan") == {}


def test_figures_of_mnist_do_not_stand_beside_other_pictures() -> None:
    other = "stacked(of='fashion-mnist')"
    assert published_under(None, "stacked", "pacgan")
    assert published_under(None, other, "pacgan") == {}
    with pytest.raises(InputError, match="under the protocol pacgan"):
        setting_of("pacgan", other)
