"""What any classifier knows: the features its last layer decides on, and its probabilities."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.core.levels import from_bytes
from sparring.core.twin import fast_twin
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.metrics.features._resize import Resize, colored, named, resized
from sparring.metrics.features.base import Extractor, FeatureNetwork, best_device
from sparring.models import LoadedModel, Trainable, fit, load_model
from sparring.models._loaded import checksum
from sparring.registry import parse, parse_as

LOCAL = "cnn"
"""The net that is trained where none is given."""
MOST = 20_000
"""Labelled images that it is trained on at most."""


@dataclass(frozen=True)
class Classifier(FeatureNetwork):
    """Look through a classifier: its penultimate features, what goes into its last linear layer, and its probabilities.

    Without `model` a small net is trained on labelled images of the kind that is judged: the local-classifier distance,
    which needs no download and sees what matters in these data, but only compares within one training of it (the
    checksum says so). `efficientnet-lite0` is written for `classifier(model='efficientnet-lite0')`.

    Fields:
        model: what `load_model` takes; "" trains one.
        epochs: of that training, ≥ 1.
        resize: `bilinear`, `bicubic` or `tf1`, where the images are not of the network's size.
        size: height and width in pixels that the network is shown, 0 for its own: a convolutional network may be shown
            less, which is faster, and another figure.

    Shapes: uint8 (n, c, h, w) → (n, d) and (n, k). BatchNorm and dropout are off, so no image depends on its batch
    (G7).
    Raises: InputError without labels to train on, and for a model without a linear layer to look into.
    Cost: a forward pass an image; the training, epochs × at most 20,000 images forward and backward.
    Source: Heusel et al. 2017, arXiv 1706.08500, for features of a classifier; Gulrajani, Raffel and Metz 2019, arXiv
    2001.03653, for judging by a net of one's own. **Differs**: any network in the place of Inception.

    >>> from sparring.data import load_data
    >>> Classifier(epochs=1).load((1, 8, 8), load_data("digits:test")).name
    'classifier'
    """

    cites = ("heusel2017", "gulrajani2019")
    model: str = ""
    epochs: int = 6
    resize: Resize = "bilinear"
    size: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.size < 0:
            raise InputError(f"expected epochs >= 1 and size >= 0, got {self.epochs} and {self.size}")

    def load(self, shape: tuple[int, ...], learn: Dataset | None = None, *, seed: int = 0) -> Extractor:
        """Return the classifier, ready to look at images of a shape."""
        loaded = load_model(self.model) if self.model else _trained(self, shape, learn, seed)
        if loaded.access != "gradient" or loaded.opaque:
            raise InputError(
                f"expected a torch module to look into, got {loaded.text}: give its network, or other features"
            )
        wanted = loaded.input_shape or shape
        if self.size and len(wanted) == 3:
            wanted = (wanted[0], self.size, self.size)
        if len(shape) != len(wanted) or (len(shape) != 3 and shape != wanted):
            raise InputError(f"expected images of shape {wanted} for {loaded.text}, got {shape}")
        device = best_device()

        def ready(images: Tensor) -> Tensor:
            x = from_bytes(images)
            return resized(colored(x, wanted[0]), (wanted[1], wanted[2]), self.resize) if len(wanted) == 3 else x

        what = named(self.resize, shape, (wanted[1], wanted[2]), wanted[0]) if len(wanted) == 3 else "none"
        large = len(wanted) == 3 and wanted[1] * wanted[2] > 96 * 96
        look = _into(loaded.module, torch.zeros(2, *wanted), ready, device)
        return Extractor(self._label(loaded), look, loaded.checksum, what, device, 32 if large else 256)

    def _label(self, loaded: LoadedModel) -> str:
        """Return the name of the features: the model's, with a size that is not its own."""
        if not self.model:
            return "classifier"
        return loaded.text + (f"@{self.size}" if self.size else "")


def _trained(unit: Classifier, shape: tuple[int, ...], learn: Dataset | None, seed: int) -> LoadedModel:
    if learn is None or learn.labels is None:
        raise InputError(
            "expected labelled images to train a classifier on, got none: put pictures in one sub-folder a class, or "
            "name other features, such as --features efficientnet-lite0"
        )
    if learn.shape != shape:
        raise InputError(f"expected labelled images of shape {shape}, got {learn.shape} in {learn.name}")
    rows = learn.subset(MOST, seed)
    part = Dataset(learn.pixels[rows], learn.labels[rows], learn.classes, learn.name)
    net = parse_as(Trainable, LOCAL if len(shape) == 3 else "mlp").build(shape, len(learn.classes), seed=seed)
    with torch.enable_grad():
        fit(net, part, epochs=unit.epochs, seed=seed)
    return LoadedModel(net, str(unit), learn.classes, shape, checksum(net))


def _into(
    module: nn.Module, probe: Tensor, ready: Callable[[Tensor], Tensor], device: str
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Return a function from images to what goes into the last linear layer that runs, and the logits."""
    module = copy.deepcopy(module).eval().requires_grad_(False)
    with torch.no_grad():
        net, _ = fast_twin(module, probe, module(probe), exact=True)  # folded, in float32: half the time
    assert isinstance(net, nn.Module)
    net = net.to(device)
    last = _last_linear(net, probe.to(device))
    seen: list[Tensor] = []
    last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    def look(images: Tensor) -> tuple[Tensor, Tensor]:
        seen.clear()
        logits: Tensor = net(ready(images))
        features = seen.pop()
        if features.ndim != 2 or len(features) != len(images):
            raise InputError(
                f"expected features (n, d) before the last linear layer, got shape {tuple(features.shape)}"
            )
        return features, logits

    return look


def _last_linear(net: nn.Module, probe: Tensor) -> nn.Linear:
    """Return the linear layer that runs last."""
    ran: list[nn.Linear] = []
    hooks = [m.register_forward_hook(lambda m, *_: ran.append(m)) for m in net.modules() if isinstance(m, nn.Linear)]
    try:
        with torch.no_grad():
            net(probe)
    finally:
        for hook in hooks:
            hook.remove()
    if not ran:
        raise InputError("expected a classifier with a linear layer to look into, got none: name other features")
    return ran[-1]


def features_unit(text: str | FeatureNetwork) -> FeatureNetwork:
    """Return the feature network that a text names: one of the registry, else any classifier `load_model` takes.

    >>> str(features_unit("efficientnet-lite0"))
    "classifier(model='efficientnet-lite0')"
    """
    from sparring.errors import did_you_mean
    from sparring.models import Pretrained
    from sparring.registry import units

    if isinstance(text, FeatureNetwork):
        return text
    name = text.partition("(")[0].strip().lower().replace("_", "-")
    if name in units("features"):
        return parse_as(FeatureNetwork, text)
    models = [known for known, cls in units("model").items() if issubclass(cls, Pretrained)]
    if name in models:
        parse(text, "model")
        return Classifier(model=text.strip())
    if not any(sign in text for sign in "/:."):
        from pathlib import Path

        if not Path(text).is_dir():
            raise InputError(f"expected features, got {text!r}{did_you_mean(text, [*units('features'), *models])}")
    return Classifier(model=text)
