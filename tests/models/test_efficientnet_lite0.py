"""The ImageNet network and its normalization."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from sparring.data import load_data, read_image
from sparring.data._images import refit
from sparring.models import Normalize, load_model
from sparring.registry import parse


def photographs() -> torch.Tensor:
    """Two crops of each of seven photographs that scikit-image and scikit-learn carry, (14, 3, 224, 224)."""
    import skimage
    import sklearn

    inside = Path(skimage.__file__).parent / "data"
    paths = [
        inside / name for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
    ]
    paths += [Path(sklearn.__file__).parent / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")]
    crops = []
    for path in paths:
        image = read_image(path, channels=3)
        height, width = image.shape[1:]
        for share, at in ((1.0, 0.5), (0.6, 0.5)):
            side = int(min(height, width) * share)
            top, left = int((height - side) * at), int((width - side) * at)
            crops.append(refit(image[:, top : top + side, left : left + side].contiguous(), 224, None))
    return torch.stack(crops) / 255


@pytest.fixture(scope="module")
def model():
    return load_model("efficientnet-lite0")


@pytest.fixture(scope="module")
def cat(tmp_path_factory):
    from skimage import data

    path = tmp_path_factory.mktemp("pictures") / "chelsea.png"
    Image.fromarray(data.chelsea()).save(path)
    return load_data(path, size=224).images()


def test_the_cat_is_a_cat(model, cat):
    with torch.no_grad():
        p = model.module(cat).softmax(1)[0]
    assert int(p.argmax()) == 285
    assert model.classes[285] == "Egyptian cat"
    assert p[285] > 0.7
    assert p[281:286].sum() > 0.9  # the five house cats together


def test_normalization_is_inside(model):
    """T15."""
    normalize, _ = model.module
    assert isinstance(normalize, Normalize)
    edges = normalize(torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, 1, 1))
    assert torch.allclose(edges[:, 0, 0, 0], torch.tensor([-127 / 128, 1.0]))


def test_normalization_is_the_one_it_was_trained_with(model):
    """BatchNorm stored the moments of its inputs in training; with another scale, photographs miss them.

    One picture is not enough: the cat alone, soft as it is, fits the wrong scale better in the first layer.
    """
    normalize, net = model.module
    x = photographs()
    # The first layers tell: further in, every BatchNorm has washed some of the scale away.
    layers = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)][:6]

    def miss(first):
        gaps = []

        def compare(layer, inputs, _):
            mean, var = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))
            ratio = var / layer.running_var
            gap = (ratio + (mean - layer.running_mean) ** 2 / layer.running_var - 1 - ratio.log()) / 2
            gaps.append(gap[layer.running_var > 1e-3].median())  # KL of two normal laws; dead channels aside

        hooks = [layer.register_forward_hook(compare) for layer in layers]
        with torch.no_grad():
            net(first(x))
        for hook in hooks:
            hook.remove()
        return float(torch.stack(gaps).mean())

    trained_with = miss(normalize)
    assert miss(Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])) > 5 * trained_with
    assert miss(Normalize([0.5] * 3, [1.0] * 3)) > 5 * trained_with


def test_what_is_known_of_it(model):
    assert model.input_shape == (3, 224, 224)
    assert len(model.classes) == 1000
    assert not any(module.training for module in model.module.modules())
    assert sum(p.numel() for p in model.module.parameters()) == 4_652_008
    assert model.text == "efficientnet-lite0"


def test_T30_loading_is_repeatable_and_leaves_the_global_generator(model):
    before = torch.get_rng_state()
    again = parse("efficientnet-lite0").load()
    assert torch.equal(before, torch.get_rng_state())
    assert again.checksum == model.checksum
