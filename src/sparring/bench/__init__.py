"""The bench: every attack on fixed problems, beside the bare loop and beside the peers that are installed."""

from sparring.bench._attacks import attacks
from sparring.bench._row import Row
from sparring.bench._speed import Speed, speed

__all__ = ["Row", "Speed", "attacks", "speed"]
