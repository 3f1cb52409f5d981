"""Several nets trained apart: where they do not agree, an image is refused."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._rejecting import Rejecting, inside
from sparring.guards._uncertainty import mean_of, mutual_information
from sparring.guards.base import Guard
from sparring.models import fit as train_net
from sparring.types import Images, Logits, Scores


@dataclass(frozen=True)
class Ensemble(Guard):
    """Answer by the mean of several nets trained from different seeds, and refuse what they disagree about.

    p(c | x) = 1/M Σ_i softmax f_i(x)_c. Refused where Σ_i KL(p_i ‖ p) / M, their mutual information, is above a
    threshold fixed on clean images.

    Fields:
        members: further nets that `fit` trains beside the one it is given, ≥ 1, so that M = members + 1.
        epochs: of each training, ≥ 1.
        false_alarms: share of clean images that may be refused, in (0, 1).

    Shapes: (n, *chw) → (n, k + 1), the last for a refusal.
    Raises: InputError for a net whose weights cannot be drawn anew: every module with weights of its own needs torch's
    `reset_parameters`.
    Cost: M passes; `fit` takes members · epochs · len(train) forward and backward passes.
    Source: Lakshminarayanan, Pritzel and Blundell 2017, arXiv 1612.01474, section 2.4 and the disagreement of 3.5.
    **Differs**: no adversarial training of the members, which the paper has as an option. The new nets are copies of
    the given one, weights drawn anew as torch's layers draw them, and trained by `sparring.models.fit`.

    >>> data = Dataset(torch.rand(60, 8), torch.arange(60) % 3)
    >>> guarded = Ensemble(members=2, epochs=1).fit(nn.Linear(8, 3), data, data)
    >>> guarded(data.images([0])).shape, int((guarded(data.images()).argmax(1) == 3).sum()) <= 3
    (torch.Size([1, 4]), True)
    """

    cites = ("lakshminarayanan2017",)
    rejects = True
    claimed = "Lakshminarayanan et al. 2017: nets that were trained apart agree on what is known and not on what is not"
    fallacy = "their mean has a gradient, and perturbations carry over between nets: one image can fool them all alike"

    members: int = 4
    epochs: int = 12
    false_alarms: float = 0.05

    def __post_init__(self) -> None:
        if self.members < 1 or self.epochs < 1:
            raise InputError(f"expected members and epochs >= 1 of ensemble, got {self.members} and {self.epochs}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Train the other members; the calibration images fix the threshold."""
        others = [renewed(net, child_seed(seed, f"member {number}")) for number in range(self.members)]
        for number, other in enumerate(others):
            train_net(other, train, epochs=self.epochs, seed=child_seed(seed, f"training {number}"))
        return Panel(inside(net), [inside(other) for other in others]).calibrate(calibration, self.false_alarms)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded net with the threshold and the weights of all members of the state."""
        guarded = Panel(inside(net), [inside(net) for _ in range(self.members)])
        guarded.load_state_dict(dict(state))
        return guarded


class Panel(Rejecting):
    """Several nets that answer together."""

    def __init__(self, net: nn.Module, others: list[nn.Module]) -> None:
        super().__init__(net)
        self.others = nn.ModuleList(others)
        self.eval()

    @property
    def draws(self) -> int:
        """Passes that one call costs."""
        return 1 + len(self.others)

    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return log mean probabilities (n, k), and how much the members disagree (n,)."""
        each = torch.stack([net(x).log_softmax(1) for net in (self.net, *self.others)])
        return mean_of(each), mutual_information(each)


def renewed(net: nn.Module, seed: int) -> nn.Module:
    """Return a copy of a net with weights drawn anew from a seed, as its own layers draw them.

    Torch's global generator is left as found. Raises: InputError where a module does not say how to draw its weights.
    """
    new = copy.deepcopy(net).requires_grad_(True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, module in new.named_modules():
            draw = getattr(module, "reset_parameters", getattr(module, "_reset_parameters", None))
            if draw is not None:
                draw()
            elif any(True for _ in module.parameters(recurse=False)):
                raise InputError(
                    f"expected modules that draw their weights by reset_parameters for ensemble, got "
                    f"{type(module).__name__} at {name or 'the root'} without: give it one"
                )
    return new
