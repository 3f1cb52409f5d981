"""Frames → an animated GIF, or an MP4 where a program that writes such is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from sparring.core.runs import write_atomic
from sparring.errors import InputError


def write_film(path: str | Path, frames: Sequence[Tensor], rate: float = 10.0) -> Path:
    """Write frames (1 or 3, h, w) uint8, all of one shape, as FILE.gif that is shown over and over, or as FILE.mp4.

    `rate`: frames a second, in (0, 50]: viewers slow down a GIF that asks for more. An MP4 is made by `ffmpeg`, from
    the search path or from the package imageio-ffmpeg, in H.264 with even sides: an odd one gets a white line more.

    Raises: InputError for another ending, a rate out of range, no frames, and an MP4 without ffmpeg.
    """
    path = Path(path)
    if path.suffix.lower() not in (".gif", ".mp4"):
        raise InputError(f"expected a film as FILE.gif or FILE.mp4, got {path}")
    if not frames or not 0 < rate <= 50:
        raise InputError(f"expected at least one frame and a rate in (0, 50] a second, got {len(frames)} and {rate}")
    arrays = [frame.permute(1, 2, 0).contiguous().numpy() for frame in frames]
    made = _gif(arrays, rate) if path.suffix.lower() == ".gif" else _mp4(arrays, rate)
    return write_atomic(path, made)


def _gif(arrays: Sequence[np.ndarray], rate: float) -> bytes:
    pictures = [Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array) for array in arrays]
    file = io.BytesIO()
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=round(100 / rate) * 10, loop=0, disposal=1
    )
    return file.getvalue()


def _mp4(arrays: Sequence[np.ndarray], rate: float) -> bytes:
    program = _ffmpeg()
    h, w, c = arrays[0].shape
    even = ((0, h % 2), (0, w % 2), (0, 0))
    raw = b"".join(np.pad(array, even, constant_values=255).tobytes() for array in arrays)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "film.mp4"
        command = [
            program, "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray" if c == 1 else "rgb24",
            "-s", f"{w + w % 2}x{h + h % 2}", "-r", f"{rate:g}", "-i", "-", "-c:v", "libx264", "-pix_fmt", "yuv420p",
            "-crf", "18", "-movflags", "+faststart", str(out),
        ]  # fmt: skip
        done = subprocess.run(command, input=raw, capture_output=True, check=False)
        if done.returncode or not out.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing written"]
            raise InputError(f"expected {program} to write an MP4, got: {said[-1]}: take FILE.gif")
        return out.read_bytes()


def _ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        raise InputError(
            "expected ffmpeg to write an MP4, got none installed: take FILE.gif, or install ffmpeg or imageio-ffmpeg"
        ) from None
    return str(imageio_ffmpeg.get_ffmpeg_exe())
