"""Columns of numbers → normal scores, which say as much of each other as the columns did."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class NormalScores:
    """Replace each column of rows (n, d) by the normal quantile of its rank among the rows that it was made with.

    z = √2 erf⁻¹(2 (r − ½) / n − 1), r the mean rank of equal values; between known values in a line, beyond them as the
    last. A map that rises in each column by itself leaves mutual information as it is, and so do scales, outliers and
    any other such map of the data: they give the same scores. Columns of one value become 0.

    >>> NormalScores(torch.tensor([[1.0], [2.0], [50.0]]))(torch.tensor([[2.0], [1e9]])).mul(100).round().tolist()
    [[0.0], [97.0]]
    """

    def __init__(self, rows: Tensor) -> None:
        self._columns = [self._known(column) for column in rows.double().unbind(1)]

    @staticmethod
    def _known(column: Tensor) -> tuple[Tensor, Tensor]:
        """Return different values in order, and their scores."""
        values, counts = torch.unique(column, return_counts=True)
        last = counts.cumsum(0).double()
        share = (last - counts / 2) / len(column)
        return values, math.sqrt(2) * torch.erfinv(2 * share - 1)

    def __call__(self, rows: Tensor) -> Tensor:
        """Return the scores (n, d) in float32."""
        found = []
        for column, (values, scores) in zip(rows.double().unbind(1), self._columns, strict=True):
            if len(values) == 1:
                found.append(torch.zeros_like(column))
                continue
            right = torch.searchsorted(values, column.contiguous()).clamp(1, len(values) - 1)
            low, high = values[right - 1], values[right]
            share = ((column - low) / (high - low)).clamp(0, 1)
            found.append(scores[right - 1] + share * (scores[right] - scores[right - 1]))
        return torch.stack(found, 1).float()
