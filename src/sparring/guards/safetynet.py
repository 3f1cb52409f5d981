"""SafetyNet: a kernel machine that looks at a classifier's late activations, and refuses what it has not seen there."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError, SparringWarning
from sparring.guards._activations import count_activations, leads, look
from sparring.guards._kernel import Codes, Machine
from sparring.guards._rejecting import Rejecting, batches, inside
from sparring.guards.base import Guard
from sparring.types import Images, Logits, Scores

LEAD_LEVELS = 128
"""Levels of the leads: an image on a boundary leads by less than one clean image in a hundred does."""
LEAST = 10
"""Adversarial images that there have to be to learn from."""


@dataclass(frozen=True)
class SafetyNet(Guard):
    """Refuse an image where an RBF kernel machine on quantized codes of late activations takes it for adversarial.

    s(x) = Σ_i α_i exp(−γ ‖c(x) − c_i‖²) + b, refused where s(x) > t. The code c(x) is one number in [0, 1] a unit: of
    the last activations before the logits, means of their maps; and, as heavy as all of those together, of the leads
    of the first logit over the second and third. α, b come from clean images of the training data and adversarial ones
    of them, made on the classifier alone; t from clean images that neither has seen.

    Fields: `false_alarms` in (0, 1), the share of clean images that may be refused; `layers` ≥ 1 activations, the
    last ones; `levels` ≥ 2 of a unit's code; `attacks`, pairs of an attack and a threat, which share the training
    images; `samples` ≥ 2 of those, at the most; `cost` > 0 of a slack, the machine's C.

    Shapes: images (n, *chw) → logits (n, k + 1), the last for a refusal.

    Raises: InputError for a classifier without activations, or one that the attacks hardly fool.

    Cost: to fit, the attacks' passes on `samples` images (a minute for a small net); to use, the classifier's own pass
    and a product with about a thousand support vectors.

    Source: Lu, Issaranon, Forsyth 2017, arXiv 1704.00103. **Differs**: one machine for any network, on pooled maps of
    several late activations where the paper has the last of a VGG or ResNet; the leads are ours, for without them what
    lies on a boundary looks clean (of DeepFool's images 46 % were refused by the last activation alone, 95 % with
    them); the refusal is a logit, so that one attack can fool both at once.

    >>> import sparring
    >>> sparring.parse("safetynet(false_alarms=0.01)").rejects
    True
    """

    rejects = True
    cites = ("lu2017",)
    claimed = "an attacker has to guess the codes, so the detector is hard to fool together with the classifier"
    fallacy = "steps have no slope, but a smooth stand-in has: the joint attack follows it through both"
    false_alarms: float = 0.05
    layers: int = 6
    levels: int = 16
    attacks: tuple[tuple[str, str], ...] = (
        ("fgsm", "linf(0.03)"),
        ("fgsm", "linf(0.1)"),
        ("fgsm", "linf(0.25)"),
        ("bim(steps=10)", "linf(0.05)"),
        ("deepfool(steps=20)", "l2(inf)"),
    )
    samples: int = 2500
    cost: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.false_alarms < 1:
            raise InputError(f"expected false_alarms in (0, 1), got {self.false_alarms}")
        if self.layers < 1 or self.levels < 2 or self.samples < 2:
            raise InputError(
                f"expected layers >= 1, levels >= 2 and samples >= 2, got {self.layers}, {self.levels}, {self.samples}"
            )
        if not self.attacks or not self.cost > 0:
            raise InputError(f"expected at least one attack and cost > 0, got {self.attacks} and {self.cost}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the guarded model, fitted on images of `train` and its threshold on those of `calibration`."""
        net = inside(net)
        rows = train.subset(self.samples, child_seed(seed, "safetynet") % 2**31)
        x, y = train.take(rows)
        count = count_activations(net, x[:2])
        places = tuple(range(max(0, count - self.layers), count))
        clean, bad = _units(net, x, places), _units(net, self._adversarial(net, x, y, seed), places)
        codes = [Codes.fitted(clean[0], self.levels), Codes.fitted(clean[1], LEAD_LEVELS)]
        model = _SafetyNet(net, torch.tensor(places), *codes)
        model.machine = Machine.fitted(model.code(*clean), model.code(*bad), self.cost)
        return model.eval().calibrate(calibration, self.false_alarms)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded model whose `state_dict` was `state`."""
        codes = [Codes(state[f"{name}.edges"].clone()) for name in ("units", "leads")]
        model = _SafetyNet(inside(net), state["places"].clone(), *codes)
        parts = ("support", "dual", "gamma", "bias")
        model.machine = Machine(*(state[f"machine.{part}"].clone() for part in parts))
        model.load_state_dict(dict(state))
        return model.eval()

    def _adversarial(self, net: nn.Module, x: Images, y: Tensor, seed: int) -> Images:
        """Return what fools the classifier; attacks share the images, and try the same ones where there are few."""
        found, count = [], min(len(x), -(-self.samples // len(self.attacks)))
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", SparringWarning
            )  # these are to learn from: none has to be the best there is
            for place, (text, threat) in enumerate(self.attacks):
                mine = (torch.arange(count) + place * count) % len(x)
                each = attack(net, x[mine], y[mine], text, threat, seed=seed)
                found.append(each.images[each.success & each.clean_correct])
        bad = torch.cat(found)
        if len(bad) < LEAST:
            raise InputError(
                f"expected at least {LEAST} adversarial images to learn from, got {len(bad)}: take stronger attacks, "
                "or more samples"
            )
        return bad


class _SafetyNet(Rejecting):
    """The classifier, its activations' codes, and the machine."""

    places: Tensor
    machine: Machine

    def __init__(self, net: nn.Module, places: Tensor, units: Codes, leads: Codes) -> None:
        super().__init__(net)
        self.register_buffer("places", places)
        self.units, self.leads = units, leads

    def code(self, units: Tensor, leads: Tensor) -> Tensor:
        """Return the codes (n, d) of units and leads, the leads as heavy as all the units together."""
        weight = (units.shape[1] / leads.shape[1]) ** 0.5
        return torch.cat([self.units(units), weight * self.leads(leads)], 1)

    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return logits (n, k), and the machine's scores (n,)."""
        logits, units = look(self.net, x, self.places.tolist())
        score: Tensor = self.machine(self.code(units, leads(logits)))
        return logits, score


def _units(net: nn.Module, x: Images, places: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return late activations (n, d) and leads (n, 3) of images."""
    with torch.no_grad():
        seen = [(units, leads(logits)) for logits, units in (look(net, part, places) for part in batches(x))]
    return torch.cat([units for units, _ in seen]).float(), torch.cat([lead for _, lead in seen]).float()
