"""The file that describes an endpoint: read, checked, and told what is wrong with it in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparring.errors import InputError
from sparring.victims.description import Description, read_description, with_environment

LEAST: dict[str, Any] = {"url": "https://models.example/predict", "request": {"instances": "$images"}}
YAML = """
url: https://models.example/predict
headers: {Authorization: "Bearer ${TOKEN}"}
request: {image: "$image"}
response: label
returns: names
classes: [cat, dog]
input_shape: [3, 32, 32]
cache: answers.sqlite
"""


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    import yaml

    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "a.json").write_text(json.dumps(yaml.safe_load(YAML)))
    about = read_description(tmp_path / "a.yaml")
    assert about == read_description(tmp_path / "a.json")
    assert (about.names, about.count, about.input_shape) == (("cat", "dog"), 2, (3, 32, 32))
    assert about.cache == tmp_path / "answers.sqlite"
    assert about.single
    assert about.batch == 1
    assert about.headers == {"Authorization": "Bearer ${TOKEN}"}  # as written: the value is nobody's to keep


def test_the_identity_is_of_what_decides_an_answer() -> None:
    first = Description(**LEAST)
    assert first.identity == Description(**LEAST, retries=9, headers={"a": "b"}, max_queries=3, ledger="q").identity
    assert first.identity != Description(**LEAST, encoding="levels").identity
    assert (first.count, first.names, first.batch, first.single) == (None, None, 32, False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "models.example"}, r"expected http://... for url of an endpoint, got 'models.example'"),
        ({"method": "GET"}, "expected POST, PUT or PATCH for method"),
        ({"headers": {"Authorization": 5}}, "expected texts by name for headers of an endpoint, got something else"),
        ({"request": {"a": 1}}, 'expected "\\$images" or "\\$image" in one place for request'),
        ({"request": ["$images", "$images"]}, "in one place for request"),
        ({"response": "a["}, "expected a path such as"),
        ({"returns": "logits"}, "expected scores or probabilities or labels or names for returns"),
        ({"encoding": "jpeg"}, "expected list or levels or png-base64 for encoding"),
        ({"classes": ["a", "a"]}, "expected names, or a number >= 2 for classes"),
        ({"classes": 1}, "for classes"),
        ({"returns": "names", "classes": 3}, "expected the names that come back for classes"),
        ({"returns": "labels"}, "expected names, or how many labels there are for classes"),
        ({"input_shape": "28x28"}, r"expected sides such as \[1, 28, 28\] for input_shape"),
        ({"batch": 0}, "expected a whole number >= 1 for batch"),
        ({"retries": -1}, "for retries"),
        ({"max_queries": 1.5}, "for max_queries"),
        ({"timeout_s": 0}, "expected seconds > 0 for timeout_s"),
        ({"backoff_s": "fast"}, "for backoff_s"),
        ({"rate_per_s": 0}, "expected requests a second > 0 for rate_per_s"),
        ({"cost_per_query": -1}, "for cost_per_query"),
        ({"cache": 3}, "expected a file, true or false for cache"),
        ({"ledger": True}, "expected a file for ledger"),
        ({"retrys": 3}, "got 'retrys'; did you mean .*'retries'"),
        ({"request": None}, "expected request in .*, got url"),
    ],
)
def test_a_wrong_field_is_told(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    whole = {key: value for key, value in {**LEAST, **fields}.items() if value is not None}
    (tmp_path / "a.json").write_text(json.dumps(whole))
    with pytest.raises(InputError, match=words) as caught:
        read_description(tmp_path / "a.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "expected JSON in"),
        ("a.yaml", "a: [", "expected YAML in"),
        ("a.yaml", "- 1", "expected the fields of an endpoint in .*, got list"),
        ("a.yaml", "!!python/object/apply:os.getcwd []", "expected YAML in"),  # nothing of a file is run
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        read_description(tmp_path / name)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="expected the description of an endpoint at"):
        read_description(tmp_path / "none.json")


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_A", "first")
    monkeypatch.delenv("KEY_B", raising=False)
    secrets: set[str] = set()
    assert with_environment("a ${KEY_A} $KEY_A b", "a header", secrets) == "a first $KEY_A b"
    assert secrets == {"first"}
    with pytest.raises(InputError, match="expected the environment variable KEY_B for a header, got none"):
        with_environment("${KEY_B}", "a header", secrets)
