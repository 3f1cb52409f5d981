"""The score is minus the error of what is rebuilt."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import recipe
from sparring.registry import parse


def test_the_score_is_minus_the_mean_absolute_error():
    d = parse("autoencoder(latent=6, width=4)").discriminator((2, 9, 12))
    x = torch.rand(3, 2, 9, 12)
    judged = d.judge(x)
    rebuilt = (d.decoder(d.body(2 * x - 1)).tanh() + 1) / 2
    torch.testing.assert_close(judged.scores, -(rebuilt - x).abs().mean((1, 2, 3)))
    assert torch.equal(judged.features, d.body(2 * x - 1))


def test_it_learns_to_rebuild():
    """A hundred steps on one picture: its score rises to nearly zero."""
    torch.manual_seed(0)
    d, x = parse("autoencoder(latent=8, width=8)").discriminator((1, 8, 8)), torch.rand(1, 1, 8, 8)
    optimizer = torch.optim.Adam(d.parameters(), lr=3e-3)
    before = d(x).item()
    for _ in range(100):
        optimizer.zero_grad()
        (-d(x)).sum().backward()
        optimizer.step()
    assert d(x).item() > 0.15 * before
    assert before < -0.2


def test_the_generator_is_the_decoder():
    unit = parse("autoencoder(latent=6, width=4)")
    generator, d = unit.generator((1, 12, 12)), unit.discriminator((1, 12, 12))
    assert generator.body.state_dict().keys() == d.decoder.state_dict().keys()


@pytest.mark.parametrize("text", ["gan(loss=began())", "gan(nets=autoencoder())"])
def test_it_and_its_loss_belong_together(text):
    with pytest.raises(InputError, match=r"autoencoder.*: use (nets=autoencoder|loss=began)"):
        recipe(text)
