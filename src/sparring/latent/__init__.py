"""Codes of a trained generator: ways between them, sums of them, and what comes nearest to a given image."""

from sparring.latent._arithmetic import arithmetic, class_codes, neighbors
from sparring.latent._film import write_film
from sparring.latent._interpolate import interpolate, path, tour
from sparring.latent._invert import Inversion, invert, nearest_other
from sparring.latent._ivom import Ivom, Likeness, ivom
from sparring.latent._sheet import SIGNS, sheet

__all__ = [
    "SIGNS",
    "Inversion",
    "Ivom",
    "Likeness",
    "arithmetic",
    "class_codes",
    "interpolate",
    "invert",
    "ivom",
    "nearest_other",
    "neighbors",
    "path",
    "sheet",
    "tour",
    "write_film",
]
