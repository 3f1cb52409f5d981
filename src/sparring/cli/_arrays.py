"""Files of one array of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sparring.errors import InputError


def read_array(path: Path) -> Tensor:
    """Return the one array of FILE.npy or FILE.npz, float64; no code of it is run.

    Raises: InputError for a file that holds another number of arrays, or does not load.
    """
    wanted = "FILE.npy, or FILE.npz with one array of numbers"
    try:
        loaded = np.load(path)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded:
                if len(loaded.files) != 1:
                    raise InputError(f"expected {wanted}, got {path} with {', '.join(loaded.files) or 'none'}")
                loaded = loaded[loaded.files[0]]
        return torch.from_numpy(np.asarray(loaded, dtype=np.float64))
    except (OSError, ValueError, EOFError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:80]
        raise InputError(f"expected {wanted}, got {path} that does not load: {reason}") from None
