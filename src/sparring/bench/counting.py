"""Count the passes of code that keeps no books of its own."""

from __future__ import annotations

from torch import Tensor, nn

from sparring.types import Images, Logits


class Counting(nn.Module):
    """A classifier that counts the images shown to it, for whoever compares attacks by their passes.

    Fields: `forwards`, images that went through the model; `backwards`, images whose gradient came back through it,
    once for each time it did. Divided by the number of samples they are what the ledger of an attack holds.

    Shapes: whatever the model takes and gives.

    >>> import torch
    >>> net = Counting(nn.Linear(2, 2))
    >>> net(torch.zeros(3, 2, requires_grad=True)).sum().backward()
    >>> net.forwards, net.backwards
    (3, 3)
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.forwards = self.backwards = 0
        self.train(model.training)

    def forward(self, x: Images) -> Logits:
        """Return the model's logits, and count."""
        logits: Tensor = self.model(x)
        self.forwards += len(x)
        if logits.requires_grad:
            logits.register_hook(self._count_backward)  # type: ignore[no-untyped-call]
        return logits

    def _count_backward(self, gradient: Tensor) -> None:
        self.backwards += len(gradient)
