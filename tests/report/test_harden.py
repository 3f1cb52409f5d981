"""The page of a hardening: what it bought in one sentence, and what makes its figures less than they seem."""

import copy

import pytest

from sparring.errors import InputError
from sparring.report import harden_page
from sparring.report._harden import verdict, warnings_of


def audit(robust, interval, clean=0.9, suspect=False):
    spec = {"data": "mnist5k:test", "model": "the net"}
    told = {
        "verdict": "suspect" if suspect else "plausible",
        "reasons": ["noise beats the gradient"] if suspect else [],
    }
    return {
        "kind": "audit", "n": 1000, "clean_accuracy": clean, "robust_accuracy": robust, "interval": interval,
        "confidence_level": 0.95, "spec": spec, "protocol": "fast", "verdict": told | {"evidence": []},
    }  # fmt: skip


RESULT = {
    "kind": "harden",
    "threat": "linf(0.1)",
    "defense": "adversarial(steps=5)",
    "claimed": "Madry et al. 2018: 46 %",
    "broken": "it holds",
    "held_out": {"clean": 0.93, "robust": 0.81, "round": 60, "n": 1000},
    "history": [
        {"round": 30, "images": 3840, "clean": 0.8, "robust": 0.5},
        {"round": 60, "images": 7680, "clean": 0.93, "robust": 0.81},
    ],
    "one_step": {"clean": 0.93, "stepped": 0.82, "leaks": False},
    "careless": {"fgsm": 0.83, "pgd(steps=20)": 0.8},
    "passes": 123456,
    "seconds": 61.5,
    "before": audit(0.05, [0.03, 0.07], clean=0.98),
    "after": audit(0.78, [0.75, 0.81], clean=0.93),
    "spec": {"model": "resnet(width=22)", "data": "mnist5k:train", "seed": 0, "start": None},
    "command": "sparring harden --model 'resnet(width=22)'",
    "machine": "2 × some processor",
    "date": "2026-11-25",
}  # fmt: skip


def changed(**fields):
    return copy.deepcopy(RESULT) | fields


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_gain_is_told_with_what_it_cost():
    assert plain(verdict(RESULT)) == (
        "Under attack 78.0 % of 1000 test images stay right, instead of 5.0 %; when nobody attacks, 93.0 % instead of "
        "98.0 %."
    )


def test_what_may_be_chance_is_no_gain():
    """The figure before lies in the interval after, at its ends too; above it, it is a gain, below a loss."""
    for before, word in (
        (0.7, "stay right, instead of"),
        (0.75, "chance"),
        (0.78, "chance"),
        (0.81, "chance"),
        (0.9, "fewer"),
    ):
        assert word in verdict(changed(before=audit(before, [before, before]))), before


def test_without_an_audit_before_or_at_all():
    alone, never = changed(), changed(careless={})
    del alone["before"], never["before"], never["after"]
    assert "stay right, and 93.0" in verdict(alone)
    assert verdict(never).startswith("Trained; not audited. On held-out data 81.0")
    assert warnings_of(never) == []


def test_everything_is_on_the_page(read):
    text = read(harden_page(RESULT)).text
    for shown in (
        "resnet(width=22), hardened by adversarial(steps=5)",
        "Claimed: Madry et al. 2018: 46 %. Since then: it holds.",
        "Robust before 5.0 %",
        "Robust accuracy 78.0 %",
        "Clean accuracy 93.0 %",
        "Before 98.0 % 5.0 %",
        "After 93.0 % 78.0 %",
        "fgsm 83.0 %",
        "pgd(steps=20) 80.0 %",
        "the audit 78.0 %",
        "the same net, trained plainly for as long",
        "The weights of round 60 were kept",
        "sparring harden --model 'resnet(width=22)'",
    ):
        assert shown in text, shown
    assert "no robustness" not in text
    assert "(T7)" not in text


def test_a_model_with_weights_is_compared_with_itself(read):
    """Not with a net trained plainly."""
    result = changed(spec=RESULT["spec"] | {"start": "3f" * 32})
    text = read(harden_page(result)).text
    assert "the model as it came" in text
    assert "trained plainly" not in text


@pytest.mark.parametrize(("share", "told"), [(0.99, True), (0.885, True), (0.875, False), (0.5, False)])
def test_a_careless_figure_far_above_the_audits_is_no_robustness(read, share, told):
    """As of distillation: one attack fails, the audit does not. A tenth above is what is told."""
    result = changed(careless={"fgsm": 0.5, "pgd(steps=20)": share})
    warnings = warnings_of(result)
    assert len(warnings) == told
    if told:
        assert plain(warnings[0]) == (
            f"Under pgd(steps=20) alone {share:.1%} stand, under the audit 78.0%: the first figure is no robustness. "
            "The defense makes that attack fail, not all attacks."
        ).replace("%", " %")
        assert plain(warnings[0]) in read(harden_page(result)).text


def test_a_leak_is_told_with_both_figures(read):
    """T7."""
    result = changed(one_step={"clean": 0.91, "stepped": 0.97, "leaks": True})
    (warning,) = warnings_of(result)
    assert "97.0" in warning
    assert "91.0" in warning
    assert "reads its label off the perturbation (T7)" in warning
    assert "labels='predicted'" in read(harden_page(result)).text


def test_a_suspect_audit_makes_the_page_doubtful():
    (warning,) = warnings_of(changed(after=audit(0.78, [0.75, 0.81], suspect=True)))
    assert "own figure is suspect" in warning


def test_what_a_hardening_cannot_do_without():
    for missing in ("defense", "spec", "threat"):
        result = changed()
        del result[missing]
        with pytest.raises(InputError, match=missing):
            harden_page(result)
