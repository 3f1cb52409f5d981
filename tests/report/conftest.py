"""A whole audit as its `result.json` holds it, and a page taken apart by a parser that knows no template."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
import torch

from sparring.report import Picture

VOID = {"meta", "link", "img", "br", "line", "circle", "polyline", "rect"}


class Page(HTMLParser):
    """Tags with their attributes, the visible text, and whether every tag was closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.html = html
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.words.append(data.replace("\N{NO-BREAK SPACE}", " ").strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def read() -> Callable[[str], Page]:
    return Page


@pytest.fixture
def audit() -> dict[str, Any]:
    classes = ["T-shirt", "Trouser", "Ankle boot"]
    return {
        "kind": "audit",
        "n": 1000,
        "clean_accuracy": 0.912,
        "clean_interval": [0.893, 0.928],
        "robust_accuracy": 0.431,
        "interval": [0.401, 0.462],
        "confidence_level": 0.95,
        "threat": "linf(8/255)",
        "eps": 8 / 255,
        "norm": "linf",
        "seed": 3,
        "attacks": [
            {
                "name": "apgd",
                "text": "apgd(loss='ce')",
                "samples": 912,
                "left_standing": 455,
                "broke": 457,
                "forwards": 91200,
                "backwards": 90288,
                "seconds": 41.2,
            },
            {"name": "apgd_targeted", "samples": 455, "left_standing": 431, "broke": 24},
        ],
        "per_class": [
            {
                "class": name,
                "n": 300 + i,
                "clean_accuracy": 0.9,
                "robust_accuracy": 0.8 - 0.3 * i,
                "mostly_becomes": "Shirt" if i else None,
            }
            for i, name in enumerate(classes)
        ],
        "curve": {
            "norm": "linf",
            "attack": "fmn",
            "n": 200,
            "points": [[0.0, 0.912], [4 / 255, 0.7], [16 / 255, 0.1]],
        },
        "spec": {
            "model": "victim.py:build",
            "model_checksum": "3f" * 32,
            "data": "fashion-mnist:test",
            "data_checksum": "9c" * 32,
            "protocol": "foundation",
            "versions": {"sparring": "0.1.0", "torch": "2.13.0"},
        },
        "command": "sparring audit --model victim.py:build --threat 'linf(8/255)'",
        "seconds": 123.4,
        "machine": "2 × some processor, 24 GiB",
        "date": "2026-11-21",
        "warnings": ["37 images have a zero gradient."],
    }


@pytest.fixture
def suspect() -> dict[str, Any]:
    """A verdict on 43.1 % that no one should believe, as `result.json` holds it."""
    evidence = [
        {"name": "queries", "broken": [], "doubtful": False, "says": "queries broke 0 of 64", "value": 0.0, "n": 64},
        {
            "name": "noise",
            "broken": list(range(9)),
            "doubtful": True,
            "says": "random noise broke 9 of 64 samples that stood: noise beats the gradient",
            "value": 9 / 64,
            "n": 64,
        },
        {
            "name": "unbounded",
            "broken": [],
            "doubtful": False,
            "says": "with no bound, 3% still stood",
            "value": 2 / 64,
            "n": 64,
        },
        {"name": "stationarity", "broken": [], "doubtful": False, "says": "promises 0.04", "value": 0.04, "n": 64},
        {
            "name": "transfer",
            "broken": [],
            "doubtful": False,
            "says": "no substitute was trained",
            "value": None,
            "n": 64,
        },
    ]
    return {
        "verdict": "suspect",
        "reasons": ["random noise broke 9 of 64 samples that stood: noise beats the gradient"],
        "next": ["look for a step in the model that hides its gradient"],
        "findings": ["it returns probabilities, whose gradients vanish (T3)"],
        "adapted": ["the logarithm of its probabilities"],
        "examination": {"access": "scores", "views": {"as it is": 3, "the logarithm of its probabilities": 40}},
        "evidence": evidence,
    }


@pytest.fixture
def picture() -> Picture:
    x = torch.linspace(0, 1, 28 * 28).reshape(1, 28, 28)
    return Picture(x, (x + 8 / 255).clamp(0, 1), "Sneaker", ("Sneaker", 0.99999), ("Sandal", 0.61), note="8/255")
