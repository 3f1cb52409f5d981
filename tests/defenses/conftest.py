"""Rounds on nets small enough for the loss to be written down by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sparring.core.mirror import Mirror
from sparring.core.seeds import Streams, index_keys
from sparring.data import Dataset
from sparring.defenses import Round, Setting
from sparring.games import Batch
from sparring.registry import parse


class Recorded:
    """A net that keeps what it is shown."""

    def __init__(self, net: nn.Module) -> None:
        self.net, self.seen = net, list[Tensor]()

    def __call__(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        out: Tensor = self.net(x)
        return out

    def modules(self):
        return self.net.modules()


def linear(classes: int = 3, pixels: int = 6, seed: int = 0) -> nn.Module:
    """A linear net of features (n, pixels), with weights that are not small."""
    torch.manual_seed(seed)
    net = nn.Linear(pixels, classes)
    with torch.no_grad():
        net.weight.copy_(2 * torch.randn(classes, pixels))
        net.bias.copy_(-net.weight.sum(1) / 2 + 0.3 * torch.randn(classes))
    return net


def binary(pixels: int = 6) -> nn.Module:
    """Logits (0, w·x + b): the cross-entropy of y = ±1 is softplus(−y (w·x + b))."""
    net = linear(2, pixels)
    with torch.no_grad():
        net.weight[0], net.bias[0] = 0, 0
    return net


def normed() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))


def inside(n: int = 5, shape: tuple[int, ...] = (6,)) -> Tensor:
    """Images far from the box, so that ε up to 0.2 is not cut."""
    return 0.4 + 0.2 * torch.rand(n, *shape, generator=torch.Generator().manual_seed(4))


def make(net: Any, x: Tensor, y: Tensor, threat: str = "linf(0.1)", **given: Any) -> Round:
    """A round on these very images; `net` is what is trained, its mirror is of the module within."""
    module = getattr(net, "net", net)
    mirror = given.pop("mirror", None) or Mirror(module, x[:2])
    mirror.refresh()
    index, seed = given.pop("index", torch.arange(len(x))), given.pop("seed", 11)
    options = {key: given.pop(key) for key in ("prepared", "memory", "figures") if key in given}
    batch = Batch(x, y, index, seed, **given)
    classes = module(x[:1]).shape[1] if not module.training else 3
    streams = Streams(index_keys(index, seed))
    return Round(batch, net, mirror, parse(threat), classes, streams, **options)  # type: ignore[arg-type]


def setting(net: nn.Module, data: Dataset, threat: str, plain: Callable[..., nn.Module]) -> Setting:
    return Setting(
        net,
        None,
        data,
        len(data.classes),
        parse(threat),
        0,
        None,
        plain,
        torch.device("cpu"),  # type: ignore[arg-type]
    )


@pytest.fixture
def kit():
    """The helpers above, by name."""
    names = {each.__name__: staticmethod(each) for each in (linear, binary, normed, inside, make, setting)}
    return type("Kit", (), {**names, "Recorded": Recorded})
