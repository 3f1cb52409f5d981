"""A generator that wants the right features on average, and does not look at scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan._moment import Moment
from sparring.gan.nets import Judgement
from sparring.gan.tricks.base import Trick
from sparring.types import Scores


@dataclass(frozen=True)
class FeatureMatching(Trick):
    """In place of its loss of scores, G makes ‖E f(x) − E f(G(z))‖² small, f the features of the discriminator.

    Means are those of the whole batch, over all processes (G10).

    Shapes: features (n, d), (n, d) → (n,), the same mean for each.

    Cost: in the generator's turn one forward of the discriminator more, on the real images.

    Source: Salimans et al. 2016, arXiv 1606.03498, section 3.1. **Differs**: f is the last layer before the score; the
    paper says an intermediate one.

    >>> import torch
    >>> from sparring.games import Batch
    >>> moment = Moment(Batch(torch.zeros(2, 1), None, torch.arange(2), 0), "generator")
    >>> real, fake = (Judgement(torch.zeros(2), None, torch.tensor([[0.0], [mean]])) for mean in (2.0, 6.0))
    >>> FeatureMatching().generator_loss(real, fake, moment).tolist()
    [4.0, 4.0]
    """

    cites = ("salimans2016",)
    needs_real: ClassVar[bool] = True

    def generator_loss(self, real: Judgement, fake: Judgement, moment: Moment) -> Scores | None:
        """Return the squared distance of the mean features, whose slope reaches each generated image."""
        gap = moment.mean(fake.features.float()) - moment.mean(real.features.float())
        # Its slope is that of the squared distance; its value is not.
        along = 2 * (fake.features.float() - real.features.float()) @ gap
        return along - along.detach() + gap.square().sum()
