"""Held-out images: no image serves two ends, planted generators get the figures they deserve, nothing is drawn."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan.nets import Generator
from sparring.metrics import Figure, Seen
from sparring.metrics.features.pixels import Pixels
from sparring.metrics.fid import Fid
from sparring.metrics.precision_recall import PrecisionRecall
from sparring.train._held import Judge, deviation, hold_out, told


def data(n: int, seed: int = 0) -> Dataset:
    pixels = torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    return Dataset(pixels, torch.arange(n) % 3, name="some")


def rows(part: Dataset) -> set[bytes]:
    return {row.numpy().tobytes() for row in part.pixels}


@pytest.mark.parametrize(("n", "count"), [(2000, 200), (30_000, 2000), (2005, 200)])
def test_no_image_serves_two_ends(n, count):
    """G40: what is trained on, chosen by and reported on are disjoint, and all of the data."""
    whole = data(n)
    held = hold_out(whole, seed=1)
    parts = [rows(part) for part in (held.train, held.select, held.report)]
    assert [len(part) for part in parts] == [n - count, count // 2, count // 2]
    assert set.union(*parts) == rows(whole)
    assert held.apart
    assert held.train.labels is not None
    assert rows(hold_out(whole, seed=1).select) == parts[1]
    assert rows(hold_out(whole, seed=2).select) != parts[1]


def test_of_few_images_none_is_held_out_and_that_is_said():
    held = hold_out(data(200))
    assert len(held.train) == 200
    assert rows(held.select) | rows(held.report) == rows(held.train)
    assert not held.apart
    assert held.words == "the 200 training images: too few to hold any out"


def test_what_is_given_is_compared_with_and_all_of_the_data_trained_on():
    whole, given = data(3000), data(100, seed=5)
    held = hold_out(whole, given)
    assert held.train is whole
    assert rows(held.select) | rows(held.report) == rows(given)
    assert held.apart
    with pytest.raises(InputError, match=r"held-out images of shape \(1, 4, 4\), got \(2,\) in data"):
        hold_out(whole, Dataset(torch.rand(20, 2)))
    with pytest.raises(InputError, match="at least 8 images to compare samples with, got 7"):
        hold_out(data(7))


class Body(nn.Module):
    """Codes to pixels by any function, with a weight that moves nothing."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        return self.function(z) + self.weight


def test_a_perfect_generator_a_collapsed_one_and_one_between():
    """Uniform pixels from normal codes by their distribution function: the truth itself."""
    judge = Judge(hold_out(data(4000)), Pixels(), 0)
    figures = {}
    for name, share in (("perfect", 1.0), ("narrow", 0.5), ("collapsed", 0.0)):
        generator = Generator(Body(lambda z, s=share: s * 2 * (torch.special.ndtr(z) - 0.5)), (1, 4, 4), latent=16)
        z = torch.randn(judge.n, 16, generator=torch.Generator().manual_seed(3))
        figures[name] = judge.look(generator(z).detach()), judge.report(generator)
    looks = {name: look for name, (look, _) in figures.items()}
    assert looks["perfect"]["figure"] + 3 * looks["perfect"]["noise"] < looks["narrow"]["figure"]
    assert looks["narrow"]["figure"] < looks["collapsed"]["figure"]
    assert looks["perfect"]["recall"] > 0.6 > 0.4 > looks["narrow"]["recall"] >= looks["collapsed"]["recall"] == 0
    for look, report in figures.values():
        assert report.value == pytest.approx(look["figure"], abs=5 * look["noise"])
        assert report.label == judge.label == "fid[pixels]"
        assert report.fingerprint is not None
        assert "report half of 400 of 4000 images, held out" in report.fingerprint.split


def test_a_look_is_the_metrics_themselves_of_the_select_half():
    held, samples = hold_out(data(4000)), torch.rand(200, 1, 4, 4)
    look = Judge(held, Pixels(), 0).look(samples)
    mine, real = (Seen((x * 255).round().flatten(1).double() / 255) for x in (samples, held.select.images()))
    (fid,) = Fid()(mine, real)
    assert look["figure"] == pytest.approx(fid.value, rel=1e-9)
    assert look["noise"] == pytest.approx((fid.interval[1] - fid.interval[0]) / (2 * 1.959964), rel=1e-6)
    assert look["recall"] == PrecisionRecall()(mine, real)[1].value


def test_a_generator_that_is_given_its_report_half_is_not_seen_by_the_select_half():
    """G40: what is reported is of images and codes that no look has used."""
    held = hold_out(data(4000))
    judge = Judge(held, Pixels(), 0)
    asked = []
    generator = Generator(Body(lambda z: (asked.append(z), 0 * z)[1]), (1, 4, 4), latent=16)
    judge.report(generator)
    from sparring.gan import codes

    assert not torch.equal(torch.cat(asked)[:5], codes(5, 16, 0))
    assert not rows(held.select) & rows(held.report)


def test_looking_draws_nothing():
    """G25: a classifier that learns from the data leaves the global generator as found."""
    from sparring.metrics.features.classifier import Classifier

    whole = Dataset((255 * torch.rand(300, 1, 8, 8)).to(torch.uint8), torch.arange(300) % 3)
    state = torch.get_rng_state()
    judge = Judge(hold_out(whole), Classifier(epochs=1), 0)
    one, two = (judge.look(torch.full((150, 1, 8, 8), 0.5)) for _ in range(2))
    assert one == two
    assert torch.equal(torch.get_rng_state(), state)


def test_the_deviation_is_that_of_the_interval():
    assert deviation(Figure("kid", 1.0, (1 - 1.959964, 1 + 1.959964), "", "lower", 9)) == pytest.approx(1, abs=1e-6)
    assert deviation(Figure("kid", 1.0, None, "", "lower", 9)) == 0


def test_a_figure_is_told_with_what_it_is_told_against():
    found = told(Figure("kid", 1.0, None, "", "lower", 9), hold_out(data(200)))
    assert found["held_out"] is False
    assert found["against"].startswith("the 200 training images")
