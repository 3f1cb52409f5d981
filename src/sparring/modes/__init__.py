"""Mode collapse: data whose modes are known, and what samples say of them."""

from sparring.modes._birthday import first_near, first_repeats, same_below, support
from sparring.modes._count import Counted, count_modes
from sparring.modes._floor import kl_floor
from sparring.modes._measures import ModeFigures, mode_figures, reverse_kl
from sparring.modes.problems import Judge, Mixture, Placed, Problem

__all__ = [
    "Counted",
    "Judge",
    "Mixture",
    "ModeFigures",
    "Placed",
    "Problem",
    "count_modes",
    "first_near",
    "first_repeats",
    "kl_floor",
    "mode_figures",
    "reverse_kl",
    "same_below",
    "support",
]
