"""Inception as TensorFlow published it on 2015-12-05, in the layout that its converted weights have."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.metrics.features._resize import resized

SIDE, WIDTH, CLASSES = 299, 2048, 1008
Kernel = int | tuple[int, int]
Step = tuple[str, int, Kernel] | tuple[str, int, Kernel, int]
"""Name, channels out, kernel, and stride 2 where it halves the image (then without padding)."""
Path = Sequence[Step | str | list[Step]]
"""Steps one after the other: a convolution, a pooling by name, or two convolutions side by side."""


class Unit(nn.Module):
    """A convolution without bias, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: Kernel, stride: int = 1, *, padded: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """Return relu(norm(conv(x)))."""
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Paths side by side, their channels joined in order."""

    def __init__(self, inputs: int, paths: Sequence[Path]) -> None:
        super().__init__()
        self.paths = paths
        for path in paths:
            width = inputs
            for step in path:
                if isinstance(step, str):
                    continue
                beside = step if isinstance(step, list) else [step]
                for name, outputs, kernel, *stride in beside:
                    halves = 2 in stride
                    self.add_module(name, Unit(width, outputs, kernel, 2 if halves else 1, padded=not halves))
                width = sum(each[1] for each in beside)

    def forward(self, x: Tensor) -> Tensor:
        """Return what all paths see."""
        return torch.cat([self._walk(path, x) for path in self.paths], 1)

    def _walk(self, path: Path, x: Tensor) -> Tensor:
        for step in path:
            if isinstance(step, str):
                x = _POOLS[step](x)
            elif isinstance(step, list):
                x = torch.cat([getattr(self, each[0])(x) for each in step], 1)
            else:
                x = getattr(self, step[0])(x)
        return x


def _average(x: Tensor) -> Tensor:
    """Average 3 × 3 pixels; at the edge only those that exist, as TensorFlow does."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _largest(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=1, padding=1)


def _halve(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2)


_POOLS = {"average": _average, "largest": _largest, "halve": _halve}


def _at_35(pool: int) -> list[Path]:
    return [
        [("branch1x1", 64, 1)],
        [("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)],
        [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)],
        ["average", ("branch_pool", pool, 1)],
    ]


def _at_17(width: int) -> list[Path]:
    wide, tall = (1, 7), (7, 1)
    double: list[Step] = [
        ("branch7x7dbl_1", width, 1),
        ("branch7x7dbl_2", width, tall),
        ("branch7x7dbl_3", width, wide),
    ]
    return [
        [("branch1x1", 192, 1)],
        [("branch7x7_1", width, 1), ("branch7x7_2", width, wide), ("branch7x7_3", 192, tall)],
        [*double, ("branch7x7dbl_4", width, tall), ("branch7x7dbl_5", 192, wide)],
        ["average", ("branch_pool", 192, 1)],
    ]


def _at_8(pool: str) -> list[Path]:
    wide, tall = (1, 3), (3, 1)
    return [
        [("branch1x1", 320, 1)],
        [("branch3x3_1", 384, 1), [("branch3x3_2a", 384, wide), ("branch3x3_2b", 384, tall)]],
        [
            *(("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3)),
            [("branch3x3dbl_3a", 384, wide), ("branch3x3dbl_3b", 384, tall)],
        ],
        [pool, ("branch_pool", 192, 1)],
    ]


_TO_17: list[Path] = [
    [("branch3x3", 384, 3, 2)],
    [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3, 2)],
    ["halve"],
]
_TO_8: list[Path] = [
    [("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, 2)],
    [
        ("branch7x7x3_1", 192, 1),
        ("branch7x7x3_2", 192, (1, 7)),
        ("branch7x7x3_3", 192, (7, 1)),
        ("branch7x7x3_4", 192, 3, 2),
    ],
    ["halve"],
]


class Inception(nn.Module):
    """The graph of 2015-12-05: 2,048 pooled features and 1,008 logits (G3).

    Its last block pools by maximum where the one before averages, averages leave the padding out, and logits are taken
    before the bias, all as the published graph does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, 32, 3, 2, padded=False)
        self.Conv2d_2a_3x3 = Unit(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = Unit(32, 64, 3)
        self.Conv2d_3b_1x1 = Unit(64, 80, 1)
        self.Conv2d_4a_3x3 = Unit(80, 192, 3, padded=False)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = (
            Mixed(192, _at_35(32)),
            Mixed(256, _at_35(64)),
            Mixed(288, _at_35(64)),
        )
        self.Mixed_6a = Mixed(288, _TO_17)
        self.Mixed_6b, self.Mixed_6c = Mixed(768, _at_17(128)), Mixed(768, _at_17(160))
        self.Mixed_6d, self.Mixed_6e = Mixed(768, _at_17(160)), Mixed(768, _at_17(192))
        self.Mixed_7a = Mixed(768, _TO_8)
        self.Mixed_7b, self.Mixed_7c = Mixed(1280, _at_8("average")), Mixed(2048, _at_8("largest"))
        self.fc = nn.Linear(WIDTH, CLASSES)

    def forward(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (n, 2048) and logits without bias (n, 1008) of RGB levels 0..255, float (n, 3, h, w)."""
        x = (resized(levels, (SIDE, SIDE), "tf1") - 128) / 128
        x = _halve(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = _halve(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                x = block(x)
        features = x.mean((2, 3))
        return features, features @ self.fc.weight.T
