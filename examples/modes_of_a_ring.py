"""A ring of eight modes: one smooth map of codes has to draw bridges between them, codes that count by sign need not.

Nets, loss, rates and budget are the same; what is counted stands beside as many real points.
"""

from sparring import train
from sparring.gan import generate
from sparring.modes import count_modes
from sparring.modes.problems.ring import Ring

SAME = "penalties=(r1(gamma=1e-4), r2(gamma=1e-4)), lr=1e-3, batch_size=128, cooldown=0.5, average=5000"
NETS = {"one smooth map": "waves(latent=12)", "eight signs": "waves(latent=12, signs=8)"}

if __name__ == "__main__":
    ring = Ring()
    data = ring.data(20_000)
    for name, nets in NETS.items():
        made = train(f"gan(nets={nets}, {SAME})", data, images=60_000)
        found = count_modes(ring.unboxed(generate(made.generator, 2500)), ring)
        print(
            f"{name:<15} {found.figures.captured} of {ring.modes} modes, {found.figures.quality:.0%} of high quality "
            f"(real points {found.truth.quality:.0%}), reverse KL {found.figures.kl:.3f} (floor {found.floor:.3f})"
        )
