"""Why adversarial examples exist: a sum you can do by hand, and how nearly linear a real network is."""

from sparring.explain._example import explain_linear
from sparring.explain._linearity import explain_model

__all__ = ["explain_linear", "explain_model"]
