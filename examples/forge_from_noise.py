"""An iguana out of white noise: far from all images, a network is as sure of itself as ever."""

import torch

import sparring
from sparring.core.levels import nearest_levels
from sparring.data import write_png
from sparring.models import find_class, load_model

model = load_model("efficientnet-lite0")
assert model.classes is not None
names = [name.split(",")[0] for name in model.classes]
noise = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


def probabilities(x: torch.Tensor) -> torch.Tensor:
    """Return the network's probability for each class."""
    with torch.no_grad():
        logits: torch.Tensor = model.module(x)
        return logits.softmax(1)[0]


def show(what: str, x: torch.Tensor) -> None:
    """Print the network's answer and how sure it is."""
    confidence, answer = probabilities(x).max(0)
    print(f"{what:<12} {names[int(answer)]} ({confidence:.1%})")


show("white noise:", noise)
second = int(probabilities(noise).topk(2).indices[1])
print(f"(its second guess is {names[second]}, {probabilities(noise)[second]:.1%}: one step toward that)")
found = sparring.attack(
    model.module, noise, None, "forge(steps=1, step_size=4/255, loss=l2)", targets=second, fast=False
)
show("one step:", found.strongest)

iguana = find_class("common iguana", model.classes)
found = sparring.attack(model.module, noise, None, "forge(steps=40, confidence=0.99)", targets=iguana)
show("40 steps:", found.strongest)
print(f"{write_png('runs/forged-iguana.png', nearest_levels(found.strongest[0]))} still looks like noise")
