"""Before deep nets: evasion of spam filters and kernel machines, as it was first studied.

This stands apart from `sparring.attacks`: those change images inside a ball until a torch model errs. Here a sample is
a bag of words, each change has its price, and the answer is the cheapest set of changes with a proof (Dalvi 2004); or
the model is a scikit-learn estimator, and the attacker wants to look harmless, not only to be called so (Biggio 2013).
"""

from sparring.classic._digits import digits_study
from sparring.classic._discriminant import discriminant
from sparring.classic._messages import messages
from sparring.classic._spam import spam_study
from sparring.classic.biggio import GradientEvasion, gradient_evasion
from sparring.classic.dalvi import CheapEvasion, cheapest_evasion, linear_evasion, log_odds, word_costs

__all__ = [
    "CheapEvasion",
    "GradientEvasion",
    "cheapest_evasion",
    "digits_study",
    "discriminant",
    "gradient_evasion",
    "linear_evasion",
    "log_odds",
    "messages",
    "spam_study",
    "word_costs",
]
