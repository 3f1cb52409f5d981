"""What the documents show is what happens: their code runs, their commands exist, their errors are word for word."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import sparring.attacks
from sparring import registry
from sparring.cli import _app
from sparring.registry import PACKAGES, units

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HAND_WRITTEN = [page for page in PAGES if page.name != "bench-attacks.md"]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """Return (title, text) of every fenced block of a language."""
    return [(title, text) for kind, title, text in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands(page: Path) -> Iterator[tuple[list[str], str]]:
    """Yield every `sparring` command line of a page with the output that is shown for it."""
    for _, text in [*blocks(page, "console"), *blocks(page, "bash")]:
        for part in re.split(r"^(?=\$ )", text.replace("\\\n", " "), flags=re.MULTILINE):
            line, _, output = part.partition("\n")
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if "sparring" in words:
                yield words[words.index("sparring") + 1 :], output


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_docs_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory from which modules can be imported, and are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write_files(page: Path, folder: Path) -> None:
    """Write the blocks that have a file's name as their title."""
    for title, text in blocks(page, "python"):
        if title:
            (folder / title).parent.mkdir(parents=True, exist_ok=True)
            (folder / title).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", [p for p in HAND_WRITTEN if blocks(p, "python")], ids=name_of)
def test_what_a_page_shows_happens(page: Path, scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(page, scratch)
    namespace: dict[str, object] = {"__name__": "docs"}
    for title, text in blocks(page, "python"):
        if not title:
            exec(compile(text, name_of(page), "exec"), namespace)
    for words, output in commands(page):
        if output.startswith("error: "):
            capsys.readouterr()
            assert _app.run(words) == 2, words
            assert capsys.readouterr().err == output, words


CHEAP = {("explain", "linear"), ("list",), ("list", "threat"), ("cite", "deepfool")}
"""Commands whose shown output is compared, line by line, with what they print."""


def test_outputs_in_the_readme_are_real(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compared = 0
    for words, output in commands(ROOT / "README.md"):
        if tuple(words) in CHEAP:
            assert _app.run(words) == 0
            printed = capsys.readouterr().out.splitlines()
            for line in output.splitlines():
                assert line in (*printed, "..."), (words, line)
            compared += 1
    assert compared == 3


def test_the_attack_in_contributing_is_one_file_and_its_test(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(ROOT / "CONTRIBUTING.md", scratch)
    monkeypatch.setattr(
        sparring.attacks, "__path__", [*sparring.attacks.__path__, str(scratch / "src/sparring/attacks")]
    )
    registry._units.cache_clear()
    try:
        module = importlib.import_module("sparring.attacks.noise")
        assert doctest.testmod(module).failed == 0
        assert doctest.testmod(module).attempted == 2
        tests = vars(load(scratch / "tests/attacks/test_noise.py"))
        ran = [name for name, test in tests.items() if name.startswith("test_") and test() is None]
        assert len(ran) == 4
        assert "noise" in units("attack")
    finally:
        sys.modules.pop("sparring.attacks.noise", None)
        vars(sparring.attacks).pop("noise", None)
        registry._units.cache_clear()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_of_a_page_exist_with_their_options(page: Path) -> None:
    _app._find_commands()
    import typer

    root = typer.main.get_command(_app.app)
    for words, _ in commands(page):
        command = root
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        if "--help" in words:
            continue
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert command is not root, (name_of(page), words)
        assert used <= known, (name_of(page), used - known)


def test_every_command_has_a_section() -> None:
    _app._find_commands()
    import typer

    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for name in typer.main.get_command(_app.app).commands:
        assert f"\n## sparring {name}\n" in page, name


def test_every_public_name_is_documented() -> None:
    docstrings = load(ROOT / "docs" / "docstrings.py")
    built = "\n".join(docstrings.on_page_markdown(page.read_text(encoding="utf-8")) for page in PAGES)
    for package in docstrings.packages():
        if package == "sparring.cli":  # its public face is docs/command-line.md
            continue
        for name in docstrings.own_names(package):
            assert f"### `{package}.{name}`" in built, f"docs/reference/python.md lacks ::: {package}"


def test_every_unit_is_in_its_table() -> None:
    pages = {"attack": "attacks", "threat": "threats", "model": "models", "data": "data"}
    pages |= {"rule": "rules", "defense": "defenses", "guard": "guards"}
    pages |= {"loss": "losses", "penalty": "penalties", "trick": "tricks", "nets": "nets", "gan": "gans"}
    pages |= {"inference": "inference"}
    pages |= {"metric": "metrics", "features": "features", "problem": "problems", "estimator": "estimators"}
    assert set(pages) == set(PACKAGES), "a new kind of unit needs a reference page"
    for kind, page in pages.items():
        text = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
        for name in units(kind):
            assert f"\n| [`{name}`](#{name}) |" in text, f"run python docs/generate.py: {name} is missing in {page}.md"


def test_generated_tables_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    generate = load(ROOT / "docs" / "generate.py")
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_table_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    generate = load(ROOT / "docs" / "generate.py")
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        text = page.read_text(encoding="utf-8").replace("| [`l2`](#l2) |", "| [`l3`](#l2) |")
        (tmp_path / page.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "threats.md is out of date: run python docs/generate.py" in capsys.readouterr().out
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_the_two_commands_stand_alone_on_their_lines() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "pip install -c constraints.txt -e '.[demo]' && sparring demo" in lines
    assert "pip install -c constraints.txt -e '.[dev]' && pytest" in lines


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


def test_docstrings_become_markdown() -> None:
    docstrings = load(ROOT / "docs" / "docstrings.py")
    text = docstrings._markdown("Do a_b * c.\n\nFields: `n` ≥ 1.\nSource: `x_y`.\n    more: here\n\n>>> 1\n1\n\nEnd.")
    assert "Do a\\_b \\* c." in text
    assert "\n**Fields**: `n` ≥ 1.\n\n**Source**: `x_y`.\n\n- more: here\n" in text
    assert "```pycon\n>>> 1\n1\n```" in text
