"""Images through a network, batch by batch, with a store of what has been seen before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from sparring.core.levels import to_bytes
from sparring.core.runs import write_atomic
from sparring.errors import InputError
from sparring.metrics.base import Seen
from sparring.metrics.features.base import Extractor


def levels_of(images: Tensor) -> Tensor:
    """Return images as uint8 levels, floats in [0, 1] rounded to the nearest (G2).

    >>> levels_of(torch.tensor([[0.0, 0.5, 1.0]])).tolist()
    [[0, 128, 255]]
    """
    if images.dtype == torch.uint8:
        return images
    if not images.is_floating_point():
        raise InputError(f"expected images as uint8, or floats in [0, 1], got {images.dtype}")
    low, high = (float(images.min()), float(images.max())) if images.numel() else (0.0, 0.0)
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # a NaN fails both
        raise InputError(f"expected pixels in [0, 1], got values from {low:.4g} to {high:.4g}: scale them")
    return to_bytes(images)


@torch.inference_mode()
def see(
    images: Tensor,
    network: Extractor,
    *,
    batch_size: int | None = None,
    cache: str | Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Seen:
    """Return what a network sees in images: features, probabilities where it has classes, and the pixels as levels.

    Every image is brought to 8 bits first, as a file would hold it. No image depends on its batch, so `batch_size`
    changes speed alone (G7). `cache` is a folder: what was seen of the same pixels by the same network, both known by
    content and not by name (G8), is read from there. `progress` is told how many images each batch had.

    Raises: InputError for pixels out of range, or features that are not finite.
    Cost: a forward pass an image that is not in the cache.

    >>> from sparring.metrics.features.pixels import Pixels
    >>> see(torch.ones(2, 1, 2, 2), Pixels().load((1, 2, 2))).features.tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    levels = levels_of(images).cpu()
    store = None if cache is None else Path(cache) / f"{content_key(levels, network)}.safetensors"
    kept = _read(store)
    if kept is not None:
        if progress:
            progress(len(levels))
        return Seen(kept["features"], kept.get("probabilities"), levels)
    features, probabilities = [], []
    with torch.backends.cudnn.flags(allow_tf32=False):  # 10 bits of a mantissa would depend on the batch
        for batch in torch.split(levels, batch_size or network.batch_size):
            row, logits = network.look(batch.to(network.device))
            features.append(row.cpu())
            if logits is not None:
                probabilities.append(logits.double().softmax(1).cpu())
            if progress:
                progress(len(batch))
    found = {"features": torch.cat(features)} | ({"probabilities": torch.cat(probabilities)} if probabilities else {})
    if store is not None:
        write_atomic(store, save_tensors({name: value.contiguous() for name, value in found.items()}))
    return Seen(found["features"], found.get("probabilities"), levels)


def content_key(levels: Tensor, network: Extractor) -> str:
    """Return a hash of the pixels and of all that decides what the network makes of them."""
    digest = hashlib.sha256(f"{network.name}|{network.checksum}|{network.resize}|{tuple(levels.shape)}".encode())
    digest.update(levels.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _read(store: Path | None) -> dict[str, Tensor] | None:
    """Return what a cache holds; a damaged file is as good as none."""
    if store is None or not store.is_file():
        return None
    try:
        return load_tensors(store.read_bytes())
    except (OSError, SafetensorError):
        return None
