"""What to ask about next: images a step along the slope of a substitute, where its opinion is about to change."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.types import Images, Labels
from sparring.victims.answers import keys_of

PART = 500
"""Images a pass."""


def offspring(net: nn.Module, x: Images, labels: Labels, step: float) -> Images:
    """Return x + λ · sign(∂F_ỹ/∂x) for the label ỹ that the victim gave, cut to [0, 1]; λ < 0 steps back.

    Cost: 1 forward, 1 backward an image, on the substitute.

    Source: Papernot et al. 2017, arXiv 1602.02697, eq. 6. **Differs**: F is the logit and not the probability, whose
    slope vanishes where the substitute is sure.

    >>> net = nn.Linear(2, 2, bias=False).requires_grad_(False)
    >>> _ = net.weight.copy_(torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    >>> [round(v, 1) for v in offspring(net, torch.tensor([[0.5, 0.5]]), torch.tensor([0]), 0.1)[0].tolist()]
    [0.6, 0.4]
    """
    moved: list[Tensor] = []
    for part, says in zip(torch.split(x, PART), torch.split(labels, PART), strict=True):
        with torch.enable_grad():
            seen = part.detach().clone().requires_grad_(True)
            (slope,) = torch.autograd.grad(net(seen).gather(1, says[:, None]).sum(), seen)
        moved.append((part + step * slope.sign()).clamp(0, 1))
    return torch.cat(moved)


def moved(x: Images, amount: float, generator: torch.Generator) -> Images:
    """Return images turned, resized and shifted at random: to 1.5 `amount` radians, ± `amount` of size and half width.

    What a victim says of those is worth asking: they are as natural as the attacker's own, and there are far too few
    of these. Anything that is no image is returned as it is.

    >>> x = torch.rand(3, 1, 8, 8)
    >>> torch.equal(moved(x, 0.0, torch.Generator()), x)
    True
    """
    if amount == 0 or x.ndim != 4:
        return x
    turn, size, *shift = (2 * torch.rand(4, len(x), generator=generator) - 1) * amount
    along, across = torch.cos(1.5 * turn) * (1 + size), torch.sin(1.5 * turn) * (1 + size)
    rows = [torch.stack([along, -across, shift[0]], 1), torch.stack([across, along, shift[1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False).clamp(0, 1)


def sign_of(number: int, flip: int) -> int:
    """Return the sign of λ in a round (from 0): turned every `flip` rounds, or never for 0.

    >>> [sign_of(number, 2) for number in range(6)]
    [1, 1, -1, -1, 1, 1]
    """
    return -1 if flip and number // flip % 2 else 1


def parents(count: int, number: int, doublings: int, reservoir: int, generator: torch.Generator) -> Tensor:
    """Return which of `count` images have an offspring in a round, in random order: all, or κ of them.

    In rounds from `doublings` on, κ = `reservoir` are drawn, unless that is 0.

    Source: Papernot, McDaniel and Goodfellow 2016, arXiv 1605.07277, section 4.2. **Differs**: a random order cut
    short stands for the reservoir, whose choice has the same distribution.

    >>> parents(5, 3, 3, 2, torch.Generator().manual_seed(0)).shape
    torch.Size([2])
    """
    order = torch.randperm(count, generator=generator)
    return order[:reservoir] if reservoir and number >= doublings else order


def unlike(new: Images, known: Images) -> Tensor:
    """Return which new images are neither among the known ones nor earlier among the new: those worth a query.

    >>> unlike(torch.tensor([[0.5], [0.1], [0.5], [0.2]]), torch.tensor([[0.2]])).tolist()
    [0, 1]
    """
    seen, rows = set(keys_of(known, "")), []
    for row, key in enumerate(keys_of(new, "")):
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return torch.tensor(rows, dtype=torch.int64)
