import pytest

from sparring.errors import InputError
from sparring.report import substitute_page


def share(count, of):
    return {"count": count, "of": of, "share": count / of, "interval": [0.5, 0.6]}


RESULT = {
    "n": 850,
    "seed_images": 150,
    "asked": 6400,
    "threat": "linf(0.3)",
    "clean": share(800, 850),
    "misclassified": share(765, 850),
    "of_right": share(720, 800),
    "attacks": [
        {
            "attack": name,
            "source": source,
            "misclassified": share(count, 850),
            "of_right": share(720, 800),
            "of_broken": share(700, 750),
            "on_substitute": share(740, 760),
        }
        for name, source, count in (("fgsm", "cnn", 680), ("mi_fgsm", "mean of cnn, mlp", 765))
    ],
    "agreement": [{"net": "cnn", **share(782, 850)}],
    "rounds": [{"round": 1, "new": 150, "labels": 300, "kept_label": 0.75, "seconds": 1.0}],
    "queries": {"max_queries": 6400},
    "spec": {"model": "endpoint.json", "data": "mnist5k:test"},
    "command": "sparring substitute --model endpoint.json",
}


def test_the_verdict_and_both_counts(read):
    text = read(substitute_page(RESULT)).text
    assert "With 6400 labels bought from the victim, a copy of it made images of which the victim gets 90.0 %" in text
    assert "A copy of endpoint.json" in text
    assert "Misclassified, of correct 90.0 % of the 800 it had right before" in text


def test_everything_is_on_the_page(read):
    text = read(substitute_page(RESULT)).text
    for shown in (
        "fgsm cnn 80.0 %",
        "mi_fgsm mean of cnn, mlp 90.0 %",
        "1 150 300 75.0 %",
        "cnn 92.0 %",
        "own images 150",
        "at most 6400 were allowed",
        "sparring substitute --model endpoint.json",
    ):
        assert shown in text, shown


def test_what_a_substitute_cannot_do_without():
    with pytest.raises(InputError, match="queries"):
        substitute_page({"n": 3, "attacks": [], "misclassified": share(1, 2), "of_right": share(1, 2)})
