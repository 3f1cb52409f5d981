"""Which argument is the attack, and which are what it is run on."""

import pytest

from sparring.cli._attack_input import DEFAULT, attack_and_work
from sparring.errors import InputError
from sparring.registry import show


def test_the_attack_comes_last_or_not_at_all() -> None:
    method, rest = attack_and_work(["a.png", "b.png", "fgsm"])
    assert (show(method), rest) == ("fgsm", ["a.png", "b.png"])
    method, rest = attack_and_work(["a.png", "b.png"])
    assert (show(method), rest) == (DEFAULT, ["a.png", "b.png"])


def test_an_attack_on_nothing_or_unknown_is_refused() -> None:
    with pytest.raises(InputError, match="give them first"):
        attack_and_work(["pgd(steps=3)"])
    with pytest.raises(InputError, match=r"did you mean .*'pgd'"):
        attack_and_work(["digits", "pdg"])
