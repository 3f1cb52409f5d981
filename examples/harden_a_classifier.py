"""Train a digit classifier against an attacker inside its loss, and see what that buys and costs.

The command line does the same: sparring harden --model "cnn(width=8)" --data digits:train --threat "linf(0.1)" ...
"""

import sparring
from sparring.harden import Recipe

if __name__ == "__main__":
    found = sparring.harden(
        "cnn(width=8)", "digits:train", "linf(0.1)", "adversarial(steps=3)", recipe=Recipe(epochs=15), n=100, seed=0
    )
    assert found.before is not None
    assert found.after is not None
    for name, audit in (("trained plainly", found.before), ("hardened", found.after)):
        low, high = audit.interval
        print(
            f"{name:<16} {audit.clean_accuracy:.1%} right when nobody attacks, "
            f"{audit.robust_accuracy:.1%} under attack (95 % interval {low:.1%} to {high:.1%})"
        )
    for attack, share in found.result["careless"].items():
        print(f"{attack} alone would have left {share:.1%}")
