"""Images that a file can hold: written as PNG, read back, still adversarial, still inside (T14)."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import sparring
from sparring.attacks._valid import as_eight_bit, inside, usable
from sparring.core.levels import from_bytes, to_bytes
from sparring.errors import InputError
from sparring.threats.l2 import L2
from sparring.threats.linf import Linf


def through_png(images: Tensor) -> np.ndarray:
    """Write each image (3, h, w) to PNG bytes and read it back, as an independent reader would."""
    read = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(to_bytes(image).permute(1, 2, 0).numpy()).save(file, "PNG")
        read.append(np.asarray(Image.open(io.BytesIO(file.getvalue()))))
    return np.stack(read)


def setup(n: int = 24) -> tuple[nn.Module, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 4))
    x = torch.randint(0, 256, (n, 3, 8, 8), generator=generator, dtype=torch.uint8)
    return net, x, net(from_bytes(x)).argmax(1)


@pytest.mark.parametrize(
    ("threat", "levels"),
    [("linf(4/255)", 4), ("linf(0.017)", 4), ("linf(1/255)", 1), ("l2(0.35)", None), ("l1(6)", None)],
)
@pytest.mark.parametrize("divide", [lambda k: k.float() / 255, lambda k: k.float() * (1 / 255)])
def test_png_written_and_read_back_is_adversarial_and_inside(threat: str, levels: int | None, divide: object) -> None:
    """T14: whichever way the user made floats of bytes."""
    net, k, y = setup()
    found = sparring.attack(net, divide(k), y, "pgd(steps=20)", threat, valid="8bit")  # type: ignore[operator]
    won = found.success & found.clean_correct
    assert int(won.sum()) > 0
    read = through_png(found.images[won])
    again = torch.tensor(read.astype(np.float32) / np.float32(255)).permute(0, 3, 1, 2)
    assert torch.equal(again, found.images[won])
    assert bool((net(again).argmax(1) != y[won]).all())
    change = (read.astype(int) - k[won].permute(0, 2, 3, 1).numpy().astype(int)).reshape(len(read), -1)
    if levels is not None:
        assert np.abs(change).max() == levels
    elif threat == "l2(0.35)":
        assert np.sqrt((change**2).sum(1)).max() <= 0.35 * 255
    else:
        assert np.abs(change).sum(1).max() <= 6 * 255


def test_without_it_rounding_would_leave_the_ball() -> None:
    """T14: ε = 4.4/255 rounds to 5 levels nowhere; 4.6/255 would, were it not rounded toward the original."""
    net, k, y = setup()
    found = sparring.attack(net, from_bytes(k), y, "fgsm", "linf(0.01805)", valid="8bit", early_stop=False)
    change = (to_bytes(found.strongest).int() - k.int()).abs()
    assert int(change.max()) == 4


def test_rounding_goes_to_the_nearest_level_inside_and_toward_the_original_outside() -> None:
    x = from_bytes(torch.tensor([[100, 100]]))
    threat = Linf(2.6 / 255)
    z = torch.tensor([[101.6 / 255, 102.6 / 255]])
    assert (as_eight_bit(threat, x, z) * 255).round().tolist() == [[101.0, 102.0]]
    assert (as_eight_bit(Linf(3 / 255), x, z) * 255).round().tolist() == [[102.0, 103.0]]


def test_exactly_eps_in_levels_is_inside_at_every_level() -> None:
    """T9, T14: k/255 in float32 is off by more than the slack on ε; levels are compared instead."""
    k = torch.arange(251)
    x, z = from_bytes(k)[:, None], from_bytes(k + 4)[:, None]
    assert not bool(Linf(4 / 255).contains(x, z).all()), "if floats sufficed, this would not be needed"
    assert bool(inside(Linf(4 / 255), x, z, eight_bit=True).all())
    assert not bool(inside(Linf(3.9 / 255), x, z, eight_bit=True).any())
    assert bool(inside(L2(4 / 255), x, z, eight_bit=True).all())


def test_minimal_distance_attacks_on_levels_report_distances_of_levels() -> None:
    net, k, y = setup(4)
    found = sparring.attack(net, from_bytes(k), y, "pgd(steps=5)", "linf(8/255)", valid="8bit")
    steps = (found.distance[found.success] * 255).tolist()
    assert steps == pytest.approx([round(step) for step in steps], abs=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"valid": "8 bit"}, "expected valid='8bit' or None"),
        ({"valid": "8bit", "threat": "linf(0.1, bounds=(-1, 1))"}, "expected bounds"),
        ({"valid": "8bit", "x": torch.full((1, 3, 8, 8), 0.3333)}, "expected 8-bit images"),
    ],
)
def test_what_cannot_be_held_is_refused(options: dict[str, object], words: str) -> None:
    net, k, y = setup(1)
    call: dict[str, object] = {"x": from_bytes(k), "threat": "linf(0.1)"} | options
    with pytest.raises(InputError, match=words):
        sparring.attack(net, y=y, attack="fgsm", **call)  # type: ignore[arg-type]


def test_a_slope_that_is_no_number_is_none_and_is_told() -> None:
    """T4: the finite entries stay, the others become 0; a row without a direction is flat."""
    rows = torch.tensor([[1.0, -2.0], [torch.nan, 3.0], [torch.inf, 0.0], [0.0, 0.0]])
    usable_rows, flat = usable(rows)
    assert usable_rows.tolist() == [[1.0, -2.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0]]
    assert flat.tolist() == [False, True, True, True]
