"""How near an attack comes to the best that is known: AttackBench's optimality."""

from __future__ import annotations

import torch

from sparring.errors import InputError
from sparring.types import Scores


def area(distance: Scores, most: float) -> float:
    """Return the area under the robustness curve from 0 to `most`: ∫ share of samples with distance > ε dε.

    `distance` (n,), 0 for samples that were wrong to begin with, inf where nothing was found. Each sample stands until
    its distance, so the area is the mean of min(distance, most).
    """
    return float(distance.double().clamp_max(most).mean())


def optimality(distance: Scores, envelope: Scores) -> float:
    """Return 1 − (A − A*) / (acc · d_max − A*): 1 for an attack that is the envelope, 0 for one that finds nothing.

    A is the area under the attack's robustness curve from 0 to d_max, A* that under the envelope's: the least distance
    known for each sample. d_max is where the envelope ends, its largest finite distance; acc the share of samples that
    were right, distance above 0. An attack nearer than the envelope somewhere does not count for more there.

    Shapes: both (n,), in the same order of samples.
    Raises: InputError when the envelope has no finite distance above 0, or another length.
    Source: Cinà et al. 2024, arXiv 2404.19460, eq. 5 and 6. **Differs**: distances below the envelope are raised to it,
    so that the figure stays in [0, 1] with an envelope that was stored before.

    >>> near = torch.tensor([1.0, 2.0])
    >>> optimality(near, near), optimality(torch.tensor([torch.inf, torch.inf]), near)
    (1.0, 0.0)
    >>> optimality(torch.tensor([1.5, 2.0]), near)
    0.5
    """
    if distance.shape != envelope.shape:
        raise InputError(f"expected {len(envelope)} distances, one a sample of the envelope, got {len(distance)}")
    known = envelope[torch.isfinite(envelope) & (envelope > 0)]
    if len(known) == 0:
        raise InputError("expected an envelope with a distance above 0, got none: no attack has found anything")
    most = float(known.max())
    best = area(envelope, most)
    accuracy = float((envelope > 0).double().mean())
    room = accuracy * most - best
    if room <= 0:  # all samples at the same distance: there is no area between, only reaching it or not
        return float((distance <= envelope).double().mean())
    return 1 - (area(torch.maximum(distance, envelope), most) - best) / room
