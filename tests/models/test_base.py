"""What every net that can be trained keeps to."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models import Pretrained, Trainable
from sparring.models._loaded import checksum
from sparring.registry import units

TRAINABLE = {name: cls() for name, cls in units("model").items() if issubclass(cls, Trainable)}
IMAGES = {name: unit for name, unit in TRAINABLE.items() if name not in ("linear", "mlp")}


def test_every_model_is_of_one_of_two_kinds():
    assert set(TRAINABLE) >= {"linear", "mlp", "cnn", "resnet"}
    for cls in units("model").values():
        assert issubclass(cls, Trainable) != issubclass(cls, Pretrained)


@pytest.mark.parametrize("unit", TRAINABLE.values(), ids=str)
@pytest.mark.parametrize(("shape", "classes"), [((1, 28, 28), 10), ((3, 9, 13), 2), ((1, 8, 8), 3)])
def test_images_to_logits(unit, shape, classes):
    net = unit.build(shape, classes).eval()
    x = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0))
    logits = net(x)
    assert logits.shape == (4, classes + getattr(net, "rejects", False))  # one more for a refusal
    scores = net.net(x) if unit.name() == "label-only" else logits  # an untrained net's class may be the same for all
    assert scores.std(0).min() > 0  # they depend on the image


@pytest.mark.parametrize("unit", TRAINABLE.values(), ids=str)
def test_T35_samples_do_not_leak_into_each_other(unit):
    net = unit.build((1, 8, 8), 4).eval()
    x = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[1] = 0
    answers = []
    for images in (x, changed):
        torch.manual_seed(0)  # some draw at test time; a draw belongs to one sample
        answers.append(net(images)[[0, 2]])
    assert torch.equal(*answers)


@pytest.mark.parametrize("unit", TRAINABLE.values(), ids=str)
def test_T30_the_seed_decides_and_the_global_generator_is_left(unit):
    before = torch.get_rng_state()
    first, same, other = (checksum(unit.build((1, 8, 8), 4, seed=seed)) for seed in (5, 5, 6))
    assert torch.equal(before, torch.get_rng_state())
    assert first == same != other


@pytest.mark.parametrize("unit", TRAINABLE.values(), ids=str)
def test_bad_shapes_are_refused(unit):
    with pytest.raises(InputError, match="at least 2 classes"):
        unit.build((1, 8, 8), 1)
    for shape in ((), (1, 0, 8)):
        with pytest.raises(InputError, match="expected an input shape"):
            unit.build(shape, 2)


@pytest.mark.parametrize("unit", IMAGES.values(), ids=str)
def test_nets_for_images_refuse_features(unit):
    with pytest.raises(InputError, match=r"expected images \(c, h, w\)"):
        unit.build((20,), 2)
