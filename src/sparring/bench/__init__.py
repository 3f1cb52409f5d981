"""The bench: attacks on fixed problems, beside the bare loop and installed peers; answers to mode collapse."""

from sparring.bench._attacks import attacks
from sparring.bench._modes import ModesBench, bench_modes
from sparring.bench._row import Row
from sparring.bench._speed import Speed, speed

__all__ = ["ModesBench", "Row", "Speed", "attacks", "bench_modes", "speed"]
