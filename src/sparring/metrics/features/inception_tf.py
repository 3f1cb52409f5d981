"""The Inception network that published FID and IS figures are made with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data import Dataset
from sparring.metrics.features._inception import SIDE, Inception
from sparring.metrics.features._resize import colored, named
from sparring.metrics.features._weights import fill, find, read
from sparring.metrics.features.base import Extractor, FeatureNetwork, best_device

NAMES = ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth")
WHERE = "github.com/toshas/torch-fidelity (releases, v0.2.0)"


@dataclass(frozen=True)
class InceptionTf(FeatureNetwork):
    """Look through TensorFlow's Inception of 2015-12-05: 2,048 features, 1,008 classes, resized as TensorFlow 1 did.

    Figures compare with published ones only with these weights and this resize (G1, G3): the checksum of the file is
    part of the fingerprint. Torchvision's Inception is another network. Nothing is downloaded.

    Fields: `weights`, a converted state dict (.pth or .safetensors) by path; "" looks in torch.hub's folder.

    Shapes: uint8 (n, 1 or 3, h, w) → (n, 2048) and (n, 1008).
    Raises: InputError without the file, or when it holds another network; no code in it is run.
    Cost: 5.7 GFLOP an image.
    Source: Szegedy et al. 2016, arXiv 1512.00567, as Heusel et al. 2017 used it. **Differs**: nothing; the tests hold
    it to torch-fidelity's module.

    >>> InceptionTf(weights="missing.pth").load((3, 32, 32))
    Traceback (most recent call last):
    ...
    sparring.errors.InputError: expected the weights of inception-tf at missing.pth, got nothing there: get them from \
github.com/toshas/torch-fidelity (releases, v0.2.0)
    """

    cites = ("szegedy2016", "heusel2017")
    weights: str = ""

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the network with its weights."""
        path = find(self.weights, NAMES, self.name(), WHERE)
        tensors, checksum = read(path, self.name())
        with torch.random.fork_rng(devices=[]):  # its constructor draws weights that are overwritten at once
            net = Inception()
        fill(net, tensors, path, self.name())
        device = best_device()
        net = net.eval().requires_grad_(False).to(device)

        def look(images: Tensor) -> tuple[Tensor, Tensor]:
            features, logits = net(colored(images, 3).to(torch.float32))
            return features, logits

        return Extractor(self.name(), look, checksum, named("tf1", shape, (SIDE, SIDE), 3), device, 32)
