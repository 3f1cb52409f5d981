"""The fast twin: folding is exact, what cannot be folded is left alone, what does not agree is not used."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core import twin as twin_module
from sparring.core.twin import Twin, fast_twin, fold_batch_norms

X = torch.rand(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin_module, "has_fast_bfloat16", lambda device: False)


def lively(net: nn.Module) -> nn.Module:
    """Give batch norms statistics and weights that a wrong fold would show, and freeze the net in eval mode."""
    generator = torch.Generator().manual_seed(3)
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None:
            for tensor, low in (
                (module.running_mean, -1.0),
                (module.running_var, 0.3),
                (module.weight, 0.5),
                (module.bias, -1.0),
            ):
                if tensor is not None:
                    tensor.data.copy_(low + 2 * torch.rand(tensor.shape, generator=generator))
    return net.eval().requires_grad_(False)


class Tail(nn.Module):
    """A net whose last layers are the same; `body` gives (n, 6, h, w)."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))  # type: ignore[no-any-return]


class Residual(nn.Module):
    """The convolution's output is read by the batch norm and by a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y + self.norm(y).relu()


class TwoNorms(Residual):
    """The convolution's output goes through two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.BatchNorm2d(6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return self.norm(y) * self.other(y)


class SharedNorm(Residual):
    """One batch norm serves two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.second = nn.Conv2d(6, 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.second(self.norm(self.conv(x)).relu()))


class InPlace(Residual):
    """An in-place ReLU between convolution and batch norm, which hands on the very same tensor."""

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(self.conv(x), inplace=True))


class Standardized(nn.Conv2d):
    """A convolution that normalizes its weights: scaling them in the fold has no effect."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight / self.weight.flatten(1).norm(dim=1).view(-1, 1, 1, 1), self.bias)


BODIES = {
    "plain": lambda: nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU()),
    "with bias": lambda: nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU()),
    "grouped": lambda: nn.Sequential(nn.Conv2d(3, 6, 3, groups=3, stride=2, padding=1), nn.BatchNorm2d(6)),
    "not affine": lambda: nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, affine=False)),
    "residual": Residual,
    "two norms": TwoNorms,
    "shared norm": SharedNorm,
    "in place": InPlace,
    "standardized": lambda: nn.Sequential(Standardized(3, 6, 3), nn.BatchNorm2d(6)),
    "norm first": lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 6, 3)),
    "no statistics": lambda: nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, track_running_stats=False)),
    "reused": lambda: nn.Sequential(*[nn.Conv2d(3, 3, 3, padding=1)] * 2, nn.BatchNorm2d(3), nn.Conv2d(3, 6, 3)),
}
FOLDS = {"plain", "with bias", "grouped", "not affine"}


@pytest.mark.parametrize("name", BODIES)
def test_the_twin_gives_the_same_logits_and_gradients(name: str) -> None:
    """T20, T47: to float32 rounding, whatever the net looks like; and the net itself is not changed."""
    torch.manual_seed(0)
    net = lively(Tail(BODIES[name]()))
    state = {key: value.clone() for key, value in net.state_dict().items()}
    twin, passes = fast_twin(net, X, net(X), exact=False)
    assert isinstance(twin, Twin)
    assert 3 <= passes <= 9
    torch.testing.assert_close(twin(X), net(X), rtol=1e-4, atol=1e-4)
    slopes = []
    for model in (twin, net):
        x = X.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(model(x)[:, 1].sum(), x)
        slopes.append(slope)
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-3, atol=1e-5)
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    folded = not any(isinstance(m, nn.BatchNorm2d) for m in twin.modules())
    assert folded == (name in FOLDS)


def test_folding_alone_is_exact_in_float64() -> None:
    torch.manual_seed(0)
    net = lively(Tail(BODIES["grouped"]())).double()
    want = net(X.double())
    fold_batch_norms(net, X.double())
    assert any(isinstance(m, nn.Identity) for m in net.modules())
    torch.testing.assert_close(net(X.double()), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(BODIES) - {"residual", "standardized"}))
def test_folding_alone_leaves_alone_what_it_can_see_is_not_a_pair(name: str) -> None:
    """Something written between convolution and norm, two readers, two calls: seen without comparing logits."""
    torch.manual_seed(0)
    net = lively(Tail(BODIES[name]())).double()
    want = net(X.double())
    torch.testing.assert_close(fold_batch_norms(net, X.double())(X.double()), want, rtol=1e-10, atol=1e-10)


def test_a_norm_in_train_mode_is_not_folded() -> None:
    """T27: its statistics are those of the batch."""
    net = lively(Tail(BODIES["plain"]()))
    net.body[1].train()  # type: ignore[index]
    fold_batch_norms(net, X)
    assert isinstance(net.body[1], nn.BatchNorm2d)  # type: ignore[index]


class Locked(Tail):
    """A model that holds what cannot be copied."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 6, 3))
        self.lock = threading.Lock()


def test_models_that_have_no_twin_are_used_as_they_are() -> None:
    """No convolution, a function, float64, half precision, or something that cannot be copied."""
    double = lively(Tail(nn.Conv2d(3, 6, 3))).double()
    for model, x in (
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 4)), X),
        (lambda z: z.mean((2, 3)), X),
        (double, X.double()),
        (lively(Tail(nn.Conv2d(3, 6, 3))).bfloat16(), X.bfloat16()),
        (lively(Locked()), X),
    ):
        twin, _ = fast_twin(model, x, model(x), exact=False)
        assert twin is model


@pytest.mark.parametrize("agrees", [True, False])
def test_bfloat16_is_used_only_where_it_agrees(monkeypatch: pytest.MonkeyPatch, agrees: bool) -> None:
    """T47: a net whose classes differ by less than bfloat16 can tell falls back to float32; exact never asks."""
    monkeypatch.setattr(twin_module, "has_fast_bfloat16", lambda device: True)
    torch.manual_seed(0)
    net = lively(Tail(BODIES["plain"]()))
    if not agrees:
        norm, head = net.body[1], net.head  # type: ignore[index]
        norm.bias.fill_(300.0)  # features that differ by less than bfloat16's steps, whose mean the head does not see
        head.weight.sub_(head.weight.mean(1, keepdim=True))  # type: ignore[operator, union-attr]
    twin, _ = fast_twin(net, X, net(X), exact=False)
    assert isinstance(twin, Twin)
    assert twin.dtype == (torch.bfloat16 if agrees else torch.float32)
    assert twin(X).dtype == torch.float32
    exact, _ = fast_twin(net, X, net(X), exact=True)
    assert isinstance(exact, Twin)
    assert exact.dtype == torch.float32


class MakesFloats(Tail):
    """A net that makes a float32 constant of its own, which does not mix with bfloat16."""

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)) @ torch.eye(6))  # type: ignore[no-any-return]


def test_a_net_that_breaks_in_bfloat16_keeps_its_float32_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin_module, "has_fast_bfloat16", lambda device: True)
    torch.manual_seed(0)
    net = lively(MakesFloats(BODIES["plain"]()))
    twin, _ = fast_twin(net, X, net(X), exact=False)
    assert isinstance(twin, Twin)
    assert twin.dtype == torch.float32


def test_small_logits_are_held_to_a_small_tolerance() -> None:
    """A thousandth of the spread, not of 1: else any copy would do for a net with tiny logits."""
    torch.manual_seed(0)
    net = lively(Tail(BODIES["plain"]()))
    wrong = net(X) * 1e-5 * 1.1
    net.head.weight.mul_(1e-5)  # type: ignore[operator, union-attr]
    net.head.bias.mul_(1e-5)  # type: ignore[operator, union-attr]
    assert fast_twin(net, X, wrong, exact=True)[0] is net
    assert fast_twin(net, X, net(X), exact=True)[0] is not net


def test_the_head_stays_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logits are not rounded to bfloat16: a random search could not rank images that differ by a few pixels."""
    monkeypatch.setattr(twin_module, "has_fast_bfloat16", lambda device: True)
    torch.manual_seed(0)
    net = lively(Tail(BODIES["plain"]()))
    twin, _ = fast_twin(net, X, net(X), exact=False)
    logits = twin(X)
    assert isinstance(twin, Twin)
    assert twin.dtype == torch.bfloat16
    assert not torch.equal(logits, logits.bfloat16().float())
