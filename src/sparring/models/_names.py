"""A class by its name or index, and a data set's labels in the numbers of a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from sparring.data import Dataset
from sparring.errors import InputError, did_you_mean


def find_class(wanted: str, classes: Sequence[str]) -> int:
    """Return the index of the class that a user names, whole or by one of its synonyms, or by its index.

    Case does not matter. A whole name goes before a synonym, and a name before an index: among the classes
    ("3", "7") "7" is the second.

    Raises: InputError when no class or more than one fits, or the index is out of range.

    >>> find_class("Iguana", ("tabby, tabby cat", "common iguana, iguana"))
    1
    """
    word = _key(wanted)
    for readings in (lambda name: {_key(name)}, _synonyms):
        found = [index for index, name in enumerate(classes) if word in readings(name)]
        if len(found) == 1:
            return found[0]
        if found:
            which = " and ".join(f"{index} ({classes[index]})" for index in found)
            raise InputError(f"expected the name of one class, got {wanted!r}, which is {which}: give the index")
    try:
        index = int(word)
    except ValueError:
        known = {each for name in classes for each in _synonyms(name)}
        hint = did_you_mean(word, known)
        if hint.startswith("; known") and len(known) > 20:
            hint = ": give another name, or its index"
        raise InputError(f"expected the name or index of one of {len(classes)} classes, got {wanted!r}{hint}") from None
    if not 0 <= index < len(classes):
        raise InputError(f"expected the index of a class, 0 to {len(classes) - 1}, got {wanted}")
    return index


def align(data: Dataset, classes: Sequence[str] | None) -> Dataset:
    """Return a data set whose labels are a model's: every class found by its name among the model's.

    A folder of cats has labels 0, 1, ...; an ImageNet network calls them 281, 285, .... Nothing changes
    when either side has no names, or when the two agree.

    Raises: InputError when a class that occurs in the data is none of the model's.

    >>> cats = Dataset(torch.zeros(2, 1), torch.tensor([0, 1]), ("tabby", "lynx"))
    >>> align(cats, ("dog", "lynx, catamount", "tabby, tabby cat")).labels.tolist()
    [2, 1]
    """
    if data.labels is None or classes is None or tuple(classes) == data.classes:
        return data
    to_model = torch.full((len(data.classes),), -1)
    for index in sorted(set(data.labels.tolist())):
        to_model[index] = find_class(data.classes[index], classes)
    return dataclasses.replace(data, labels=to_model[data.labels], classes=tuple(classes))


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _synonyms(name: str) -> set[str]:
    return {_key(name), *(_key(part) for part in name.split(","))}
