"""Several networks of one shape as one: what each would say of its own rows, in one pass."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan.tricks.principal_axes import Axes


class StackedLinear(nn.Module):
    """S linear layers side by side: of rows (S·n, in) the first n go through the first, and so on → (S·n, out).

    Cost: one batched product, which on small nets takes little longer than one of S.

    >>> one, other = nn.Linear(2, 3), nn.Linear(2, 3)
    >>> x = torch.ones(4, 2)
    >>> bool(torch.allclose(StackedLinear([one, other])(x), torch.cat([one(x[:2]), other(x[2:])])))
    True
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        biases = [layer.bias.detach() for layer in layers if layer.bias is not None]
        self.bias = nn.Parameter(torch.stack(biases)[:, None]) if biases else None

    def forward(self, x: Tensor) -> Tensor:
        """Return what each layer makes of its own rows."""
        rows = x.view(len(self.weight), -1, x.shape[1])
        turned = self.weight.mT
        made = torch.bmm(rows, turned) if self.bias is None else torch.baddbmm(self.bias, rows, turned)
        return made.flatten(0, 1)

    @torch.no_grad()
    def give(self, place: int, layer: nn.Linear) -> None:
        """Copy the weights at a place into a layer of its own."""
        layer.weight.copy_(self.weight[place])
        if self.bias is not None:
            layer.bias.copy_(self.bias[place, 0])


def can_stack(module: nn.Module) -> bool:
    """Say whether every weight of a module is that of a plain linear layer, and every buffer one of fixed `Axes`."""
    inside = {id(tensor) for _, layer in _linear(module) for tensor in layer.parameters(recurse=False)}
    inside |= {id(tensor) for layer in module.modules() if isinstance(layer, Axes) for tensor in layer.buffers()}
    held = [*module.parameters(), *module.buffers()]
    return bool(held) and all(id(each) in inside for each in held)


def stack(modules: Sequence[nn.Module]) -> nn.Module:
    """Return one module that does to rows (S·n, …) what each of S does to its own n; theirs are left as they are.

    Raises: InputError for modules with weights outside linear layers: convolutions, norms, embeddings; and for axes
    that are not the same in all.
    """
    if not all(map(can_stack, modules)):
        raise InputError("expected nets of linear layers alone to train several as one, got others: use nets=dense()")
    for each in zip(*(module.buffers() for module in modules), strict=True):
        if not all(torch.allclose(each[0], other, equal_nan=True) for other in each[1:]):
            raise InputError("expected the same axes in all nets, got others: train all on the same data")
    whole = copy.deepcopy(modules[0])
    layers = [dict(_linear(module)) for module in modules]
    for name, _ in _linear(whole):
        parent, _, leaf = name.rpartition(".")
        setattr(whole.get_submodule(parent), leaf, StackedLinear([each[name] for each in layers]))
    return whole


def unstack(whole: nn.Module, place: int, like: nn.Module) -> nn.Module:
    """Return a copy of `like`, a module of the kind that was stacked, with the weights at a place, and the axes."""
    single = copy.deepcopy(like)
    for name, held in single.named_buffers():
        held.copy_(whole.get_buffer(name))
    for name, layer in _linear(single):
        stacked = whole.get_submodule(name)
        assert isinstance(stacked, StackedLinear)
        stacked.give(place, layer)
    return single


def _linear(module: nn.Module) -> list[tuple[str, nn.Linear]]:
    return [(name, each) for name, each in module.named_modules() if type(each) is nn.Linear]
