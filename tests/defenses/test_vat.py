"""The direction that changes the guess most, on models where it is known; and images without labels count."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.registry import parse

Y = torch.tensor([0, 1, 1, 0, 1])


def kl(p, q):
    return (p * (p / q).log()).sum(1)


def lds(net, x, eps):
    """Of logits (0, w·x + b): r = ± ε w / ‖w‖, whatever the draw; the two values for each image."""
    unit = net.weight[1] / net.weight[1].norm()
    return torch.stack([kl(net(x).softmax(1), net(x + s * eps * unit).softmax(1)) for s in (-1, 1)])


@pytest.mark.parametrize("eps", [0.3, 1.0])
def test_on_two_classes_the_direction_is_the_weights_of_length_eps(kit, eps):
    """The Hessian of the divergence has rank 1: one iteration finds it, in the L2 norm (T11)."""
    net, x = kit.Recorded(kit.binary()), kit.inside()
    parse(f"vat(eps={eps})").loss(kit.make(net, x, Y))
    clean, probe, away = net.seen
    assert torch.equal(clean, x)
    torch.testing.assert_close((probe - x).norm(dim=1), torch.full((5,), 1e-2), rtol=1e-3, atol=1e-6)
    move = away - x
    torch.testing.assert_close(move.norm(dim=1), torch.full((5,), eps), rtol=1e-4, atol=1e-6)
    cosine = F.cosine_similarity(move, net.net.weight[1].detach().expand(5, 6)).abs()
    torch.testing.assert_close(cosine, torch.ones(5), rtol=0, atol=1e-3)


def test_power_iteration_goes_to_the_dominant_direction():
    """Logits (0, 3 a + b, 0 …) of a known Hessian: J' (diag p − p p') J, by its eigenvectors."""
    torch.manual_seed(0)
    net = nn.Linear(6, 4)
    with torch.no_grad():
        net.weight.normal_(0, 1).mul_(torch.tensor([3.0, 1, 1, 1, 1, 1]))
    from sparring.core.mirror import Mirror
    from sparring.core.seeds import Streams, index_keys
    from sparring.defenses import Round
    from sparring.games import Batch

    x, seen = torch.rand(8, 6), []
    hook = net.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].detach()))
    batch = Batch(x, torch.arange(8) % 4, torch.arange(8), 0)
    play = Round(batch, net, Mirror(net, x), parse("linf(0.1)"), 4, Streams(index_keys(torch.arange(8), 0)))
    parse("vat(power=30)").loss(play)
    hook.remove()
    for row in range(8):
        p = net(x[row]).softmax(0).detach()
        hessian = net.weight.detach().T @ (torch.diag(p) - torch.outer(p, p)) @ net.weight.detach()
        first = torch.linalg.eigh(hessian).eigenvectors[:, -1]
        move = (seen[-1] - x)[row]
        assert abs(float(move @ first)) == pytest.approx(1.0, abs=0.02)


def test_the_loss_is_the_formula_with_the_mean_over_labeled_and_unlabeled(kit):
    """L(x, y) + α mean LDS over n + m images (not over n)."""
    net, x = kit.binary(), kit.inside()
    extra = kit.inside(8, (6,)) * 0.9
    play = kit.make(net, x, Y, extra=extra)
    got = parse("vat(eps=0.5, alpha=2)").loss(play)
    smooth = (got - F.cross_entropy(net(x), Y, reduction="none")) / 2
    torch.testing.assert_close(smooth, smooth[:1].expand(5), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(smooth[0], play.figures["lds"], rtol=1e-4, atol=1e-5)
    low, high = (side.mean().item() for side in lds(net, torch.cat([x, extra]), 0.5).sort(0).values)
    assert 0 < low - 1e-6 <= smooth[0].item() <= high + 1e-6


def test_images_without_labels_move_the_weights(kit):
    """Without any the loss is another; the labels of the extra ones are never asked for."""
    net, x = kit.binary(), kit.inside()
    torch.manual_seed(3)
    plain = parse("vat").loss(kit.make(net, x, Y)).mean()
    torch.manual_seed(3)
    more = parse("vat").loss(kit.make(net, x, Y, extra=torch.rand(20, 6))).mean()
    assert more.item() != plain.item()
    slopes = [torch.autograd.grad(each, net.weight)[0] for each in (plain, more)]
    assert not torch.allclose(*slopes)


def test_lds_is_not_negative_and_draws_are_the_loops(kit):
    """The generator is torch's own, which the loop seeds each round."""
    net, x = kit.linear(), torch.rand(5, 6)
    seen = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        play = kit.make(net, x, torch.tensor([0, 1, 2, 0, 1]))
        parse("vat").loss(play)
        seen.append(play.figures["lds"].item())
    assert min(seen) >= 0
    assert seen[0] == seen[1] != seen[2]


def test_the_guess_is_held_constant(kit):
    """Only the moved side of the divergence learns."""
    net, x = kit.Recorded(kit.binary()), kit.inside()
    loss = parse("vat(eps=0.5)").loss(kit.make(net, x, Y)).mean()
    got = torch.autograd.grad(loss, net.net.weight)[0]
    away = net.seen[2]
    p, q = net.net(x).softmax(1).detach(), net.net(away).softmax(1)
    want = torch.autograd.grad(F.cross_entropy(net.net(x), Y) + kl(p, q).mean(), net.net.weight)[0]
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-6)


def test_the_entropy_of_guesses_is_added(kit):
    net, x = kit.binary(), kit.inside()
    losses = []
    for entropy in (0, 0.7):
        torch.manual_seed(0)
        losses.append(parse(f"vat(entropy={entropy})").loss(kit.make(net, x, Y)))
    p = net(x).softmax(1)
    torch.testing.assert_close(
        losses[1] - losses[0], 0.7 * -(p * p.log()).sum(1).mean().expand(5), rtol=1e-4, atol=1e-5
    )


def test_running_statistics_are_of_the_clean_pass_alone(kit):
    """T27."""
    net = kit.normed().train()
    x, y, seen = torch.rand(8, 1, 4, 4), torch.arange(8) % 3, []
    play = kit.make(net, x, y)
    net[0].register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    parse("vat(power=2)").loss(play).mean().backward()
    assert len(seen) == 4
    assert net[1].num_batches_tracked.item() == 1
    torch.testing.assert_close(net[1].running_mean, 0.1 * seen[0].mean((0, 2, 3)))


def test_a_guess_that_nothing_changes_is_no_nan(kit):
    """T11."""
    net = kit.linear()
    with torch.no_grad():
        net.weight.zero_()
    loss = parse("vat").loss(kit.make(net, torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])))
    loss.mean().backward()
    assert bool(loss.isfinite().all())
    assert bool(net.weight.grad.isfinite().all())


def test_bad_fields():
    for text in ("vat(eps=0)", "vat(alpha=0)", "vat(xi=0)", "vat(entropy=-1)"):
        with pytest.raises(InputError, match="eps, alpha and xi of vat > 0 and entropy >= 0"):
            parse(text)
    with pytest.raises(InputError, match="power of vat >= 1"):
        parse("vat(power=0)")
