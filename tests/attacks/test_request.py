"""Everything a user can get wrong is met before a pass is spent, in one line: expected, got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Attack
from sparring.attacks._request import check_access
from sparring.attacks._search import Search
from sparring.errors import InputError

NET = nn.Linear(4, 3)
X, Y = torch.full((2, 4), 0.5), NET(torch.full((2, 4), 0.5)).argmax(1)


@dataclass(frozen=True)
class Targeted(Attack):
    goals = "targeted"
    norms = ("l2",)

    def passes(self, classes: int) -> int:
        return 0

    def run(self, search: Search) -> None:
        return None


@dataclass(frozen=True)
class Untargeted(Targeted):
    goals = "untargeted"


def refused(**change: Any) -> str:
    call: dict[str, Any] = {"model": NET, "x": X, "y": Y, "attack": "fgsm", "threat": "linf(0.1)"} | change
    with pytest.raises(InputError) as caught:
        sparring.attack(**call)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"attack": "pdg"}, "'pgd'"),
        ({"attack": "linf(0.1)"}, "expected an attack, got 'linf'"),
        ({"attack": 3}, "got int"),
        ({"attack": "pgd(step=3)"}, "did you mean 'steps'"),
        ({"attack": "pgd(steps=0)"}, "expected steps >= 1"),
        ({"attack": "pgd(loss=cee)"}, "did you mean 'ce'"),
        ({"threat": None}, "expected a threat for fgsm, got none: give one such as 'linf"),
        ({"threat": "linf(0)"}, "expected eps > 0"),
        ({"threat": "linf(-1)"}, "expected eps > 0"),
        ({"threat": "lnf(0.1)"}, "did you mean 'linf'"),
        ({"threat": "linf(inf)"}, "expected a finite eps for fgsm"),
        ({"attack": Targeted(), "threat": "linf(0.1)"}, "expected a threat in l2 for"),
        ({"attack": Targeted(), "threat": "l2(0.1)"}, "which only reaches classes, got none"),
        ({"attack": Untargeted(), "threat": "l2(0.1)", "targets": 1}, "which only leaves labels, got targets"),
        ({"model": 7}, "expected a model: a torch module or a callable, got int"),
        ({"model": nn.Linear(5, 3)}, r"expected a model that takes torch.float32 images of shape \(4,\), got an error"),
        ({"model": lambda x: NET(x).argmax(1)}, "expected logits of shape"),
        ({"model": lambda x: NET(x).argmax(1, keepdim=True).expand(-1, 3)}, "if these are labels"),
        ({"model": lambda x: NET(x)[:, :1]}, r"classes >= 2.*got \(2, 1\)"),
        ({"model": lambda x: (NET(x), x)}, "got tuple"),
        ({"model": lambda x: NET(x) * float("nan")}, "expected finite logits, got NaN or inf for 2 of 2"),
        ({"model": lambda x: NET(x).softmax(1)}, "expected logits, got probabilities"),
        ({"model": lambda x: NET(x).detach()}, "expected a model with gradients"),
        ({"x": X.numpy()}, "expected images as a torch.Tensor"),
        ({"x": X[0]}, r"expected a batch of images \(n, ...\)"),
        ({"x": X[:0]}, "with n >= 1"),
        ({"x": X[:, :0]}, "with n >= 1"),
        ({"x": (X * 255).to(torch.uint8)}, r"float\(\) / 255"),
        ({"x": X.bfloat16()}, "expected images in float32 or float64, got torch.bfloat16"),
        ({"x": X.where(X < 0, torch.nan)}, "expected finite pixels, got NaN or inf in 2 images"),
        ({"x": X * 255}, r"expected pixels in \[0, 1\], got \[127.5, 127.5\] \(2 of 2 images outside\)"),
        ({"x": X + 0.5001}, r"got \[1.00010002"),
        ({"y": [0, 1]}, "expected labels as a torch.Tensor"),
        ({"y": Y.float()}, "expected labels as integers"),
        ({"y": Y > 0}, "expected labels as integers, got torch.bool"),
        ({"y": Y[:1]}, "expected 2 labels, one an image"),
        ({"y": torch.tensor([0, 3])}, r"labels in \[0, 2\] for a model with 3 classes, got 3 at image 1"),
        ({"y": torch.tensor([-1, 0])}, "got -1 at image 0"),
        ({"targets": 3}, r"expected targets in \[0, 2\]"),
        ({"targets": -1}, "got -1 at image 0"),
        ({"targets": Y}, "expected targets other than the labels"),
        ({"targets": Y, "y": None}, "expected targets other than the labels"),
        ({"targets": (Y + 1).float() % 3}, "expected targets as integers"),
        ({"targets": [1, 2]}, "expected targets as a class or a torch.Tensor"),
        ({"targets": "iguana"}, "expected targets as a class or a torch.Tensor"),
        ({"targets": torch.tensor([0, 1, 2])}, "expected 2 targets"),
        ({"budget": 1}, "expected a budget of at least 2"),
        ({"batch_size": 0}, "expected batch_size >= 1"),
        ({"valid": "png"}, "expected valid='8bit' or None"),
    ],
)
def test_bad_input_is_refused_in_one_line(change: dict[str, Any], words: str) -> None:
    call: dict[str, Any] = {"model": NET, "x": X, "y": Y, "attack": "fgsm", "threat": "linf(0.1)"} | change
    with pytest.raises(InputError, match=words) as caught:
        sparring.attack(**call)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("expected ")
    assert ", got " in message


def test_a_wrong_label_far_down_is_named_by_its_place_in_the_whole() -> None:
    """Before the first batch is attacked, not in the middle of the night."""
    seen: list[int] = []

    def model(x: Tensor) -> Tensor:
        seen.append(len(x))
        return NET(x)

    x = X[:1].expand(50, 4)
    y = Y[:1].expand(50).clone()
    y[41] = 9
    assert "got 9 at image 41 (1 of 50 out of range)" in refused(model=model, x=x, y=y, batch_size=10)
    assert seen == [10]


def test_numpy_integers_are_classes() -> None:
    target = np.int64((int(Y[0]) + 1) % 3)
    found = sparring.attack(NET, X, Y, "pgd", "linf(30, bounds=(-30, 30))", targets=target)  # type: ignore[arg-type]
    assert found.targets is not None
    assert found.targets.tolist() == [int(target)] * 2
    assert bool(found.success.all())


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32])
def test_labels_of_any_integer_type(dtype: torch.dtype) -> None:
    assert len(sparring.attack(NET, X, Y.to(dtype), "fgsm", "linf(0.1)")) == 2


def test_rounding_of_normalized_edges_is_no_reason_to_refuse() -> None:
    """T15: (0 − mean) / std in float32 lies an ulp outside the bound worked out in float64."""
    x = torch.nextafter(torch.ones(1, 4), torch.tensor(2.0))
    found = sparring.attack(NET, x, None, "fgsm", "linf(0.1)")
    assert float(found.images.max()) <= 1.0


def test_a_victim_that_shows_too_little_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"expected a victim that gives its gradient for .*, got decision only: there is"
    ):
        check_access(Targeted(), "decision")
    check_access(Targeted(), "gradient")
