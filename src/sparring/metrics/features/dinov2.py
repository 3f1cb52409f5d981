"""DINOv2: features learned without labels, which agree better with people about what looks real."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.levels import from_bytes
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.metrics.features._resize import colored, named, resized
from sparring.metrics.features._vit import vit_of
from sparring.metrics.features._weights import fill, find, read
from sparring.metrics.features.base import Extractor, FeatureNetwork, best_device

NAMES = tuple(f"dinov2_{size}{more}_pretrain.pth" for size in ("vitl14", "vitb14", "vits14") for more in ("", "_reg4"))
WHERE = "github.com/facebookresearch/dinov2"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Dinov2(FeatureNetwork):
    """Look through DINOv2: the class token after the last norm, 384 to 1,536 numbers by the size of the network.

    Any of the published weights, with registers or without: their size is read from the file. Nothing is downloaded.

    Fields:
        weights: a state dict (.pth or .safetensors) by path; "" looks in torch.hub's folder for the largest.
        size: pixels a side that the network is shown, a multiple of its patch of 14.

    Shapes: uint8 (n, 1 or 3, h, w) → (n, d). There are no classes, so no Inception Score.
    Raises: InputError without the file, or when it holds another network; no code in it is run.
    Cost: 5.5 GFLOP an image for the smallest, 78 for ViT-L.
    Source: Oquab et al. 2023, arXiv 2304.07193; Stein et al. 2023, arXiv 2306.04675, for its use as a judge.
    **Differs**: bicubic resize in torch, antialiased, in the place of Pillow's.

    >>> Dinov2().size
    224
    """

    cites = ("oquab2023", "stein2023")
    weights: str = ""
    size: int = 224

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"expected size >= 1, got {self.size}")

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the network with its weights."""
        path = find(self.weights, NAMES, self.name(), WHERE)
        tensors, checksum = read(path, self.name())
        with torch.random.fork_rng(devices=[]):
            net = vit_of(tensors)
        fill(net, tensors, path, self.name())
        if self.size % net.patch:
            raise InputError(f"expected a size that is a multiple of {net.patch} for {path}, got {self.size}")
        device = best_device()
        net = net.eval().requires_grad_(False).to(device)
        mean, deviation = (torch.tensor(v, device=device).view(3, 1, 1) for v in (MEAN, DEVIATION))

        def look(images: Tensor) -> tuple[Tensor, None]:
            x = resized(colored(from_bytes(images), 3), (self.size, self.size), "bicubic")
            return net((x - mean) / deviation), None

        return Extractor(self.name(), look, checksum, named("bicubic", shape, (self.size, self.size), 3), device, 32)
