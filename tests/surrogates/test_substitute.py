"""A substitute from labels alone: books against a victim that counts, resumption, denominators, any kind of victim."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.models import load_model
from sparring.surrogates import Recipe, Substitution
from sparring.surrogates._setup import divide
from sparring.victims.black_box import BlackBox

SMALL = Recipe(nets=("mlp(hidden=(24,))", "linear"), queries=120, steps=30, epochs=20, lr=1e-2)


class Counting:
    """Says which of three thirds of an image is the brightest, and counts the images it is shown."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.count, self.dies_at = 0, dies_at
        self.distinct: set[bytes] = set()

    def __call__(self, x: Tensor) -> Tensor:
        if self.dies_at is not None and self.count + len(x) > self.dies_at:
            raise KeyboardInterrupt
        self.count += len(x)
        self.distinct |= {row.numpy().tobytes() for row in x}
        return x.flatten(1).unflatten(1, (3, -1)).mean(2).argmax(1)

    @property
    def victim(self) -> BlackBox:
        return BlackBox(self, "decision", classes=3)


@pytest.fixture(scope="module")
def data() -> Dataset:
    draws = torch.Generator().manual_seed(0)
    y = torch.arange(150) % 3
    x = 0.4 + 0.1 * torch.rand(150, 1, 6, 6, generator=draws)
    for third in range(3):
        x[y == third, :, 2 * third : 2 * third + 2] += 0.25
    return Dataset(x, y, ("top", "middle", "bottom"), "thirds")


def run(model: Counting, data: Dataset, out: Path | None = None, **options: object) -> Substitution:
    options = {"recipe": SMALL, "seeds": 30, "n": 40, "attack": "mi_fgsm(steps=5)", "out": out, **options}
    return sparring.substitute(model.victim, data, "linf(0.3)", **options)  # type: ignore[arg-type]


def test_exactly_as_many_labels_are_asked_as_the_books_say_and_allow(data: Dataset) -> None:
    """120 to learn from; to count, 40 images as they are and after either attack, which may end at the same image."""
    model = Counting()
    found = run(model, data)
    assert found.result["asked"] == found.result["queries"]["sent"] == SMALL.queries
    assert model.count == len(model.distinct) == SMALL.queries + found.result["shown"]["sent"]
    assert found.result["shown"]["asked"] == 3 * 40 >= found.result["shown"]["sent"] > 40
    assert len(found.bought) == len(found.labels) == SMALL.queries
    assert torch.equal(found.labels, Counting()(found.bought))


def test_the_first_images_are_the_seeds_and_none_of_them_is_attacked(data: Dataset) -> None:
    found = run(Counting(), data, n=None)
    held = {row.numpy().tobytes() for row in found.bought[:30]}
    attacked = {row.numpy().tobytes() for row in found.originals}
    assert len(held) == 30
    assert len(attacked) == found.result["n"] == 120
    assert not held & attacked
    assert held | attacked == {row.numpy().tobytes() for row in data.images()}


def test_images_are_inside_the_threat_and_fool_the_victim(data: Dataset) -> None:
    model = Counting()
    found = run(model, data)
    assert (found.images - found.originals).abs().max() <= 0.3 + 1e-6
    assert found.result["misclassified"]["share"] == (model(found.images) != found.truth).double().mean()
    assert found.result["misclassified"]["share"] > 0.9
    assert torch.equal(found.after, model(found.images))


def test_of_all_and_of_correct_have_their_own_denominators(data: Dataset) -> None:
    """T50: with a quarter of the labels wrong, the victim has those wrong before: they count in one share alone."""
    assert data.labels is not None
    wrong = torch.arange(150) % 4 == 0
    other = Dataset(data.pixels, torch.where(wrong, (data.labels + 1) % 3, data.labels), data.classes, "mislabelled")
    found = run(Counting(), other, n=None)
    right = found.before == found.truth
    assert 0 < int((~right).sum()) < 60
    for row in found.result["attacks"]:
        assert row["misclassified"]["of"] == 120
        assert row["of_right"]["of"] == int(right.sum()) == found.result["clean"]["count"]
        assert row["of_broken"]["of"] <= row["of_right"]["of"]
    last = found.result["attacks"][-1]
    assert last["of_right"]["count"] == int(((found.after != found.truth) & right).sum())
    assert last["misclassified"]["count"] == int((found.after != found.truth).sum())


def test_the_same_seed_gives_the_same_and_another_does_not(data: Dataset) -> None:
    one, two, other = run(Counting(), data), run(Counting(), data), run(Counting(), data, seed=1)
    assert torch.equal(one.bought, two.bought)
    assert torch.equal(one.images, two.images)
    assert not torch.equal(one.bought[:30], other.bought[:30])


def test_killed_in_a_round_it_goes_on_and_asks_nothing_twice(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead after 80 answers of 120: the second run asks the other 40, and ends as if nothing had been."""
    monkeypatch.setattr("sparring.surrogates._oracle.BATCH", 10)
    whole = run(Counting(), data)
    dying = Counting(dies_at=80)
    with pytest.raises(KeyboardInterrupt):
        run(dying, data, tmp_path / "run")
    assert dying.count == 80
    later = Counting()
    found = run(later, data, tmp_path / "run", recipe=SMALL)
    assert not dying.distinct & later.distinct
    # The ten that were on their way count as paid, so that many fewer labels come in the end.
    assert found.result["queries"]["sent_before"] == 90
    assert found.result["asked"] == 120
    assert len(found.bought) == 110
    assert torch.equal(found.bought, whole.bought[:110])
    third = Counting()
    again = run(third, data, tmp_path / "run")
    assert third.count == 0
    assert torch.equal(again.images, found.images)


def test_another_run_in_its_folder_is_refused(data: Dataset, tmp_path: Path) -> None:
    run(Counting(), data, tmp_path / "run")
    with pytest.raises(InputError, match="got another threat"):
        sparring.substitute(
            Counting().victim, data, "linf(0.2)", "mi_fgsm(steps=5)", recipe=SMALL, seeds=30, n=40, out=tmp_path / "run"
        )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(InputError, match="a new or empty directory"):
        run(Counting(), data, tmp_path / "full")


def test_its_nets_are_saved_as_models_that_load(data: Dataset, tmp_path: Path) -> None:
    found = run(Counting(), data, tmp_path / "run")
    for name, net in zip(("substitute", "substitute-2"), found.nets, strict=True):
        kept = load_model(tmp_path / "run" / name)
        assert torch.equal(kept.module(found.originals), net(found.originals))
        assert kept.classes == data.classes
    torch.testing.assert_close(
        found.net(found.originals), (found.nets[0](found.originals) + found.nets[1](found.originals)) / 2
    )


def test_a_reservoir_bounds_what_a_round_asks(data: Dataset) -> None:
    plan = Recipe(nets=("linear",), queries=120, steps=10, epochs=2, doublings=1, reservoir=20)
    found = run(Counting(), data, recipe=plan)
    new = [record["new"] for record in found.result["rounds"]]
    assert new[0] <= 30
    assert max(new[1:]) <= 20
    assert sum(new) == 90 == found.result["rounds"][-1]["labels"] - 30


def test_a_torch_model_gives_no_more_than_its_labels(data: Dataset) -> None:
    """The same net, once with its gradients at hand and once hidden behind its labels, is copied alike."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)).requires_grad_(False)
    net[1].weight.copy_(torch.eye(3).repeat_interleave(12, 1))
    net[1].bias.zero_()
    hidden = BlackBox(lambda x: net(x).argmax(1), "decision", classes=3)
    open_, closed = (
        sparring.substitute(victim, data, "linf(0.3)", "fgsm", recipe=SMALL, seeds=30, n=20)
        for victim in (load_model(net, classes=data.classes), hidden)
    )
    assert torch.equal(open_.bought, closed.bought)
    assert torch.equal(open_.labels, closed.labels)


def test_scikit_learn_on_real_digits() -> None:
    """A support vector machine on digits of 8 x 8, from 600 labels; it sees neither seeds nor images in training."""
    from sklearn.svm import SVC

    x, y = load_data("digits:train").take()
    machine = SVC().fit(x.flatten(1).numpy(), y.numpy())
    victim = BlackBox(lambda z: machine.predict(z.flatten(1).numpy()), "decision", classes=10, takes="torch")
    plan = Recipe(nets=("mlp",), queries=600)
    found = sparring.substitute(victim, load_data("digits:test"), "linf(0.3)", recipe=plan, seeds=100, n=100)
    assert found.result["clean"]["share"] > 0.95
    assert found.result["misclassified"]["interval"][0] > 0.5


def test_what_cannot_be_copied_is_told(data: Dataset) -> None:
    with pytest.raises(InputError, match="expected more queries than seed images, got 20 for 30"):
        run(Counting(), data, recipe=Recipe(nets=("linear",), queries=20))
    with pytest.raises(InputError, match="between 1 and 149"):
        run(Counting(), data, seeds=150)
    with pytest.raises(InputError, match="expected seed images of shape"):
        run(Counting(), data, seeds=Dataset(torch.zeros(4, 9)))
    with pytest.raises(InputError, match="expected n >= 1"):
        run(Counting(), data, n=0)
    two = Dataset(data.pixels, (data.labels == 1).long(), ("no", "yes"), "two")  # type: ignore[union-attr]
    with pytest.raises(InputError, match="expected labels below 2, the classes of the data, got 2"):
        run(Counting(), two)


def test_seeds_from_elsewhere_leave_all_images_to_attack(data: Dataset) -> None:
    first, x, y = divide(data, Dataset(torch.zeros(4, 1, 6, 6)), None, 0)
    assert not first.any()
    assert len(x) == len(y) == 150
