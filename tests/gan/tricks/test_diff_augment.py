"""Each change by itself, on both sides alike, and its slope."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.registry import parse


def changed(policy, x, now, side="real"):
    return parse(f"diff_augment(policy=('{policy}',))").inputs(x, now, side)


def test_real_and_generated_images_are_changed_alike(moment):
    """In one turn; in another turn or seed otherwise; a sample's change is its own wherever it stands."""
    x, unit = torch.rand(20, 3, 9, 11), parse("diff_augment")
    got = unit.inputs(x, moment(x), "real")
    assert torch.equal(got, unit.inputs(x, moment(x), "fake"))
    for other in (moment(x, seed=6), moment(x, "generator")):
        assert not torch.equal(got, unit.inputs(x, other, "real"))
    assert torch.equal(got[7:], unit.inputs(x[7:], moment(x[7:], first=7), "real"))


def test_translation_moves_and_fills_with_gray(moment):
    """By up to an eighth of each side, each direction as often; what is in view is unchanged."""
    x = torch.rand(300, 1, 16, 24)
    got, shifts = changed("translation", x, moment(x)), set()
    for i in range(300):
        matches = [
            (dy, dx)
            for dy in range(-2, 3)
            for dx in range(-3, 4)
            if torch.allclose(
                got[i, 0, max(0, dy) : 16 + min(0, dy), max(0, dx) : 24 + min(0, dx)],
                x[i, 0, max(0, -dy) : 16 - max(0, dy), max(0, -dx) : 24 - max(0, dx)],
                atol=1e-6,
            )
        ]
        assert len(matches) == 1
        dy, dx = matches[0]
        shifts.add((dy, dx))
        outside = torch.cat([got[i, 0, : max(0, dy)].flatten(), got[i, 0, 16 + min(0, dy) :].flatten()])
        assert torch.equal(outside, torch.full_like(outside, 0.5))
    assert len(shifts) >= 33  # of 5 × 7


def test_cutout_grays_a_patch_of_half_of_each_side(moment):
    """Anywhere, over the edge too, as in the paper's code."""
    x = torch.ones(400, 2, 8, 12)
    got = changed("cutout", x, moment(x))
    gray = (got == 0.5).all(1)
    assert torch.equal(gray, (got == 0.5).any(1))
    rows, columns = gray.any(2).sum(1), gray.any(1).sum(1)
    assert torch.equal(gray.sum((1, 2)), rows * columns)
    assert (int(rows.max()), int(columns.max())) == (4, 6)
    assert int(rows.min()) >= 1
    assert float(gray.float().mean(0).min()) > 0.02  # no place is spared


def test_color_keeps_the_picture(moment):
    """Affine in the pixels of an image; a gray picture stays gray; brightness is what moves its mean."""
    x = torch.rand(200, 3, 4, 4)
    gray = x[:, :1].expand(-1, 3, -1, -1)
    got = changed("color", gray, moment(gray))
    torch.testing.assert_close(got[:, 0], got[:, 2], rtol=0, atol=1e-5)
    moved = (got.mean((1, 2, 3)) - gray.mean((1, 2, 3))) * 2  # in the view [−1, 1]
    assert -0.5 <= float(moved.min()) < -0.4
    assert 0.4 < float(moved.max()) <= 0.5
    contrast = got[:, 0].std((1, 2)) / gray[:, 0].std((1, 2))
    assert 0.5 <= float(contrast.min()) + 1e-4 < 0.56
    assert 1.44 < float(contrast.max()) <= 1.5001
    lively = changed("color", x, moment(x))
    saturation = (lively - lively.mean(1, keepdim=True)).std((1, 2, 3)) / (x - x.mean(1, keepdim=True)).std((1, 2, 3))
    assert float((saturation / contrast).max()) > 1.8
    assert float((saturation / contrast).min()) < 0.1


def test_every_change_has_the_slope_of_what_it_does(moment):
    x = torch.rand(2, 3, 6, 6).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: parse("diff_augment").inputs(x, moment(x), "fake"), x)


def test_bad_input(moment):
    with pytest.raises(InputError, match="some of color, translation, cutout"):
        parse("diff_augment(policy=('blur',))")
    x = torch.rand(3, 2)
    with pytest.raises(InputError, match=r"images \(n, c, h, w\)"):
        parse("diff_augment").inputs(x, moment(x), "real")
