"""The feature maps of a discriminator, pooled to a small grid and put side by side."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.frozen import frozen
from sparring.gan import Discriminator
from sparring.types import Images

GRID, BATCH = 4, 256
"""Side of the grid that maps are pooled to, and images that are looked at together."""


@torch.no_grad()
def pooled(discriminator: Discriminator, images: Images) -> Tensor:
    """Return features (n, d) of images (n, *shape): of each size the last maps, max-pooled to 4 × 4, side by side.

    Maps smaller than the grid stay as they are. A net without maps gives the features that its score is made of. The
    net is in eval mode, so no image depends on its batch, and left as found.

    Cost: a forward an image.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 5.1. **Differs**: one layer a size, the last,
    where the paper has every layer: in its nets each has a size of its own.

    >>> from sparring.gan.nets.dcgan import Dcgan
    >>> net = Dcgan(width=8).discriminator((1, 28, 28)).eval()
    >>> pooled(net, torch.zeros(3, 1, 28, 28)).shape  # 4 × 4 of 8 maps and of 16
    torch.Size([3, 384])
    """
    seen: list[Tensor] = []
    body = discriminator.body
    layers = list(body.children()) if isinstance(body, nn.Sequential) else [body]
    hooks = [layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(output)) for layer in layers]
    shown = 0 if discriminator.reference is None else len(cast(Tensor, discriminator.reference))
    rows = []
    place = next(discriminator.parameters()).device
    try:
        with frozen(discriminator):
            for part in torch.split(images, BATCH):
                seen.clear()
                features = discriminator.features(part.to(place))
                maps = {tuple(each.shape[2:]): each[shown:] for each in seen if each.ndim == 4}
                rows.append(torch.cat([_small(each) for each in maps.values()] or [features], 1).float().cpu())
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(rows)


def _small(maps: Tensor) -> Tensor:
    size = (min(GRID, maps.shape[2]), min(GRID, maps.shape[3]))
    return F.adaptive_max_pool2d(maps, size).flatten(1)
