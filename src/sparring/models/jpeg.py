"""A JPEG file between the attacker and the net: no gradient comes through a file."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.models.base import image_shape
from sparring.types import Images


@dataclass(frozen=True)
class Jpeg(Broken):
    """A net that sees its input after a real JPEG round trip: there is no gradient at all.

    Fields:
        of: the net inside.
        quality: of the JPEG encoder, 1 to 95.

    Shapes: (n, c, h, w) → (n, k). Three channels are one RGB file, others a gray file each.
    Source: Dziugaite, Ghahramani and Roy 2016, arXiv 1608.00853; broken by Athalye, Carlini and Wagner 2018,
    arXiv 1802.00420, section 5.
    Differs: nothing.

    >>> from sparring.registry import parse
    >>> parse("jpeg").build((1, 8, 8), 3)(torch.rand(2, 1, 8, 8, requires_grad=True)).shape
    torch.Size([2, 3])
    """

    cites = ("dziugaite2016", "athalye2018")
    claimed = (
        "Dziugaite et al. 2016: for small perturbations compression often undoes the loss of accuracy, to a great part"
    )
    fallacy = "a codec that keeps the picture keeps the perturbation: go through it as if it were the identity (BPDA)"

    quality: int = 75

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 95:
            raise InputError(f"expected quality of jpeg in [1, 95], got {self.quality}")

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the codec before a fresh net."""
        image_shape(self, input_shape)
        return super().layers(input_shape, classes)

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net behind the codec."""
        return Wrapped(net, before=Codec(self.quality))


class Codec(nn.Module):
    """Write each image as a JPEG in memory and read it back."""

    def __init__(self, quality: int) -> None:
        super().__init__()
        self.quality = quality

    def forward(self, x: Images) -> Images:
        """Return the images that were read back, without a graph."""
        levels = (x.detach().float().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
        back = torch.stack([self._image(image) for image in levels])
        return (back.to(x.device, torch.float32) / 255).to(x.dtype)

    def _image(self, image: Tensor) -> Tensor:
        if len(image) == 3:
            return self._file(image.permute(1, 2, 0)).permute(2, 0, 1)
        return torch.stack([self._file(channel) for channel in image])

    def _file(self, pixels: Tensor) -> Tensor:
        file = io.BytesIO()
        Image.fromarray(pixels.contiguous().numpy()).save(file, "JPEG", quality=self.quality)
        return torch.from_numpy(np.array(Image.open(file)))
