"""Random numbers that belong to a sample, not to a batch: same seed, same image, same numbers.

A counter-based generator (SplitMix64, Steele, Lea and Flood 2014) computes draw `j` of sample `i` as a hash of
`(key_i, j)`. Nothing is consumed, so results do not depend on order, batch size, resume point, number of
processes or device, and the global generators of torch are never touched (T30, T31).
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor

from sparring.types import Images

_GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed 64-bit integer
_MIX_1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
_MIX_2 = -7723592293110705685  # 0x94D049BB133111EB


def _shift_right(z: Tensor, bits: int) -> Tensor:
    """Shift as if the 64-bit integers were unsigned, which torch has no type for."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def _mix(z: Tensor) -> Tensor:
    z = (z ^ _shift_right(z, 30)) * _MIX_1
    z = (z ^ _shift_right(z, 27)) * _MIX_2
    return z ^ _shift_right(z, 31)


def sample_keys(x: Images, seed: int) -> Tensor:
    """Return one 64-bit key a sample, (n,) int64, from the seed and the sample's own pixels.

    Two equal images share a key: they get the same treatment wherever they stand.
    """
    rows = x.detach().to("cpu", torch.float64).flatten(1).contiguous().numpy()
    prefix = seed.to_bytes(8, "little", signed=True)
    keys = [
        int.from_bytes(hashlib.blake2b(prefix + row.tobytes(), digest_size=8).digest(), "little", signed=True)
        for row in rows
    ]
    return torch.tensor(keys, dtype=torch.int64, device=x.device)


def index_keys(index: Tensor, seed: int) -> Tensor:
    """Return one 64-bit key a sample, (n,) int64, from the seed and the sample's place in its data set.

    For training, where a sample is looked at anew every epoch: cheaper than a hash of its pixels.
    """
    salt = torch.tensor(seed, dtype=torch.int64, device=index.device) * _GOLDEN  # wraps around, as it should
    return _mix(_mix(index.to(torch.int64)) + salt)


def child_seed(seed: int, name: str) -> int:
    """Return the seed of a named part of a run, so that parts do not share their draws.

    >>> child_seed(0, "apgd") == child_seed(0, "apgd") != child_seed(0, "fmn")
    True
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "little")


class Streams:
    """One stream of random numbers a sample; every draw moves all streams on by one counter."""

    def __init__(self, keys: Tensor) -> None:
        self._keys = keys
        self._draws = 0

    def _bits(self, shape: tuple[int, ...]) -> Tensor:
        count = math.prod(shape)
        start = self._draws << 32
        self._draws += 1
        counter = torch.arange(1, count + 1, dtype=torch.int64, device=self._keys.device) + start
        return _mix(_mix(self._keys)[:, None] + counter[None, :] * _GOLDEN).view(-1, *shape)

    def uniform(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        """Return uniform numbers in [0, 1), shape (n, *shape): as many top bits of each hash as the type can hold."""
        digits = 1 - round(math.log2(torch.finfo(dtype).eps))
        return (_shift_right(self._bits(shape), 64 - digits).to(torch.float64) * 2.0**-digits).to(dtype)

    def normal(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        """Return standard normal numbers, shape (n, *shape), by Box and Muller's transform in float64."""
        radius = torch.sqrt(-2.0 * torch.log1p(-self.uniform(shape, torch.float64)))
        return (radius * torch.cos(2.0 * math.pi * self.uniform(shape, torch.float64))).to(dtype)

    def integers(self, high: int, shape: tuple[int, ...] = ()) -> Tensor:
        """Return integers in [0, high), shape (n, *shape)."""
        return (self.uniform(shape, torch.float64) * high).to(torch.int64).clamp(max=high - 1)
