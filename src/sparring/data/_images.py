"""Pictures ↔ tensors of levels, exact both ways."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from sparring.core.runs import write_atomic
from sparring.errors import InputError

Size = int | tuple[int, int]

_ON_THE_LATTICE = 1e-6
"""k/255 computed as k · (1/255), as some devices do, is off by an ulp; half a level is 0.00196."""


def read_image(path: str | Path, size: Size | None = None, channels: int | None = None) -> Tensor:
    """Read a picture as levels of 255, (c, h, w) uint8, as a viewer would show it.

    The camera's rotation (EXIF) is applied, transparency is laid over white, 16-bit gray is rounded to 8
    bits, of an animation the first frame is taken. `size` (one number, or height and width) resizes the
    *whole* picture by antialiased bicubic interpolation, without a crop: an attack's eps then lives in the
    resized picture (T46). `channels` is 1 or 3; as the file has it when not given.

    Raises: InputError naming the file when it is missing, damaged or no picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of damaged notes beside the pixels, such as EXIF
            with Image.open(path) as file:
                picture = _plain(file)
    except FileNotFoundError:
        raise InputError(f"expected a picture at {path}, got nothing there") from None
    # Pillow's readers raise whichever of these a damaged header makes them stumble over.
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"expected a picture in {path}, got a file that does not read: {reason}") from None
    if channels is not None:
        picture = picture.convert({1: "L", 3: "RGB"}[check_channels(channels)])
    if size is not None:
        height, width = check_size(size)
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return _to_tensor(picture)


def write_png(path: str | Path, image: Tensor) -> Path:
    """Write (c, h, w) levels as a PNG that reads back to the same bits, whole or not at all (G2, T14).

    `image` is uint8, or float whose every value is k/255; c is 1 or 3.

    Raises: InputError when values lie between levels: rounding could undo an attack, so it is the
    caller's to do, and to check again afterwards.
    """
    image = image.detach().cpu()
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise InputError(f"expected an image of shape (1 or 3, h, w) to write, got {tuple(image.shape)}")
    if image.dtype != torch.uint8:
        levels = (image.double() * 255).round().clamp(0, 255)
        between = ~((levels / 255 - image.double()).abs() <= _ON_THE_LATTICE)  # NaN counts as between
        if between.any():
            raise InputError(
                f"expected every value to be k/255 in {path}, got {int(between.sum())} others: round first"
            )
        image = levels.to(torch.uint8)
    array = image.permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(array[:, :, 0] if image.shape[0] == 1 else array).save(buffer, "PNG")
    return write_atomic(path, buffer.getvalue())


def refit(image: Tensor, size: Size | None, channels: int | None) -> Tensor:
    """Resize and recolor one (c, h, w) tensor, uint8 or float32 in [0, 1], as `read_image` would."""
    if channels is not None and check_channels(channels) != image.shape[0]:
        if channels == 3:
            image = image.expand(3, -1, -1)
        else:  # the luma of ITU-R 601-2, as Pillow's own conversion to gray
            gray = torch.einsum("chw,c->hw", image.float(), torch.tensor([0.299, 0.587, 0.114]))[None]
            image = gray.round().to(torch.uint8) if image.dtype == torch.uint8 else gray.clamp(0, 1)
    if size is not None and check_size(size) != tuple(image.shape[1:]):
        height, width = check_size(size)
        planes = [
            np.asarray(Image.fromarray(plane.numpy()).resize((width, height), Image.Resampling.BICUBIC)).copy()
            for plane in image
        ]
        image = torch.from_numpy(np.stack(planes))
        if image.dtype != torch.uint8:
            image = image.clamp(0, 1)  # bicubic overshoots at edges
    return image


def check_size(size: Size) -> tuple[int, int]:
    """Return height and width, or say what a size is."""
    pair: tuple[object, ...] = (size, size) if isinstance(size, int) else tuple(size)
    match pair:
        case (int(height), int(width)) if height >= 1 and width >= 1:
            return height, width
    raise InputError(f"expected a size such as 224 or (height, width), each at least 1, got {size!r}")


def check_channels(channels: int) -> int:
    """Return the number of channels, or say which there are."""
    if channels not in (1, 3):
        raise InputError(f"expected 1 channel (gray) or 3 (RGB), got {channels!r}")
    return channels


def _plain(file: Image.Image) -> Image.Image:
    """Turn any mode of Pillow's into L or RGB of 8 bits, upright and opaque."""
    picture: Image.Image = ImageOps.exif_transpose(file)
    if picture.mode.startswith("I;16"):
        return Image.fromarray(np.round(np.asarray(picture) / 257).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise ValueError(f"pixels of 32 bits (mode {picture.mode}) have no agreed range, save it with 8 or 16")
    if picture.has_transparency_data:
        gray = picture.mode in ("L", "LA", "La")
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("L" if gray else "RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _to_tensor(picture: Image.Image) -> Tensor:
    array = np.array(picture, dtype=np.uint8)  # a copy: torch wants memory it may write to
    return torch.from_numpy(array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1)))
