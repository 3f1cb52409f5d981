"""Codes of a trained generator: ways between them, sums of them, and the code that an image comes from."""

from sparring.latent._arithmetic import arithmetic, class_codes, neighbors
from sparring.latent._film import write_film
from sparring.latent._interpolate import interpolate, path, tour
from sparring.latent._invert import Inversion, invert, nearest_other
from sparring.latent._sheet import SIGNS, sheet

__all__ = [
    "SIGNS",
    "Inversion",
    "arithmetic",
    "class_codes",
    "interpolate",
    "invert",
    "nearest_other",
    "neighbors",
    "path",
    "sheet",
    "tour",
    "write_film",
]
