"""The verb: what it leaves, that it goes on to the bit, and that planted failures are told."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

import sparring
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.train import Limits, load_generator
from sparring.train._hearing import Hearing
from sparring.train._train import _rollback
from sparring.train._watch import Watch

SMALL = "gan(nets=dense(hidden=(32,), latent=8), batch_size=32)"


class Stopped(Exception):
    pass


def trained(**options):
    return sparring.train(SMALL, "digits:train", **{"images": 1280, "seed": 3} | options)


@pytest.mark.parametrize(("every", "pulse"), [(500, 50), (100, 50), (50, 50), (60, 50), (7, 3), (2000, 50), (1, 1)])
def test_it_goes_back_to_before_the_first_of_the_records_that_an_alarm_takes(every, pulse):
    """Always right is said after 2 · pulses records of losses, collapse after `patience` looks."""
    limits = Limits()
    back = _rollback(Hearing(None, None, None), limits, every, pulse)
    for told in range(40 * every, 42 * every + 1):
        oldest = (told - 1) // every * every - (back.looks - 1) * every  # states are kept of looks before the alarm
        if told % pulse == 0:
            assert oldest < told - (2 * limits.pulses - 1) * pulse
        if told % every == 0:
            assert oldest < told - (limits.patience - 1) * every
    assert back.after == limits.grace


@pytest.mark.slow
def test_a_run_that_was_cut_and_one_that_was_not_end_alike(tmp_path: Path):
    """G26: the same weights to the bit, the same log but for times, the same alarms."""
    whole = trained(out=tmp_path / "whole")

    def stop(record):
        if record["round"] == 22 and record["event"] == "train":
            raise Stopped

    with pytest.raises(Stopped):
        trained(out=tmp_path / "cut", progress=stop)
    cut = trained(out=tmp_path / "cut")
    for one, two in zip(whole.generator.state_dict().values(), cut.generator.state_dict().values(), strict=True):
        assert torch.equal(one, two)
    for key in ("images", "rounds", "alarms", "looks"):
        pairs = (whole.result[key], cut.result[key])
        assert _without_times(pairs[0]) == _without_times(pairs[1]), key
    assert cut.result["images"] >= 1280


def _without_times(value):
    if isinstance(value, list):
        return [{k: v for k, v in record.items() if k != "seconds"} for record in value]
    return value


def test_what_a_run_leaves(tmp_path: Path):
    found = trained(out=tmp_path)
    z = torch.randn(5, 8)
    assert torch.equal(load_generator(tmp_path)(z), found.generator(z))
    (tmp_path / "generator.safetensors").unlink()
    assert torch.equal(load_generator(tmp_path)(z), found.generator(z)), "the last checkpoint holds the same"
    assert not found.generator.training
    assert len(list((tmp_path / "grids").iterdir())) == len(found.result["looks"]) == 20
    told = json.loads((tmp_path / "result.json").read_text())["spec"]["gan"]
    assert told.startswith("gan(nets=dense(")
    assert "betas=(0, 0.99)" in told, "defaults too: they may be others when the run is read"


@pytest.mark.slow
def test_without_a_folder_it_is_the_same_generator(tmp_path: Path):
    with_folder, without = trained(out=tmp_path), trained()
    for one, two in zip(with_folder.generator.parameters(), without.generator.parameters(), strict=True):
        assert torch.equal(one, two)


def test_listening_changes_nothing():
    """G25: nor does one who draws random numbers of the global generator, which is left as found."""
    state = torch.get_rng_state()
    one, two = trained(), trained(progress=lambda record: torch.rand(3))
    assert torch.equal(torch.get_rng_state(), state)
    for a, b in zip(one.generator.parameters(), two.generator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_conditional_generator_comes_back(tmp_path: Path):
    found = sparring.train(
        "acgan(nets=dense(hidden=(16,), latent=4), batch_size=32)", "digits:train", images=320, out=tmp_path
    )
    z, y = torch.randn(4, 4), torch.tensor([0, 3, 3, 9])
    assert torch.equal(load_generator(tmp_path)(z, y), found.generator(z, y))
    with pytest.raises(InputError, match="labels"):
        sparring.train("acgan", Dataset(torch.rand(50, 1, 8, 8)), images=128)


@pytest.mark.parametrize("shape", [(1, 25, 25), (3, 18, 30)])
def test_any_size_trains_without_an_option(shape):
    """Odd and not square."""
    data = Dataset((255 * torch.rand(80, *shape)).to(torch.uint8))
    found = sparring.train("baseline", data, images=128)
    made = found.generator(torch.randn(2, found.generator.latent))
    assert made.shape == (2, *shape)
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


def test_an_alarm_may_stop_it_and_the_weights_are_kept(tmp_path: Path):
    """A generator whose learning rate is next to nothing stays at one image: what it makes is all alike."""
    # Codes as good as zero: every sample is the same image.
    stuck = "gan(nets=dense(hidden=(16,), latent=1), lr=1e-12, lr_discriminator=1e-3, batch_size=32)"
    limits = Limits(grace=0, patience=1, spread=0.99, pulses=10**6)
    heard = []
    found = sparring.train(
        stuck, "digits:train", images=6400, out=tmp_path, on_alarm="stop", limits=limits, progress=heard.append
    )
    assert found.result["stopped"]
    assert found.alarms[0].kind == "collapse"
    assert found.result["images"] < 6400
    assert [record["kind"] for record in heard if record["event"] == "alarm"] == ["collapse"]
    assert load_generator(tmp_path)(torch.zeros(1, 1)).shape == (1, 1, 8, 8)


def test_a_loss_that_is_not_finite_stops_it_and_names_the_round(tmp_path: Path):
    """G36: an lr that throws the weights out; what was good stays."""
    with pytest.raises(InputError, match=r"expected finite .* lower lr; the last good checkpoint is intact"):
        sparring.train(
            "gan(nets=dense(hidden=(32,)), loss=wgan(), penalties=(), lr=1e30, batch_size=32)", "digits:train",
            images=3200, out=tmp_path,
        )  # fmt: skip


def test_a_run_that_is_over_is_not_trained_again(tmp_path: Path):
    first = trained(out=tmp_path)
    told = (tmp_path / "log.jsonl").read_text()
    again = trained(out=tmp_path)
    assert (tmp_path / "log.jsonl").read_text() == told
    assert again.result["looks"] == first.result["looks"]
    assert again.alarms == first.alarms


@pytest.mark.slow
def test_minutes_become_images(tmp_path: Path):
    found = sparring.train(SMALL, "digits:train", minutes=0.1, out=tmp_path)
    assert found.result["images"] >= 12 * 32
    assert found.result["seconds"] < 60
    again = sparring.train(SMALL, "digits:train", minutes=5, out=tmp_path)  # one that has begun keeps its length
    assert again.result["images"] == found.result["images"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": 3}, "at least one round of 32 images, got 3"),
        ({"images": math.inf}, "at least one round"),
        ({"minutes": 1}, "images or minutes, got both"),
        ({"images": None, "minutes": 0}, "minutes > 0"),
    ],
)
def test_bad_input_is_one_line(change, words):
    with pytest.raises(InputError, match=words):
        trained(**change)


def test_a_directory_of_another_run_is_refused(tmp_path: Path):
    trained(out=tmp_path)
    with pytest.raises(InputError, match="another seed"):
        trained(out=tmp_path, seed=4)
    (tmp_path / "spec.json").write_text('{"kind": "audit"}')
    with pytest.raises(InputError, match="of `sparring train`, got one of `sparring audit`"):
        load_generator(tmp_path)


def test_the_watch_of_a_resumed_run_has_heard_it_all(tmp_path: Path):
    found = trained(out=tmp_path)
    watch = Watch()
    watch.replay(map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines()))
    assert watch.alarms == found.alarms
