"""Certificates: radii inside which no change at all moves the answer, proven by the vote of noisy copies."""

from sparring.certificates._certify import CertifyResult, certify
from sparring.certificates._radius import Certificate, certified_radius, lower_bound, prove

__all__ = ["Certificate", "CertifyResult", "certified_radius", "certify", "lower_bound", "prove"]
