"""What is hidden in a model comes to light: the inner net's own gradient, whatever stands before or behind it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.models.thermometer import Code
from sparring.victims._reveal import Revealed, reveal, watch

Hiding = Callable[[nn.Module, Tensor], Tensor]


class Hidden(nn.Module):
    """A net that is asked through a function of it and of the images."""

    def __init__(self, net: nn.Module, hiding: Hiding) -> None:
        super().__init__()
        self.net, self.hiding = net, hiding

    def forward(self, x: Tensor) -> Tensor:
        return self.hiding(self.net, x)


def no_grad(net: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return net(x)


@torch.no_grad()
def decorated(net: nn.Module, x: Tensor) -> Tensor:
    return net(x).softmax(-1)


def inference_mode(net: nn.Module, x: Tensor) -> Tensor:
    with torch.inference_mode():
        return net(x)


def through_numpy(net: nn.Module, x: Tensor) -> Tensor:
    return net(torch.tensor(np.round(x.detach().cpu().numpy() * 32) / 32))


def jpeg(net: nn.Module, x: Tensor) -> Tensor:
    files = []
    for image in x:
        file = io.BytesIO()
        Image.fromarray((image[0] * 255).byte().cpu().numpy()).save(file, "JPEG", quality=90)
        files.append(torch.from_numpy(np.array(Image.open(file))).float()[None] / 255)
    return net(torch.stack(files))


def written_into(net: nn.Module, x: Tensor) -> Tensor:
    x.round_(decimals=2)
    return net(x)


def divided_into(net: nn.Module, x: Tensor) -> Tensor:
    x *= 32
    x += 0.5
    x //= 1
    return net(x / 32)


EXACT: dict[str, Hiding] = {
    "detach": lambda net, x: net(x.detach()),
    "detach_": lambda net, x: net((x * 1).detach_()),
    "data": lambda net, x: net(x.data),
    "no_grad": no_grad,
    "no_grad around softmax": decorated,
    "inference_mode": inference_mode,
    "one-hot": lambda net, x: F.one_hot(net(x).argmax(1), 10).float(),
    "label indices": lambda net, x: net(x).argmax(1),
    "softmax": lambda net, x: net(x).softmax(1),
    "sharp tanh": lambda net, x: torch.tanh(1e3 * net(x)),
    "numpy at the end": lambda net, x: torch.from_numpy(net(x).detach().numpy()),
    "a list at the end": lambda net, x: torch.tensor(net(x).tolist()),
}
"""What stands behind the net or only cuts the graph: the gradient found is that of the net, bit for bit."""

NEAR: dict[str, Hiding] = {
    "round": lambda net, x: net(torch.round(x * 32) / 32),
    "round method": lambda net, x: net((x * 32).round() / 32),
    "written into": written_into,
    "floor": lambda net, x: net(torch.floor(x * 32 + 0.5) / 32),
    "floor division written into": divided_into,
    "floor division": lambda net, x: net((x * 32 + 0.5) // 1 / 32),
    "sign": lambda net, x: net(x + 0.01 * torch.sign(x - 0.5) - 0.01 * (x - 0.5)),
    "uint8": lambda net, x: net((x * 255).byte().float() / 255),
    "to uint8": lambda net, x: net((x * 255).round().to(torch.uint8).to(torch.float32) / 255),
    "through numpy": through_numpy,
    "jpeg": jpeg,
    "sine": lambda net, x: net(x + 0.01 * torch.sin(1000 * x)),
}
"""What changes the image a little: the gradient found is nearly that of the net at the image itself."""


def slope(model: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    """The gradient of the lead of the right class over the sum of all."""
    probe = x.clone().requires_grad_(True)
    logits = model(probe)
    (found,) = torch.autograd.grad((10 * logits.gather(1, y[:, None]).sum() - logits.sum()), probe)
    return found


def scores_of(model: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        answer = model(x.clone())
    return F.one_hot(answer, 10).float() if answer.ndim == 1 else answer


def best_view(model: nn.Module, x: Tensor, y: Tensor, want: Tensor) -> tuple[float, Revealed | None]:
    """As an audit does: of the three bridges the best."""
    found = []
    for bridge in ("none", "lost", "all"):
        view = reveal(model, x, 10, bridge)
        if view is not None:
            found.append((float(F.cosine_similarity(slope(view, x, y).flatten(1), want.flatten(1)).mean()), view))
    return max(found, key=lambda each: each[0], default=(0.0, None))


@pytest.fixture
def table(digits_net: tuple[nn.Module, Tensor, Tensor]) -> tuple[nn.Module, Tensor, Tensor]:
    net, x, y = digits_net
    return net, x[:16], y[:16]


def test_an_honest_net_is_revealed_as_itself(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = table
    for bridge in ("none", "lost", "all"):
        view = reveal(net, x, 10, bridge)
        assert view is not None
        assert torch.equal(view(x), net(x))
        assert torch.equal(slope(view, x, y), slope(net, x, y)), bridge


@pytest.mark.parametrize("hiding", EXACT.values(), ids=EXACT)
def test_t33_what_only_cuts_the_graph_leaves_the_gradient_of_the_net(
    hiding: Hiding, table: tuple[nn.Module, Tensor, Tensor]
) -> None:
    """T33, T3, T4: missing gradients, softmax and saturation hide nothing."""
    net, x, y = table
    model = Hidden(net, hiding)
    view = reveal(model, x, 10, "none")
    assert view is not None
    torch.testing.assert_close(view(x), net(x), rtol=0, atol=0)
    torch.testing.assert_close(slope(view, x, y), slope(net, x, y), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("hiding", NEAR.values(), ids=NEAR)
def test_t33_what_is_done_to_the_image_is_gone_through(hiding: Hiding, table: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T33: rounding, files and waves in front of the net, by the identity in the backward pass."""
    net, x, y = table
    model = Hidden(net, hiding)
    alike, view = best_view(model, x, y, slope(net, x, y))
    assert view is not None
    assert alike > 0.9
    assert torch.equal(view(x).argmax(1), scores_of(model, x).argmax(1))


@pytest.mark.parametrize("hiding", [*EXACT.values(), *NEAR.values()], ids=[*EXACT, *NEAR])
@pytest.mark.parametrize("bridge", ["none", "lost", "all"])
def test_the_answer_is_the_models_own(hiding: Hiding, bridge: str, table: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, _ = table
    model = Hidden(net, hiding)
    if hiding is jpeg and bridge == "none":  # whose casts stay floats, which no file takes
        assert reveal(model, x, 10, "none") is None
        return
    before = x.clone()
    answer, _ = watch(model, x, 10, bridge)  # type: ignore[arg-type]
    with torch.no_grad():
        want = model(x.clone())
    assert torch.equal(x, before), "the images were written into"
    torch.testing.assert_close(torch.as_tensor(answer).detach().to(want.dtype), want, rtol=1e-4, atol=1e-4)


def test_comparisons_have_the_slope_of_a_sigmoid() -> None:
    """T33: a thermometer code, against the closed form of its soft slope."""
    code, weights = Code(4), torch.randn(4 * 3, 5)
    model = nn.Sequential(code, nn.Flatten(), nn.Linear(12, 5, bias=False))
    model[2].weight.data = weights.T.contiguous()
    x = torch.rand(8, 1, 3)
    view = reveal(model, x, 5, "none")
    assert view is not None
    assert torch.equal(view(x), model(x))
    probe = x.clone().requires_grad_(True)
    (found,) = torch.autograd.grad(view(probe)[:, 2].sum(), probe)
    soft = torch.sigmoid((x[:, :, None] - code.marks.view(4, 1)) / 0.1)
    want = (soft * (1 - soft) / 0.1 * weights[:, 2].view(4, 3)).sum(2)
    torch.testing.assert_close(found, want, rtol=1e-4, atol=1e-4)


def test_a_single_image_is_looked_into_too(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = table
    view = reveal(Hidden(net, EXACT["one-hot"]), x, 10, "none")
    assert view is not None
    assert view(x[:1]).shape == (1, 10)
    torch.testing.assert_close(slope(view, x[:1], y[:1]), slope(net, x[:1], y[:1]), rtol=1e-4, atol=1e-5)


def opaque(net: nn.Module, x: Tensor) -> Tensor:
    """Values leave as Python numbers, and come back where nothing is watched."""
    values = x.detach().cpu().numpy().tolist()
    with torch._C.DisableTorchFunction(), torch.no_grad():
        return net(torch.tensor(values))


def test_what_cannot_be_watched_is_told_apart(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, _ = table
    model = Hidden(net, opaque)
    for bridge in ("none", "lost", "all"):
        assert reveal(model, x, 10, bridge) is None


def test_a_tensor_that_disagrees_with_the_answer_is_not_taken(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    """A decoy of the right shape stands first; only what says what the model says counts."""
    net, x, y = table
    decoy = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def two_headed(inner: nn.Module, images: Tensor) -> Tensor:
        return (0 * decoy(images)).detach() + inner(images).softmax(1)

    view = reveal(Hidden(net, two_headed), x, 10, "none")
    assert view is not None
    torch.testing.assert_close(slope(view, x, y), slope(net, x, y), rtol=1e-4, atol=1e-5)


def test_t32_labels_of_a_random_model_are_held_against_the_same_pass(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T32: the next pass gives other labels, and the logits inside are there all the same."""
    net, x, _ = table

    def flipping(inner: nn.Module, images: Tensor) -> Tensor:
        logits = inner(images)
        return torch.where(torch.rand(len(images), 1) < 0.5, -logits, logits).argmax(1)

    view = reveal(Hidden(net, flipping), x, 10, "none")
    assert view is not None
    same = view(x).sign() == net(x).sign()
    assert 0 < int(same.all(1).sum()) < len(x)


def test_a_constant_model_reveals_nothing() -> None:
    x = torch.rand(4, 3)
    assert reveal(Hidden(nn.Identity(), lambda _, z: torch.eye(3)[[0] * len(z)] + 0 * z), x, 3, "all") is None


@pytest.mark.parametrize("grad", [True, False])
def test_global_state_is_as_it_was_after_an_error(grad: bool) -> None:
    def breaks(_: nn.Module, x: Tensor) -> Tensor:
        with torch.no_grad():
            raise RuntimeError("out of paper")

    mode = torch._C._InferenceMode
    with torch.set_grad_enabled(grad):
        with pytest.raises(RuntimeError, match="out of paper"):
            watch(Hidden(nn.Identity(), breaks), torch.rand(2, 3), 3, "all")
        assert reveal(Hidden(nn.Identity(), breaks), torch.rand(2, 3), 3, "all") is None
        assert torch.is_grad_enabled() == grad
    assert torch._C._InferenceMode is mode
    with torch.inference_mode():
        assert torch.zeros(1).is_inference()


def test_a_model_that_takes_another_path_says_so(table: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, _ = table
    view = Revealed(net, 10, 5, 6, "none")
    with pytest.raises(RuntimeError, match="another path"):
        view(x)
