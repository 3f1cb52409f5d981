"""What an attack hands back."""

from __future__ import annotations

import dataclasses

from torch import Tensor

from sparring.types import Images, Labels, Logits, Mask, Scores


@dataclasses.dataclass(frozen=True, eq=False)
class Adversarials:
    """What an attack found, one row a sample; every success was confirmed on the user's own model.

    `images` (n, *chw): the adversarial image, or the original where the attack failed (T22). `success` (n,): the
    image is inside the threat and the model says what the attacker wants; a sample the model had wrong to begin with
    counts as a success at distance 0 (T21). `distance` (n,) in the threat's norm, inf for failures. `forwards`,
    `backwards` (n,): passes spent on each sample, confirmations included. `checks`: image passes spent once to make
    and check the model's fast twin, no sample's cost. `clean_correct` (n,): the model was right (not yet at the
    target) before. `strongest` (n, *chw): the image closest to success, success or not; for minimal attacks the
    nearest success, within ε or not. `flat` (n,): samples that met a zero or non-finite gradient. `labels`,
    `targets`, `logits_before`, `logits` (n, k), both from the user's model, a refusal's among them where it may refuse.
    """

    images: Images
    success: Mask
    distance: Scores
    forwards: Tensor
    backwards: Tensor
    clean_correct: Mask
    strongest: Images
    flat: Mask
    labels: Labels
    targets: Labels | None
    logits_before: Logits
    logits: Logits
    attack: str
    threat: str
    seconds: float
    checks: int = 0

    def __len__(self) -> int:
        return len(self.images)

    @property
    def success_rate(self) -> float:
        """Share of the samples that were right before and are broken now (T50); nan if none was right."""
        return float(self.success[self.clean_correct].double().mean())

    @property
    def robust_accuracy(self) -> float:
        """Share of all samples that were right before and still stand."""
        return float((~self.success).double().mean())
