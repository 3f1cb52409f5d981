"""Every pair of nets leaves torch with the same numbers, for any number of codes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from sparring.data import load_data
from sparring.errors import InputError, MissingExtra
from sparring.export import onnx_apart, to_onnx
from sparring.gan import Gan, generate
from sparring.gan.nets.dense import Dense
from sparring.registry import parse_as

NETS = [
    ("dcgan(width=8)", (1, 28, 28), ""),
    ("dcgan(width=8)", (3, 37, 50), ""),
    ("r3()", (3, 37, 50), ""),
    ("residual(width=8)", (1, 25, 25), ""),
    ("autoencoder(width=8)", (1, 25, 25), "loss=began()"),
    ("dcgan(width=8)", (1, 28, 28), "conditional=True"),
    ("dcgan(width=8)", (1, 8, 8), "tricks=(virtual_batch_norm(size=16),)"),
    ("dcgan(width=8)", (1, 28, 28), "tricks=(spectral_norm(),)"),
    ("waves(latent=6, signs=3)", (1, 8, 8), "tricks=(principal_axes(),)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("nets", "shape", "more"), NETS, ids=lambda part: str(part))
def test_every_net_is_the_same_there(nets: str, shape: tuple[int, ...], more: str) -> None:
    unit = parse_as(Gan, f"gan(nets={nets}, penalties=(), {more})")
    data = load_data("digits:train") if "virtual" in more or "axes" in more else None
    generator, _ = unit.build(shape, 10, data=data)
    with torch.no_grad():  # running statistics of its own, so that leaving them out would show
        for _ in range(3):
            generator(torch.randn(32, generator.latent), torch.arange(32) % 10 if generator.classes else None)
    generator.eval()
    assert onnx_apart(generator, to_onnx(generator)) < 1e-5


def test_any_number_of_codes_goes_in(exported, gan_run) -> None:
    import onnxruntime

    from sparring.train import load_generator

    generator = load_generator(gan_run)
    session = onnxruntime.InferenceSession(exported.folder / "generator.onnx")
    for n in (1, 2, 50):
        z = torch.randn(n, generator.latent)
        (made,) = session.run(["images"], {"z": z.numpy()})
        assert np.allclose(made, generate(generator, n, z=z).numpy(), atol=1e-5)


def test_a_graph_of_other_weights_is_seen_to_be_apart(exported, gan_run) -> None:
    from sparring.train import load_generator

    generator = load_generator(gan_run)
    file = (exported.folder / "generator.onnx").read_bytes()
    assert onnx_apart(generator, file) == exported.apart
    next(generator.parameters()).data.mul_(1.1)
    assert onnx_apart(generator, file) > 1e-3


def test_what_is_no_graph_is_told() -> None:
    with pytest.raises(InputError, match="that onnxruntime runs"):
        onnx_apart(Dense(latent=4).generator((2,)), b"nothing")


@pytest.mark.parametrize("missing", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_package_names_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # what import finds of a package that is not there
    net = Dense(latent=4).generator((2,))
    ask = (lambda: onnx_apart(net, b"")) if missing == "onnxruntime" else (lambda: to_onnx(net))
    with pytest.raises(MissingExtra, match=rf"'{missing}'.*\[onnx\]"):
        ask()
