"""What is taken up from a run directory is what was trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.train import load_discriminator, load_generator

TRICKS = "tricks=(virtual_batch_norm(size=8), minibatch_discrimination())"


@pytest.mark.parametrize("gan", ["nets=dense(hidden=(8,))", f"nets=dcgan(width=4), {TRICKS}, penalties=()"])
def test_the_discriminator_is_that_of_the_last_checkpoint(gan: str, tmp_path: Path) -> None:
    sparring.train(f"gan({gan}, batch_size=16)", "digits:train", images=64, out=tmp_path)
    found = load_discriminator(tmp_path)
    kept = torch.load(tmp_path / "last.pt", weights_only=True)["players"]["discriminator"]["module"]
    assert set(found.state_dict()) == set(kept)
    assert all(torch.equal(value, kept[name]) for name, value in found.state_dict().items())
    assert not found.training
    assert found(torch.rand(3, 1, 8, 8)).isfinite().all()


def test_what_holds_none_is_told(gan_run: Path, tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text((gan_run / "spec.json").read_text())
    with pytest.raises(InputError, match="which holds the discriminator, got none"):
        load_discriminator(tmp_path)
    (tmp_path / "spec.json").write_text('{"kind": "audit"}')
    with pytest.raises(InputError, match="one of `sparring audit`"):
        load_discriminator(tmp_path)
    with pytest.raises(InputError, match="got nothing there"):
        load_discriminator(tmp_path / "nowhere")


def test_weights_of_other_networks_are_told(gan_run: Path, tmp_path: Path) -> None:
    """A net may change between versions; what was trained with the one before is not read as if nothing had."""
    for path in gan_run.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    spec = (tmp_path / "spec.json").read_text()
    assert "hidden=(32,)" in spec
    (tmp_path / "spec.json").write_text(spec.replace("hidden=(32,)", "hidden=(33,)"))
    for load in (load_generator, load_discriminator):
        with pytest.raises(InputError, match="got others: load them with the version"):
            load(tmp_path)
