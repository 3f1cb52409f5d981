"""Train a small classifier, then measure how many answers survive an attacker: at most, and give or take.

The command line does the same: sparring audit --model examples/audit_a_classifier.py:classifier --data digits:test ...
"""

from torch import nn

import sparring
from sparring.data import load_data
from sparring.models import fit
from sparring.models.cnn import Cnn


def classifier() -> nn.Module:
    """Return a net for 8 × 8 digits, trained in a second or two."""
    train = load_data("digits:train")
    net = Cnn().build(train.shape, len(train.classes), seed=0)
    fit(net, train, epochs=8, seed=0)
    return net


if __name__ == "__main__":
    found = sparring.audit(classifier(), "digits:test", "linf(0.1)", n=100, seed=0, curve=30)
    low, high = found.interval
    print(f"right when nobody attacks: {found.clean_accuracy:.1%} of {found.n} images")
    print(f"right under attack:        {found.robust_accuracy:.1%} at most (95 % interval {low:.1%} to {high:.1%})")
    for row in found.result["attacks"]:
        passes = row["forwards"] + row["backwards"]
        print(f"  {row['name']:<7} broke {row['broke']:>3}, left {row['left_standing']:>3} standing, {passes:,} passes")
    print("accuracy against ε, from the smallest change that breaks each image:")
    for eps, accuracy in found.result["curve"]["points"][::5]:
        print(f"  {eps:.3f} {'#' * round(50 * accuracy)} {accuracy:.0%}")
