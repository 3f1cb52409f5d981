"""sparring: attack and harden classifiers, and (later) train and judge GANs."""
