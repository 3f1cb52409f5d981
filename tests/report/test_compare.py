import pytest

from sparring.errors import InputError
from sparring.report import compare_page

PAIRED = {
    "both": 700,
    "only_first": 10,
    "only_second": 40,
    "neither": 250,
    "first": 0.71,
    "first_interval": [0.681, 0.737],
    "second": 0.74,
    "second_interval": [0.712, 0.766],
    "difference": 0.03,
    "interval": [0.0167, 0.0446],
    "p_value": 2.4e-5,
}
SAME = PAIRED | {"difference": 0.001, "interval": [-0.01, 0.012], "p_value": 0.84}
RESULT = {
    "n": 1000,
    "left_out": [3, 4],
    "clean": SAME,
    "robust": PAIRED,
    "changed": [{"index": 17, "label": 3, "first": "apgd_t", "second": "stands"}],
    "spec": {"model": ["one.py:net", "two.py:net"], "data": "digits:test", "data_checksum": "9c" * 32},
    "warnings": ["the audits differ in their threat: linf(0.1) and linf(0.2)"],
    "command": "sparring compare a b",
}


def test_a_real_difference_names_the_better_run(read):
    text = read(compare_page(RESULT)).text
    assert "The second run is better: 71.0 % and 74.0 % of the same 1000 samples stand under attack" in text
    assert "(difference +3.0 points, +1.7 to +4.5)" in text
    assert "< 0.0001" in text
    worse = {**PAIRED, "difference": -0.03, "interval": [-0.0446, -0.0167]}
    assert "The first run is better" in read(compare_page(RESULT | {"robust": worse})).text


def test_a_difference_that_chance_explains_is_none(read):
    assert "cannot be told apart" in read(compare_page(RESULT | {"robust": SAME})).text


def test_everything_is_on_the_page(read):
    text = read(compare_page(RESULT)).text
    for shown in (
        "one.py:net and two.py:net",
        "7 in one run only, left out",
        "700 stand in both 50 stand in one only 250 stand in neither",
        "17 3 apgd_t stands",
        "differ in their threat",
        "sparring compare a b",
        "9c" * 32,
    ):
        assert shown in text, shown


def test_a_long_list_is_cut_and_an_empty_one_said(read):
    many = [{"index": i, "label": 0, "first": "stands", "second": "square"} for i in range(500)]
    assert "The first 200 of 500" in read(compare_page(RESULT | {"changed": many})).text
    assert "every sample stands in both runs or in neither" in read(compare_page(RESULT | {"changed": []})).text


def test_what_a_comparison_cannot_do_without():
    with pytest.raises(InputError, match="robust"):
        compare_page({"n": 3})
