"""IvOM against least errors that are known: of linear nets, of blocks behind a tanh, of a memorizer."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from scipy.stats import ttest_1samp
from torch import Tensor, nn

from sparring.data import load_data
from sparring.errors import InputError
from sparring.gan import Generator, codes, generate
from sparring.gan.inference import Encoder
from sparring.gan.nets.dense import Dense
from sparring.latent import ivom
from sparring.train import load_generator


class Blocks(nn.Module):
    """Each of four numbers of a code decides one block of 2 x 2 pixels, all alike."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, z: Tensor) -> Tensor:
        return (self.scale * z).view(-1, 2, 2).repeat_interleave(2, 1).repeat_interleave(2, 2).view(-1, 1, 4, 4)


class Memorizer(Generator):
    """Codes → one of the images it has by heart, whichever their first two numbers point at."""

    def __init__(self, kept: Tensor) -> None:
        super().__init__(nn.Linear(1, 1), tuple(kept.shape[1:]), 2)
        self.kept = kept

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        turn = (torch.atan2(z[:, 1], z[:, 0]) / (2 * math.pi) + 0.5).clamp(0, 1 - 1e-6)
        return self.kept[(turn * len(self.kept)).long()] + 0 * z.sum(1).view(-1, 1, 1, 1)


def test_of_a_linear_generator_it_is_the_residual_of_least_squares(linear) -> None:
    x, real = torch.rand(6, 1, 4, 4), torch.rand(40, 1, 4, 4)
    found = ivom({"linear": linear}, x, real, tries=50, starts=2, steps=250, lr=0.1, own=4)
    a, rest = linear.a.detach(), x.flatten(1) - linear.b.detach()
    residual = (rest - torch.linalg.lstsq(a, rest.T).solution.T @ a.T).square().mean(1)
    row = found["linear"]
    assert row.error.tolist() == pytest.approx(residual.tolist(), rel=1e-4)
    assert row.figure.value == pytest.approx(residual.mean().item(), rel=1e-4)
    assert row.own is not None
    assert row.own.value < 1e-6, "its own samples are found again"


def test_behind_a_tanh_it_is_the_variance_within_blocks() -> None:
    """(tanh z + 1) / 2 alike on a block: the best is the block's mean, which leaves the variance in it."""
    generator = Generator(Blocks(), (1, 4, 4), 4)
    x = 0.2 + 0.6 * torch.rand(5, 1, 4, 4)
    blocks = x.unfold(2, 2, 2).unfold(3, 2, 2).reshape(5, 4, 4)
    within = blocks.var(2, unbiased=False).mean(1)
    row = ivom({"g": generator}, x, torch.rand(9, 1, 4, 4), tries=100, steps=250, lr=0.1, own=0)["g"]
    assert row.error.tolist() == pytest.approx(within.tolist(), rel=1e-3)
    exact = torch.atanh(2 * blocks.mean(2) - 1).norm(dim=1).mean() / 2
    assert row.length == pytest.approx(exact.item(), rel=0.01)
    assert row.own is None


def test_a_memorizer_gets_the_truth_and_the_mean_its_own_variance() -> None:
    """What has the real images by heart is as near as the nearest of them, image by image."""
    x, real = torch.rand(12, 1, 4, 4), torch.rand(20, 1, 4, 4)
    found = ivom({"memorizer": Memorizer(real)}, x, real, tries=1000, steps=3, own=8)
    apart = torch.cdist(x.flatten(1).double(), real.flatten(1).double()).square() / 16
    assert found["truth"].error.tolist() == pytest.approx(apart.min(1).values.tolist(), rel=1e-6)
    assert torch.equal(found["truth"].images, real[apart.argmin(1)])
    assert found["memorizer"].error.tolist() == pytest.approx(found["truth"].error.tolist(), rel=1e-6)
    assert found["memorizer"].over.value == pytest.approx(0, abs=1e-9)
    blind = (x - real.mean(0)).square().flatten(1).mean(1)
    assert found["mean"].error.tolist() == pytest.approx(blind.tolist(), rel=1e-5)
    assert [row.name for row in found.rows] == ["memorizer", "truth", "mean"]
    assert (found.real, found.seen) == (20, 0)


def test_what_was_never_made_is_told_by_its_images() -> None:
    """A generator that has lost one of two kinds is near to the other alone."""
    bright, dark = (base + 0.05 * torch.rand(30, 1, 4, 4) for base in (0.9, 0.05))
    found = ivom({"half": Memorizer(bright[:20])}, torch.cat([bright[20:], dark[20:]]), bright, steps=0, own=0)
    error = found["half"].error
    assert error[:10].max() < 0.001
    assert error[10:].min() > 0.5


def test_an_image_is_not_its_own_nearest_and_is_told_as_seen() -> None:
    """G40: images that were trained on are no held-out ones; the truth is the nearest other of them."""
    real = torch.rand(5000, 1, 2, 2)
    x = torch.cat([real[[3, 4500]], torch.rand(2, 1, 2, 2)])
    found = ivom({"m": Memorizer(real[:2])}, x, real, tries=10, steps=0, own=0)
    apart = torch.cdist(x.flatten(1).double(), real.flatten(1).double()).square() / 4
    apart[0, 3] = apart[1, 4500] = torch.inf
    assert found["truth"].error.tolist() == pytest.approx(apart.min(1).values.tolist(), rel=1e-4)
    assert found.seen == 2
    with pytest.raises(InputError, match="other than the held-out ones"):
        ivom({"m": Memorizer(real[:2])}, real[:1], real[:1], tries=10, steps=0, own=0)


def test_intervals_are_students_and_differences_are_paired() -> None:
    x, real = torch.rand(9, 1, 4, 4), torch.rand(20, 1, 4, 4)
    found = ivom({"m": Memorizer(real[:5])}, x, real, tries=100, steps=0, own=0)
    row, truth = found["m"], found["truth"]
    for figure, values in ((row.figure, row.error), (row.over, row.error - truth.error)):
        exact = ttest_1samp(values.numpy(), 0).confidence_interval(0.95)
        assert figure.value == pytest.approx(values.mean().item())
        assert figure.interval == pytest.approx((exact.low, exact.high))
    assert row.over.value > 0, "five of twenty are farther than the nearest of all"
    assert (row.figure.n, row.figure.reference, truth.figure.reference) == (9, 0, 20)
    alone = ivom({"m": Memorizer(real[:5])}, x[:1], real, tries=100, steps=0, own=0)["m"]
    assert alone.figure.interval is None
    assert alone.figure.value == pytest.approx(row.error[0].item())


def test_a_row_is_the_same_in_any_company_and_progress_counts_all(gan_run: Path, linear) -> None:
    generator = load_generator(gan_run)
    x, real = torch.rand(2, 3, *generator.shape)
    told: list[tuple[int, int]] = []
    options = {"tries": 20, "starts": 2, "steps": 5, "own": 2}
    both = ivom({"a": generator, "b": generator}, x, real, **options, progress=lambda *at: told.append(at))
    alone = ivom({"b": generator}, x, real, **options)
    assert torch.equal(both["b"].error, alone["b"].error)
    assert torch.equal(both["a"].images, both["b"].images)
    assert told == [(3, 10), (5, 10), (8, 10), (10, 10)]


def test_more_search_comes_nearer_to_what_it_makes(gan_run: Path) -> None:
    """`own` is what the search leaves where the least is 0: no descent leaves much of it."""
    generator = load_generator(gan_run)
    data = load_data("digits:test")
    x, real = data.images(data.subset(9, 0)), load_data("digits:train").images()
    near, far = (ivom({"g": generator}, x, real, steps=steps, tries=200, own=16) for steps in (200, 0))
    assert near["g"].own is not None
    assert far["g"].own is not None
    assert near["g"].own.value < 0.05 * far["g"].own.value
    assert bool((near["g"].error < far["g"].error).all())
    assert near["truth"].figure.value < near["mean"].figure.value


def test_an_encoder_has_a_row_of_its_own() -> None:
    nets, shape = Dense(latent=4, hidden=(16,)), (1, 4, 4)
    generator = nets.generator(shape).train()
    generator.inference = encoder = Encoder(nets.discriminator(shape), 4)
    x = torch.rand(5, *shape)
    found = ivom({"v": generator}, x, torch.rand(4, *shape), tries=20, steps=5, own=0)
    alone = (generate(generator, 5, z=encoder(x).detach()) - x).square().flatten(1).mean(1)
    assert found["v's encoder"].error.tolist() == pytest.approx(alone.tolist(), rel=1e-4)
    assert bool((found["v"].error <= found["v's encoder"].error + 1e-9).all()), "it is begun from"
    assert [row.name for row in found.rows] == ["v", "v's encoder", "truth", "mean"]
    assert generator.training
    assert encoder.training


def test_of_a_conditional_generator_classes_are_found(linear_of_two) -> None:
    y = torch.tensor([0, 1, 1, 0])
    x = generate(linear_of_two, 4, z=0.3 * codes(4, 5, 3), labels=y)
    row = ivom({"c": linear_of_two}, x, torch.rand(4, 1, 4, 4), tries=200, starts=8, lr=0.1, own=2)["c"]
    assert row.error.max() < 1e-4
    assert row.own is not None
    assert row.own.value < 1e-4


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"images": torch.rand(2, 1, 4, 5)}, "held-out and real images of one shape"),
        ({"real": torch.rand(0, 1, 4, 4)}, "held-out and real images of one shape"),
        ({"own": -1}, "expected own >= 0"),
        ({"generators": {}}, "got own 0 and none"),
        ({"starts": 0}, "1 <= starts <= tries"),
    ],
)
def test_bad_input_is_refused(linear, changes: dict[str, object], line: str) -> None:
    given = {"generators": {"g": linear}, "images": torch.rand(2, 1, 4, 4), "real": torch.rand(3, 1, 4, 4), "own": 0}
    with pytest.raises(InputError, match=line):
        ivom(**(given | changes))


def test_names_of_other_rows_are_refused(linear) -> None:
    with pytest.raises(InputError, match="named other than truth and mean"):
        ivom({"truth": linear}, torch.rand(2, 1, 4, 4), torch.rand(3, 1, 4, 4))
    with pytest.raises(InputError, match="expected a row of g, truth, mean, got 'h'"):
        ivom({"g": linear}, torch.rand(2, 1, 4, 4), torch.rand(3, 1, 4, 4), tries=9, steps=0, own=0)["h"]
