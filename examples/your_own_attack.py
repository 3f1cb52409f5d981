"""An attack of your own is one small class: it says where to look, everything else is done for it."""

from dataclasses import dataclass

import sparring
from sparring.attacks import Attack, Search
from sparring.data import load_data
from sparring.models import fit
from sparring.models.cnn import Cnn


@dataclass(frozen=True)
class Noise(Attack):
    """Try random corners of the threat, and keep whatever fools the model."""

    tries: int = 20

    def passes(self, classes: int) -> int:
        return self.tries

    def run(self, search: Search) -> None:
        for _ in range(self.tries):
            direction = search.streams.normal(tuple(search.x.shape[1:]), search.x.dtype)
            search.logits(search.threat.extreme(search.x, direction))


train, test = load_data("digits:train"), load_data("digits:test")
net = Cnn().build(train.shape, len(train.classes), seed=0)
fit(net, train, epochs=8, seed=0)
x, y = test.take(test.subset(200, seed=0))
attacks: dict[str, str | Attack] = {"Noise": Noise(), "FGSM": "fgsm", "PGD": "pgd(steps=10)"}
for name, attack in attacks.items():
    found = sparring.attack(net, x, y, attack, "linf(0.15)", seed=0)
    passes = (found.forwards + found.backwards).double().mean()
    print(f"{name:<5} breaks {found.success_rate:>6.1%} of the digits, {passes:.1f} passes a digit")
