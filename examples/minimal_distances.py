"""How far is a digit from a mistake? Attacks that look for the smallest change, in each norm."""

import sparring
from sparring.data import load_data
from sparring.models import fit
from sparring.models.cnn import Cnn

train, test = load_data("digits:train"), load_data("digits:test")
net = Cnn().build(train.shape, len(train.classes), seed=0)
fit(net, train, epochs=8, seed=0)
x, y = test.take(test.subset(30, seed=0))

print(f"{'norm':<5} {'attack':<10} {'broken':>7} {'median distance':>16} {'passes a digit':>15}")
for norm, attacks in {
    "linf": ("deepfool", "fmn", "cw_linf"),
    "l2": ("deepfool", "fmn", "lbfgs", "cw_l2"),
    "l1": ("deepfool", "fmn"),
    "l0": ("deepfool", "fmn", "cw_l0"),
}.items():
    for attack in attacks:
        found = sparring.attack(net, x, y, attack, f"{norm}(inf)", seed=0)
        distance = found.distance[found.success & found.clean_correct].median()
        passes = (found.forwards + found.backwards).double().mean()
        print(f"{norm:<5} {attack:<10} {found.success_rate:>7.0%} {distance:>16.4g} {passes:>15.0f}")
