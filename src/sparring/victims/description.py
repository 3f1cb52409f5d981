"""The JSON or YAML file that describes an HTTP endpoint, read and checked before anything is sent."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparring.errors import InputError, did_you_mean, missing_extra
from sparring.victims.messages import ENCODINGS, MANY, places, steps_of

RETURNS = ("scores", "probabilities", "labels", "names")
_ENV = re.compile(r"\$\{(\w+)\}")


@dataclasses.dataclass(frozen=True)
class Description:
    """An endpoint that classifies images, as its file describes it.

    Fields:
        url: http:// or https://; it and header values may hold ${NAME} of the environment, which is written nowhere.
        request: the JSON to send, with "$images" in the place of the list of images, or "$image" in that of one.
        response: the path to what comes back, one an image, such as predictions[*].scores; "" for all of it.
        returns: scores, probabilities, labels (numbers) or names (of classes).
        classes: names of the classes in order, or how many; needed for labels and names.
        input_shape: the shape of one image, where it is fixed.
        encoding: list (floats in [0, 1]), levels (0 to 255) or png-base64.
        method, headers: of the request; POST and none by default.
        batch: most images in a request.
        timeout_s, retries, backoff_s: patience with one attempt; further attempts; the first pause, doubled each time.
        rate_per_s: most requests in a second.
        max_queries: most images to send in all, retries included; the attack ends there.
        cost_per_query: price of one image, in any unit.
        cache: a file, beside this one, that keeps answers; by default they are kept for the run; false: not at all.
        ledger: a file, beside this one, with a line for every request; its earlier lines count towards max_queries.
        seed: of the jitter in pauses.
    """

    url: str
    request: Any
    response: str = ""
    returns: str = "scores"
    classes: Any = None
    input_shape: tuple[int, ...] | None = None
    encoding: str = "list"
    method: str = "POST"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    batch: int = 32
    timeout_s: float = 30.0
    retries: int = 5
    backoff_s: float = 0.5
    rate_per_s: float | None = None
    max_queries: int | None = None
    cost_per_query: float = 0.0
    cache: Any = None
    ledger: Any = None
    seed: int = 0

    def __post_init__(self) -> None:
        self._need(
            "url", isinstance(self.url, str) and self.url.startswith(("http://", "https://", "${")), "http://..."
        )
        self._need("method", self.method in ("POST", "PUT", "PATCH"), "POST, PUT or PATCH")
        headers = self.headers
        texts = isinstance(headers, Mapping) and all(isinstance(text, str) for text in headers.values())
        self._need("headers", texts, "texts by name", hide=True)
        self._need("request", len(places(self.request)) == 1, '"$images" or "$image" in one place')
        self._need("response", isinstance(self.response, str), "a path such as predictions[*].scores")
        steps_of(self.response)
        self._need("returns", self.returns in RETURNS, " or ".join(RETURNS))
        self._need("encoding", self.encoding in ENCODINGS, " or ".join(ENCODINGS))
        several = isinstance(self.classes, list | tuple) and len(set(map(str, self.classes))) == len(self.classes) >= 2
        self._need("classes", self.classes is None or several or _whole(self.classes, 2), "names, or a number >= 2")
        shape = self.input_shape
        sides = isinstance(shape, list | tuple) and len(shape) > 0 and all(_whole(side, 1) for side in shape)
        self._need("input_shape", shape is None or sides, "sides such as [1, 28, 28]")
        for name, least in (("batch", 1), ("retries", 0), ("seed", 0)):
            self._need(name, _whole(getattr(self, name), least), f"a whole number >= {least}")
        self._need("max_queries", self.max_queries is None or _whole(self.max_queries, 1), "a whole number >= 1")
        self._need("timeout_s", _number(self.timeout_s) and self.timeout_s > 0, "seconds > 0")
        self._need("backoff_s", _number(self.backoff_s) and self.backoff_s >= 0, "seconds >= 0")
        rate = self.rate_per_s
        self._need("rate_per_s", rate is None or (_number(rate) and rate > 0), "requests a second > 0")
        self._need("cost_per_query", _number(self.cost_per_query) and self.cost_per_query >= 0, "a price >= 0")
        self._need("cache", self.cache is None or isinstance(self.cache, str | Path | bool), "a file, true or false")
        self._need("ledger", self.ledger is None or isinstance(self.ledger, str | Path), "a file")
        if self.single and self.batch != 1:
            object.__setattr__(self, "batch", 1)
        if self.returns == "names":
            self._need("classes", self.names is not None, "the names that come back")
        if self.returns == "labels":
            self._need("classes", self.count is not None, "names, or how many labels there are")

    def _need(self, name: str, holds: bool, wanted: str, *, hide: bool = False) -> None:
        if not holds:
            got = "something else" if hide else repr(getattr(self, name))[:80]
            raise InputError(f"expected {wanted} for {name} of an endpoint, got {got}")

    @property
    def single(self) -> bool:
        """Whether a request holds one image and no list of them."""
        return places(self.request) != [MANY]

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the classes, if they are named."""
        return tuple(map(str, self.classes)) if isinstance(self.classes, list | tuple) else None

    @property
    def count(self) -> int | None:
        """How many classes there are, if that is known."""
        return self.classes if isinstance(self.classes, int) else len(self.classes) if self.classes else None

    @property
    def identity(self) -> str:
        """Return sha256 of what decides an answer: the model behind, not patience, budgets and files."""
        fields = ("url", "method", "request", "response", "returns", "classes", "encoding")
        text = json.dumps([getattr(self, name) for name in fields], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_description(path: str | Path) -> Description:
    """Read an endpoint's file; its relative paths are taken from where it lies.

    Raises: InputError for what cannot be read, unknown fields and wrong values.
    """
    path = Path(path)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"expected the description of an endpoint at {path}, got {error}") from None
    value = _parsed(path, text)
    if not isinstance(value, dict):
        raise InputError(f"expected the fields of an endpoint in {path}, got {type(value).__name__}")
    known = [field.name for field in dataclasses.fields(Description)]
    for name in value:
        if name not in known:
            raise InputError(f"expected a field of an endpoint in {path}, got {name!r}{did_you_mean(str(name), known)}")
    for name in ("url", "request"):
        if name not in value:
            raise InputError(f"expected {name} in {path}, got {', '.join(map(str, value)) or 'nothing'}")
    for name in ("cache", "ledger"):
        if isinstance(value.get(name), str):
            value[name] = path.parent / value[name]
    if isinstance(value.get("input_shape"), list):
        value["input_shape"] = tuple(value["input_shape"])
    return Description(**value)


def _parsed(path: Path, text: str) -> Any:
    if path.suffix.lower() == ".json":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"expected JSON in {path}, got {error}") from None
    try:
        import yaml
    except ImportError:
        raise missing_extra("pyyaml", "http") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"expected YAML in {path}, got {' '.join(str(error).split())}") from None


def with_environment(text: str, where: str, secrets: set[str]) -> str:
    """Return a text with every ${NAME} replaced by the environment's value, which is added to `secrets`.

    Raises: InputError when a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise InputError(f"expected the environment variable {match[1]} for {where}, got none: export it first")
        secrets.add(found)
        return found

    return _ENV.sub(value, text)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
