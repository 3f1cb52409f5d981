"""sparring: attack classifiers and know how robust they are; harden them; train and judge GANs (to come)."""

from sparring.attacks import Adversarials, attack
from sparring.audit import AuditResult, audit
from sparring.registry import parse, show

__all__ = ["Adversarials", "AuditResult", "attack", "audit", "parse", "show"]
