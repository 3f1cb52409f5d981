"""sparring: attack classifiers and know how robust they are; harden them; train GANs and judge them."""

from sparring.attacks import Adversarials, attack
from sparring.audit import AuditResult, audit
from sparring.certificates import CertifyResult, certify
from sparring.evaluate import Evaluation, evaluate
from sparring.harden import Hardened, harden
from sparring.registry import parse, show
from sparring.surrogates import substitute, transfer
from sparring.train import Trained, train

__all__ = [
    "Adversarials",
    "AuditResult",
    "CertifyResult",
    "Evaluation",
    "Hardened",
    "Trained",
    "attack",
    "audit",
    "certify",
    "evaluate",
    "harden",
    "parse",
    "show",
    "substitute",
    "train",
    "transfer",
]
