"""Images by number: the same again, whatever else is asked for."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import codes, generate
from sparring.registry import parse


def test_codes_are_normal_and_known_by_their_number():
    z = codes(4000, 5, seed=3)
    assert torch.equal(z[1000:1010], codes(10, 5, seed=3, first=1000))
    assert not torch.equal(z, codes(4000, 5, seed=4))
    torch.testing.assert_close(z.mean(0), torch.zeros(5), rtol=0, atol=0.06)
    torch.testing.assert_close(z.T.cov(), torch.eye(5), rtol=0, atol=0.08)


def test_images_do_not_depend_on_how_many_are_made():
    """And the generators of torch are left as found (G25)."""
    generator, state = parse("dense(latent=4, hidden=(8,))").generator((3,)), torch.get_rng_state()
    many = generate(generator, 600, seed=1)
    torch.testing.assert_close(generate(generator, 20, seed=1), many[:20])
    assert torch.equal(torch.get_rng_state(), state)
    assert generate(generator, 0).shape == (0, 3)
    assert not many.requires_grad


def test_classes_come_in_turn_unless_told():
    generator = parse("dense(latent=4, hidden=(8,))").generator((3,), 3).eval()
    z = codes(5, 4)
    assert torch.equal(generate(generator, 5), generator(z, torch.tensor([0, 1, 2, 0, 1])))
    labels = torch.full((5,), 2)
    assert torch.equal(generate(generator, 5, labels=labels), generator(z, labels))


def test_the_mode_is_left_as_found():
    generator = parse("dcgan(width=4, latent=4)").generator((1, 8, 8))
    generator.train()
    generator.body[1].eval()
    before = [module.training for module in generator.modules()]
    generate(generator, 2)
    assert [module.training for module in generator.modules()] == before


def test_what_does_not_fit_is_refused():
    plain, conditional = (parse("dense(latent=4)").generator((3,), classes) for classes in (0, 3))
    with pytest.raises(InputError, match=r"codes of shape \(2, 4\), got \(2, 5\)"):
        generate(plain, 2, z=torch.zeros(2, 5))
    with pytest.raises(InputError, match="no labels of a generator without classes"):
        generate(plain, 2, labels=torch.zeros(2, dtype=torch.int64))
    with pytest.raises(InputError, match="expected 2 labels"):
        generate(conditional, 2, labels=torch.zeros(3, dtype=torch.int64))
