"""What can be hardened, from its text; and what cannot, in one line."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.harden._subject import subject
from sparring.models import save_model
from sparring.registry import parse

STANDARD = parse("standard")


def weights(net: nn.Module) -> list[torch.Tensor]:
    return list(net.state_dict().values())


def equal(one: nn.Module, two: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(two), strict=True))


@pytest.mark.parametrize("model", ["cnn(width=3)", parse("cnn(width=3)")])
def test_an_architecture_is_built_from_the_seed(blocks, model):
    data = blocks()
    who = subject(model, data, STANDARD)
    assert (who.text, who.start, str(who.unit)) == ("cnn(width=3)", None, "cnn(width=3)")
    one, again, other = (who.fresh(data, STANDARD, seed) for seed in (0, 0, 1))
    assert equal(one, again)
    assert not equal(one, other)
    assert one(data.images([0])).shape == (1, 3)


def test_a_run_directory_is_gone_on_with(blocks, tmp_path):
    data, net = blocks(), parse("cnn(width=3)").build((1, 4, 4), 3, seed=4)
    save_model(tmp_path / "run", "cnn(width=3)", net, input_shape=(1, 4, 4), classes=data.classes)
    who = subject(tmp_path / "run", data, STANDARD)
    assert str(who.unit) == "cnn(width=3)"
    fresh = who.fresh(data, STANDARD, 9)
    assert equal(fresh, net)
    assert all(p.requires_grad for p in fresh.parameters())


def test_a_module_is_copied_and_left_alone(blocks, own):
    """Mode, flags and weights of the user's own net; the copy may be trained in every weight."""
    data, net = blocks(), own()
    who = subject(net, data, STANDARD)
    assert (who.text, who.unit) == ("Sequential", None)
    fresh = who.fresh(data, STANDARD, 0)
    assert equal(fresh, net)
    assert all(p.requires_grad for p in fresh.parameters())
    with torch.no_grad():
        fresh[0].weight.zero_()
    who.start.cpu().eval()
    assert net.training
    assert not net[0].bias.requires_grad
    assert float(net[0].weight.detach().abs().max()) > 0


def test_code_is_asked_for_its_net(blocks, file):
    who = subject(f"{file}:make", blocks(), STANDARD)
    assert who.text == f"{file}:make"
    assert who.unit is None
    assert who.fresh(blocks(), STANDARD, 0)(blocks().images([0])).shape == (1, 3)


def test_a_defense_may_want_another_net(blocks):
    data, distillation = blocks(), parse("distillation(temperature=5)")
    net = subject("cnn(width=3)", data, distillation).fresh(data, distillation, 0)
    plain = subject("cnn(width=3)", data, STANDARD).fresh(data, STANDARD, 0)
    torch.testing.assert_close(net(data.images([0])), 5 * plain(data.images([0])))


@pytest.mark.parametrize(
    ("model", "defense", "words"),
    [
        ("FILE:scores", "standard", "a torch network with weights to harden, got FILE:scores: it cannot be trained"),
        ("FILE:rejecting", "standard", "it cannot be trained"),
        ("FILE:make", "distillation", "expected an architecture such as 'resnet"),
        ("RUN", "distillation", "which trains from scratch, got .*: give cnn"),
        ("TEN", "standard", "expected data of the model's 10 classes, got 3 in blocks:train"),
        ("resnett", "standard", "did you mean 'resnet'"),
        ("cnn(width=0)", "standard", "width of cnn"),
        ("cnn(wdith=3)", "standard", "did you mean 'width'"),
        ("nowhere.py:f", "standard", "nowhere.py"),
        ("", "standard", "empty text"),
    ],
)
def test_what_cannot_be_hardened_is_told_in_one_line(blocks, file, tmp_path, model, defense, words):
    for name, classes in (("RUN", "abc"), ("TEN", "0123456789")):
        if model == name:
            net = parse("cnn(width=3)").build((1, 4, 4), len(classes), seed=4)
            model = str(save_model(tmp_path / name, "cnn(width=3)", net, input_shape=(1, 4, 4), classes=list(classes)))
    with pytest.raises(InputError, match=words.replace("FILE", str(file))) as caught:
        subject(model.replace("FILE", str(file)), blocks(), parse(defense))
    assert "\n" not in str(caught.value)
