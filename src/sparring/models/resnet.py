"""A small residual network with BatchNorm: the shape of most classifiers in use."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from sparring.models.base import Trainable, image_shape, positive


@dataclass(frozen=True)
class Resnet(Trainable):
    """A residual network of three stages for small images, of the form that CIFAR-10 made common.

    Fields:
        width: channels of the stem and first stage, ≥ 1; the next stages have 2 and 4 times as many.
            16 makes 78 thousand weights, 22 makes 146 thousand (with one block a stage).
        blocks: residual blocks a stage, ≥ 1.

    Shapes: (n, c, h, w), any h and w → (n, k).
    Source: He, Zhang, Ren and Sun 2016, arXiv 1512.03385, section 4.2.
    Differs: 1 × 1 convolutions with BatchNorm where the shape changes (option B), where the paper's
    CIFAR nets pad with zeros; one block a stage by default, where the paper starts at 3.

    >>> sum(p.numel() for p in Resnet().build((1, 28, 28), 10).parameters())
    77754
    """

    width: int = 16
    blocks: int = 1

    def __post_init__(self) -> None:
        positive(self, width=self.width, blocks=self.blocks)

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return a stem, three stages of which the second and third halve the image, mean and linear layer."""
        channels, _, _ = image_shape(self, input_shape)
        w = self.width
        layers: list[nn.Module] = [
            nn.Conv2d(channels, w, 3, padding=1, bias=False),
            nn.BatchNorm2d(w),
            nn.ReLU(),
        ]
        before = w
        for after, stride in ((w, 1), (2 * w, 2), (4 * w, 2)):
            for block in range(self.blocks):
                layers.append(Residual(before, after, stride if block == 0 else 1))
                before = after
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


class Residual(nn.Module):
    """relu(shortcut(x) + two 3 × 3 convolutions of x, each with BatchNorm)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()  # a module, so that it can be found and replaced
        self.shortcut: nn.Module = nn.Identity()
        if before != after or stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        """Return features of `after` channels."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out)) + self.shortcut(x)
        result: Tensor = self.relu(out)
        return result
