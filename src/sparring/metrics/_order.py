"""A shuffle that belongs to the samples: whatever order they come in, they leave in the same one."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.metrics.base import Seen


def shuffled(seen: Seen, seed: int, what: str) -> Tensor:
    """Return a random order of the samples, (n,) int64, decided by the seed, `what`, and what each sample is (G7).

    Sorted by a hash of the pixels, or of the features where there are no pixels. Of equal samples each is hashed with
    its number among them, so copies are spread like everything else.
    """
    rows = seen.features.cpu() if seen.images is None else seen.images.cpu().flatten(1)
    prefix = child_seed(seed, what).to_bytes(8, "little")
    copies: dict[bytes, int] = {}
    keys = []
    for row in rows.contiguous().numpy():
        content = hashlib.blake2b(row.tobytes(), digest_size=16).digest()
        copies[content] = copies.get(content, 0) + 1
        keys.append(hashlib.blake2b(prefix + content + copies[content].to_bytes(8, "little"), digest_size=16).digest())
    return torch.tensor(sorted(range(len(keys)), key=keys.__getitem__), dtype=torch.int64, device=seen.features.device)
