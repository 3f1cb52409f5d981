import re

import pytest

from sparring.errors import InputError
from sparring.report import audit_page


def order(text, *words):
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_verdict_in_one_plain_sentence(audit, read):
    text = read(audit_page(audit)).text
    assert (
        "Out of 1000 images the model gets 91.2 % right; an attacker who may change every pixel by at most 8/255 "
        "(3.1 % of full scale: not visible to most people) brings it down to 43.1 % (95 % interval 40.1–46.2 %)."
    ) in text
    assert "Of the 912 it had right, 481 could be turned into a wrong answer." in text


def test_order_of_the_page(audit, picture, read):
    order(
        read(audit_page(audit, [picture])).text,
        "Out of 1000",
        "37 images have a zero gradient.",
        "What the attacker may do",
        "The more an attacker may change",
        "Which attack broke what",
        "Class by class",
        "gray means no change",
        "How to read this",
        "Repeat it",
        "Where these figures come from",
    )


def test_figures_are_as_given(audit, picture, read):
    """T13: ε stands as the fraction and as the float. T39: n and the interval are there."""
    text = read(audit_page(audit, [picture])).text
    for shown in (
        "8/255 = 0.0313725",
        "89.3–92.8 %",
        "91,200",
        "90,288",
        "41.2 s",
        "2 min 3 s",
        "> 99.9 % sure",
        "61.0 % sure",
        "3f" * 32,
        "9c" * 32,
        "sparring 0.1.0 · torch 2.13.0",
        "2 × some processor, 24 GiB",
        "sparring audit --model victim.py:build --threat 'linf(8/255)'",
    ):
        assert shown in text, shown
    assert re.search(r"Seed 3\b", text)
    assert re.search(r"431 right, even under attack 481 right, until attacked 88 wrong from the start", text)


def test_an_endpoints_queries_are_told(audit, read):
    """T36: what was asked of an endpoint, and what it cost, stands with the other facts."""
    text = read(audit_page(audit | {"queries": {"asked": 704, "cost": 0.702}})).text
    assert "Queries asked 704 · cost 0.702" in text
    assert "Queries" not in read(audit_page(audit)).text


def test_missing_parts_are_left_out(read):
    bare = read(audit_page({"n": 10, "clean_accuracy": 0.9, "robust_accuracy": 0.5}))
    assert "Out of 10 images the model gets 90.0 % right; an attacker brings it down to 50.0 %." in bare.text
    assert "interval" not in bare.text.split("Clean accuracy")[0]
    headings = [tag for tag, _ in bare.tags if tag == "h2"]
    assert len(headings) == 1  # only how to read it
    assert "None" not in bare.text
    empty = dict.fromkeys(("attacks", "per_class", "curve", "spec", "warnings", "command", "interval", "seed"))
    assert "None" not in read(audit_page({"n": 10, "clean_accuracy": 0.9, "robust_accuracy": 0.5, **empty})).text


def test_what_a_verdict_cannot_do_without():
    with pytest.raises(InputError, match="robust_accuracy"):
        audit_page({"n": 10, "clean_accuracy": 0.9})


def test_nothing_broken_is_not_praised(audit, read):
    """T4: an attack that cannot see its way proves nothing."""
    text = read(audit_page(audit | {"robust_accuracy": 0.912})).text
    assert "does not bring it down" in text
    assert "make sure that the attacks can see" in text


def test_a_model_that_is_never_right(audit, read):
    text = read(audit_page(audit | {"clean_accuracy": 0.0, "robust_accuracy": 0.0})).text
    assert "wrong before anyone attacks it" in text


def test_classes_weakest_first(audit, read):
    text = read(audit_page(audit)).text
    order(text[text.index("Class by class") :], "Ankle boot", "Trouser", "T-shirt")


def test_of_a_thousand_classes_the_weakest_are_shown(audit, read):
    audit["per_class"] = [
        {"class": f"class-{i:04d}", "n": 1, "clean_accuracy": 1.0, "robust_accuracy": i / 1000} for i in range(1000)
    ]
    text = read(audit_page(audit)).text
    assert "class-0019" in text
    assert "class-0020" not in text
    assert "The 20 weakest of 1000 classes are shown" in text


def test_curve_marks_the_audited_eps(audit, read):
    assert read(audit_page(audit)).text.count("audited: 8/255") == 2  # drawn for desk and phone
    audit["curve"]["norm"] = "l2"
    other = read(audit_page(audit)).text
    assert "audited:" not in other
    assert "Euclidean distance allowed" in other


@pytest.mark.parametrize(
    ("threat", "said"),
    [
        ("linf(0.3)", "30.0 % of full scale: plainly visible"),
        ("linf(16/255)", "visible on a close look"),
        ("l2(0.5)", "changing a single pixel value by 50.0 % of full scale"),
        ("l2(3)", "turning 9 pixel values from black to white"),
        ("l1(10)", "sum of all changes"),
        ("l0(10)", "repaint at most 10 pixel values"),
        ("patch(size=5)", "what the threat patch(size=5) allows"),
    ],
)
def test_threats_in_plain_words(audit, read, threat, said):
    for key in ("eps", "norm"):
        del audit[key]
    assert said in read(audit_page(audit | {"threat": threat})).text
