"""One attack under four threats: what may change decides what breaks, and how much of the image is touched."""

import sparring
from sparring.data import load_data
from sparring.models import accuracy, fit
from sparring.models.cnn import Cnn

train, test = load_data("digits:train"), load_data("digits:test")
net = Cnn().build(train.shape, len(train.classes), seed=0)
fit(net, train, epochs=8, seed=0)
print(f"{accuracy(net, test):.1%} of {len(test)} digits are right when nobody attacks")

x, y = test.take(test.subset(200, seed=0))
print(f"\n{'threat':<10} {'still right':>11} {'values touched':>15} {'largest change':>15} {'sum of changes':>15}")
for threat in ("linf(0.1)", "l2(0.8)", "l1(3)", "l0(4)"):
    found = sparring.attack(net, x, y, "pgd(steps=40)", threat, seed=0)
    delta = (found.images - x)[found.success & found.clean_correct].flatten(1).abs()
    touched, largest, total = (delta > 0).sum(1).double().mean(), delta.amax(1).mean(), delta.sum(1).mean()
    print(f"{threat:<10} {found.robust_accuracy:>11.1%} {touched:>12.1f}/64 {largest:>15.2f} {total:>15.2f}")
