"""Classes by name."""

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import align, find_class
from sparring.models.efficientnet_lite0 import imagenet_classes


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("tench", 0),
        ("common iguana", 39),
        ("IGUANA", 39),
        ("  Egyptian   cat ", 285),
        ("tabby", 281),
        ("tabby, tabby cat", 281),
        ("maillot", 638),  # the whole name of 638, a synonym of 639
        ("toilet paper", 999),
        ("39", 39),
        ("0", 0),
    ],
)
def test_imagenet_by_name_synonym_and_index(wanted, index):
    assert find_class(wanted, imagenet_classes()) == index


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("crane", r"134 \(crane\) and 517 \(crane\): give the index"),
        ("iguanna", "did you mean 'iguana'"),
        ("qqqqq", "give another name, or its index"),
        ("1000", "0 to 999, got 1000"),
        ("-1", "0 to 999, got -1"),
        ("", "expected the name or index"),
    ],
)
def test_what_names_no_one_class_is_told_in_one_line(wanted, words):
    with pytest.raises(InputError, match=words) as caught:
        find_class(wanted, imagenet_classes())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_shared_synonym_is_ambiguous():
    with pytest.raises(InputError, match=r"0 \(a, both\) and 1 \(b, both\)"):
        find_class("both", ["a, both", "b, both"])


def test_a_name_goes_before_an_index():
    assert find_class("7", ["3", "7"]) == 1
    assert find_class("0", ["3", "7"]) == 0


def test_every_imagenet_class_has_its_own_line():
    classes = imagenet_classes()
    assert len(classes) == 1000
    assert len(set(classes)) == 999  # crane the bird and crane the machine
    assert all(name == name.strip() and name for name in classes)
    for index in range(281, 286):
        assert "cat" in classes[index]


def test_labels_of_a_folder_become_those_of_the_model():
    data = Dataset(torch.zeros(3, 1), torch.tensor([1, 0, 1]), ("Egyptian cat", "iguana", "unused unicorn"))
    aligned = align(data, imagenet_classes())
    assert aligned.labels.tolist() == [39, 285, 39]
    assert aligned.classes == imagenet_classes()
    assert align(data, None) is data
    assert align(aligned, imagenet_classes()) is aligned
    unlabeled = Dataset(torch.zeros(3, 1))
    assert align(unlabeled, imagenet_classes()) is unlabeled
    with pytest.raises(InputError, match="got 'Egyptian cat'"):
        align(data, ("iguana", "dog"))


def test_folders_named_by_index_find_their_class():
    data = Dataset(torch.zeros(2, 1), torch.tensor([0, 1]), ("39", "285"))
    assert align(data, imagenet_classes()).labels.tolist() == [39, 285]
