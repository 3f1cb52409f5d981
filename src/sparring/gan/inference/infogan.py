"""Parts of the code that must be told from the image: classes and degrees that nobody labeled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.gan.inference.base import Inference, check_numbers
from sparring.gan.nets import Discriminator, Generator, Judgement, Nets


@dataclass(frozen=True)
class Infogan(Inference):
    """Q, on the features of D, tells the parts c of a code from G(c, z); G and D both want it to.

    L − λ L_I for either player, L_I = E log Q(c | G(c, z)) + H(c) ≤ I(c; G(c, z)).

    A code is still n standard normal numbers, so that whatever draws, mixes and inverts codes works as ever. The
    generator makes of the first `classes` of them the largest one's place, which is uniform; of the next `degrees`
    uniform numbers 2Φ(z) − 1 in [−1, 1]. The rest is as it comes.

    Fields:
        classes: K ≥ 2 of a categorical part, or 0 for none.
        degrees: ≥ 0 uniform numbers.
        weight: λ > 0.
        width: ≥ 1, units of the hidden layer of Q.

    Shapes: features (n, d) → logits (n, classes), means and log deviations (n, degrees). Figure: `information`, L_I in
    nats, at most log K of the classes, and of each degree without a limit.

    Raises: InputError for codes too short for both.

    Cost: two small layers more.

    Source: Chen et al. 2016, arXiv 1606.03657, eq. 5 and 6. **Differs**: the categorical part is the largest of normal
    numbers; one weight for both parts; deviations of degrees are learned, within e^−3 and e^3.

    >>> Infogan(classes=10, degrees=0).entropy() == math.log(10)
    True
    """

    cites = ("chen2016",)
    classes: int = 10
    degrees: int = 2
    weight: float = 1.0
    width: int = 128

    def __post_init__(self) -> None:
        check_numbers(self, width=self.width, weight=self.weight)
        if self.classes < 0 or self.classes == 1 or self.degrees < 0 or not self.classes + self.degrees:
            raise InputError(
                f"expected classes of infogan 0 or >= 2, degrees >= 0, and one of them, got {self.classes} and "
                f"{self.degrees}"
            )

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Put what makes parts of a code before the generator's body, and Q on the discriminator's features."""
        if self.classes + self.degrees > generator.latent:
            raise InputError(
                f"expected a code of at least {self.classes + self.degrees} numbers for {self}, got "
                f"{generator.latent}: use nets with a larger latent"
            )
        generator.body = nn.Sequential(Parts(self.classes, self.degrees), generator.body)
        told = self.classes + 2 * self.degrees
        discriminator.tells = nn.Sequential(
            nn.Linear(discriminator.width, self.width), nn.LeakyReLU(0.2), nn.Linear(self.width, told)
        )
        return generator, discriminator

    def entropy(self) -> float:
        """Return H(c) in nats: log K, and log 2 for each degree."""
        return (math.log(self.classes) if self.classes else 0.0) + self.degrees * math.log(2)

    def told(self, z: Tensor, judged: Judgement, discriminator: Discriminator, moment: Moment) -> Tensor | None:
        """Return −λ times the bound of made images."""
        said: Tensor = discriminator.get_submodule("tells")(judged.features).float()
        bound = self.likelihood(said, z).mean() + self.entropy()
        if moment.player == "generator":
            moment.figures["information"] = bound.detach()
        return -self.weight * bound

    def likelihood(self, said: Tensor, z: Tensor) -> Tensor:
        """Return log Q(c | x) (n,) of the parts of codes, from what Q says (n, classes + 2 degrees)."""
        logits, mean, log = torch.split(said, [self.classes, self.degrees, self.degrees], 1)
        total = said.new_zeros(len(said))
        if self.classes:
            total = total - F.cross_entropy(logits, z[:, : self.classes].argmax(1), reduction="none")
        if self.degrees:
            log = 3 * (log / 3).tanh()
            off = (uniform(z[:, self.classes : self.classes + self.degrees]) - mean) / log.exp()
            total = total - (log + off.square() / 2 + math.log(2 * math.pi) / 2).sum(1)
        return total


class Parts(nn.Module):
    """Normal codes (n, latent) → as many numbers: one of K, uniform ones in [−1, 1], and the rest as it is."""

    def __init__(self, classes: int, degrees: int) -> None:
        super().__init__()
        self.classes, self.degrees = classes, degrees

    def forward(self, z: Tensor) -> Tensor:
        """Return the code as the body gets it; no slope goes through the choice of a class."""
        first, second, rest = z[:, : self.classes], *z[:, self.classes :].tensor_split([self.degrees], 1)
        chosen = F.one_hot(first.argmax(1), self.classes).to(z.dtype) if self.classes else first
        return torch.cat([chosen, uniform(second), rest], 1)


def uniform(z: Tensor) -> Tensor:
    """Return 2Φ(z) − 1: a standard normal number as a uniform one in [−1, 1].

    >>> uniform(torch.zeros(1)).item()
    0.0
    """
    return torch.erf(z / math.sqrt(2))
