"""sparring: attack classifiers and know how robust they are; harden them; train GANs."""

from sparring.attacks import Adversarials, attack
from sparring.audit import AuditResult, audit
from sparring.certificates import CertifyResult, certify
from sparring.harden import Hardened, harden
from sparring.registry import parse, show
from sparring.surrogates import substitute, transfer
from sparring.train import Trained, train

__all__ = [
    "Adversarials",
    "AuditResult",
    "CertifyResult",
    "Hardened",
    "Trained",
    "attack",
    "audit",
    "certify",
    "harden",
    "parse",
    "show",
    "substitute",
    "train",
    "transfer",
]
