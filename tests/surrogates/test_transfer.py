"""The matrix: both denominators by hand, the diagonal is the white box, linear models known in closed form."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

import sparring
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel, load_model
from sparring.surrogates import Transfer
from sparring.surrogates._transfer import cell, default_attack

EPS = 0.2


def column(pixel: int, classes: int = 2) -> nn.Module:
    """Class 1 where one pixel is above one half: images made on it change that pixel, and no other model's."""
    net = nn.Linear(3, classes).requires_grad_(False)
    net.weight.zero_()[1, pixel] = 10.0
    net.bias.zero_()[1] = -5.0
    return net


def named(module: nn.Module, name: str) -> LoadedModel:
    return dataclasses.replace(load_model(module, classes=["dark", "bright"]), text=name)


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Eight images of three pixels, labelled by the first; the second agrees in six of them, the third in all."""
    low, high = 0.4, 0.6
    rows = [[low, low, low], [high, high, high]] * 3 + [[low, high, low], [high, low, high]]
    return Dataset(torch.tensor(rows), torch.tensor([0, 1] * 4), ("dark", "bright"), "rows")


@pytest.fixture(scope="module")
def found(data: Dataset) -> Transfer:
    models = [named(column(0), "first"), named(column(1), "second"), named(column(0), "twin")]
    return sparring.transfer(models, data, f"linf({EPS})", "fgsm", ensemble=True)


def test_both_denominators_by_hand() -> None:
    """Five samples of class 0. The target had the first four right; the source 0, 1 and 4, of which it lost 0 and 4."""
    y = torch.zeros(5, dtype=torch.int64)
    source = torch.tensor([0, 0, 1, 1, 0]), torch.tensor([1, 0, 1, 1, 1])
    target = torch.tensor([0, 0, 0, 0, 1]), torch.tensor([1, 1, 0, 1, 1])
    found = cell("t", y, source, target, white_box=False)
    assert (found["of_right"]["count"], found["of_right"]["of"]) == (3, 4)
    assert (found["of_broken"]["count"], found["of_broken"]["of"]) == (1, 1)


def test_models_of_the_same_pixel_fool_each_other_and_no_other(found: Transfer) -> None:
    assert found.cell("first", "twin")["of_right"]["share"] == 1
    assert found.cell("first", "second")["of_right"] | {"interval": 0} == {
        "count": 0, "of": 6, "share": 0.0, "interval": 0,
    }  # fmt: skip


def test_samples_that_a_model_has_wrong_before_count_nowhere(found: Transfer) -> None:
    """T45, T50: the second model has two of eight wrong, and `of_broken` needs the source to have it right as well."""
    clean = {model["name"]: model["clean"]["share"] for model in found.result["models"]}
    assert clean == {"first": 1.0, "second": 0.75, "twin": 1.0}
    assert found.cell("second", "first")["of_right"]["of"] == 8
    assert found.cell("second", "first")["of_broken"]["of"] == 6


def test_the_diagonal_is_the_white_box(found: Transfer, data: Dataset) -> None:
    x, y = data.take()
    for name, net in (("first", column(0)), ("second", column(1))):
        alone = sparring.attack(net, x, y, "fgsm", f"linf({EPS})")
        diagonal = found.cell(name, name)
        assert diagonal["white_box"]
        assert diagonal["of_right"]["share"] == alone.success_rate == 1
        assert diagonal["of_broken"] == diagonal["of_right"]


def test_the_mean_of_the_others_leaves_the_target_out(found: Transfer) -> None:
    """For the second it is made on two models of the first pixel; for the first, on one of each."""
    assert found.cell("mean of the others", "second")["of_right"]["share"] == 0
    assert found.cell("mean of the others", "first")["of_broken"]["share"] == 1
    moved = (found.ensembles["second"] - found.originals).abs() > 1e-6
    assert not moved[:, 1:].any()
    assert (found.ensembles["first"] - found.originals).abs()[:, 1].gt(0.1).all()


def test_it_is_the_same_again_and_its_images_are_inside(data: Dataset, found: Transfer) -> None:
    models = [named(column(0), "first"), named(column(1), "second"), named(column(0), "twin")]
    again = sparring.transfer(models, data, f"linf({EPS})", "fgsm", ensemble=True)
    timeless = [{**each.result, "seconds": 0} for each in (again, found)]
    assert timeless[0] == timeless[1]
    for images in (*found.images.values(), *found.ensembles.values()):
        assert (images - found.originals).abs().max() <= EPS + 1e-6


def test_a_model_without_gradients_is_a_target_only(data: Dataset) -> None:
    closed = dataclasses.replace(named(column(0), "closed"), access="decision")
    found = sparring.transfer([named(column(0), "open"), closed], data, f"linf({EPS})", "fgsm", ensemble=True)
    assert [row["source"] for row in found.result["rows"]] == ["open", "mean of the others"]
    assert found.cell("open", "closed")["of_right"]["share"] == 1
    # Nothing is left to make images on for `open` when it is the target.
    assert [each["target"] for each in found.result["rows"][1]["cells"]] == ["closed"]


def test_models_of_one_name_are_told_apart(data: Dataset) -> None:
    found = sparring.transfer([column(0), column(1)], data, f"linf({EPS})", "fgsm")
    assert [model["name"] for model in found.result["models"]] == ["Linear", "Linear (2)"]


def test_what_is_no_matrix_is_refused(data: Dataset) -> None:
    one = named(column(0), "one")
    with pytest.raises(InputError, match="at least two models, got 1"):
        sparring.transfer([one], data, "linf(0.1)")
    closed = [dataclasses.replace(one, access="scores"), dataclasses.replace(one, access="decision")]
    with pytest.raises(InputError, match="at least one model with gradients"):
        sparring.transfer(closed, data, "linf(0.1)")
    turned = dataclasses.replace(one, classes=("bright", "dark"))
    with pytest.raises(InputError, match="same classes in the same order"):
        sparring.transfer([one, turned], data, "linf(0.1)")
    with pytest.raises(InputError, match="a source and a target of this matrix, got 'one' and 'three'"):
        sparring.transfer([one, named(column(0), "two")], data, "linf(0.1)").cell("one", "three")


def test_the_default_attack_fits_the_data(data: Dataset) -> None:
    assert "diversity" in default_attack((1, 28, 28))
    assert "diversity" not in default_attack((64,))
    assert sparring.transfer([column(0), column(1)], data, "linf(0.1)").result["attack"] == "mi_fgsm(steps=20)"


class Guarded(nn.Module):
    """Class by the first pixel, but refuses what lies between 0.45 and 0.55, and very bright images."""

    rejects = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        v = x[:, 0]
        refuse = ((v - 0.5).abs() < 0.15) & ((v - 0.4).abs() > 1e-3) & ((v - 0.6).abs() > 1e-3)
        return torch.stack([5 - 10 * v, 10 * v - 5, torch.where(refuse, 9.0, -9.0)], 1)


def test_a_refusal_fools_nobody(data: Dataset) -> None:
    """T42: images of the first model cross its boundary by 0.1, where this target refuses to answer."""
    guarded = dataclasses.replace(load_model(Guarded(), classes=["dark", "bright"]), text="guarded")
    near, far = (
        sparring.transfer([named(column(0), "first"), guarded], data, f"linf({eps})", "fgsm").cell("first", "guarded")
        for eps in (0.17, 0.35)
    )
    assert near["of_right"]["of"] == far["of_right"]["of"] == 8
    assert near["of_right"]["count"] == near["of_broken"]["count"] == 0
    assert far["of_right"]["count"] == 8
