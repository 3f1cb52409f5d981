"""A detector that stops nearly every attack, until the attacker knows that it is there."""

import dataclasses

import torch

import sparring
from sparring.data import load_data
from sparring.guards import guard
from sparring.models import fit
from sparring.models.cnn import Cnn

data, test = load_data("digits:train"), load_data("digits:test")
assert data.labels is not None
half = torch.arange(len(data)) % 2 == 0
seen, unseen = (dataclasses.replace(data, pixels=data.pixels[h], labels=data.labels[h]) for h in (half, ~half))

net = Cnn(width=8).build(data.shape, 10, seed=0)
fit(net, seen, epochs=10, seed=0)
found = guard(net, "safetynet", unseen, test=test, n=100)
print(f"false alarms: {found.result['refused']} of {found.result['n']} clean images")
for each in found.result["probes"]:
    print(
        f"{each['attack']:>8} {each['threat']:<13} fools the net {each['fooled']:>3} times, {each['refused']} refused"
    )

x, y = test.take(test.subset(100, seed=0))
for name, model in (("the net alone", net), ("both at once", found.model.module)):
    broken = sparring.attack(model, x, y, "apgd(steps=50, loss='margin')", "linf(0.2)")
    print(f"who attacks {name} leaves {broken.robust_accuracy:.0%} standing")
