"""What holds for every page, whatever it reports."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from sparring.report import Forged, attack_page, audit_page, demo_page, explain_page, write_report

BROWSER = shutil.which("chromium")

ATTACK = {
    "kind": "attack",
    "attack": "pgd(steps=40)",
    "threat": "linf(4/255)",
    "target": "common iguana",
    "n": 1,
    "n_correct": 1,
    "success_rate": 1.0,
    "success_of_correct": 1.0,
    "median_distance": 0.0157,
    "forwards": 41,
    "backwards": 40,
    "seconds": 3.2,
    "valid": "8bit",
    "samples": [
        {"file": "cat.png", "before": ["cat", 0.6], "after": "common iguana", "success": True, "distance": 0.0157}
    ],
    "model": "efficientnet-lite0",
    "command": "sparring attack cat.png",
}
EXPLAIN = {
    "kind": "explain",
    "verdict": "The logits move along straight lines.",
    "figures": [{"label": "Straightness", "value": 0.97, "note": "1 is a straight line"}],
    "charts": [
        {
            "title": "Image 3",
            "lines": [
                {"name": "cat", "points": [[0, 4.0], [1, -2.0]]},
                {"name": "dog", "points": [[0, 0], [1, 3]]},
            ],
        }
    ],
    "tables": [{"columns": ["dimension", "shift"], "rows": [[10, 0.2], [100000, None]]}],
    "command": "sparring explain model",
}


@pytest.fixture(params=["audit", "suspect", "attack", "demo", "explain"])
def page(request, audit, suspect, picture):
    if request.param == "suspect":
        return audit_page(audit | {"verdict": suspect}, [picture])
    if request.param == "audit":
        return audit_page(audit, [picture] * 3)
    if request.param == "attack":
        return attack_page(ATTACK, [picture])
    if request.param == "explain":
        return explain_page(EXPLAIN)
    noise = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    made = [
        Forged("Forged", noise, noise, ("fig", 0.1), ("iguana", 0.99), curve=(0.0, 0.4, 0.99)),
        Forged("One step", noise, noise, ("fig", 0.1), ("iguana", 0.8), note="one step"),
    ]
    return demo_page(ATTACK, [picture], made, audit, [picture], seconds=141)


def test_structure(page, read):
    parsed = read(page)
    assert parsed.open == []  # and every tag closed in order, or the parser would have said so
    assert len(parsed.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(image["alt"] and image["width"] and image["height"] for image in parsed.all("img"))
    assert all(drawing.get("aria-label") or drawing.get("aria-hidden") for drawing in parsed.all("svg"))
    assert parsed.all("html")[0]["lang"] == "en"
    assert parsed.all("th")
    assert all(head["scope"] for head in parsed.all("th"))


def test_asks_nothing_of_the_network_and_runs_no_script(page, read):
    parsed = read(page)
    links = [value for _, attrs in parsed.tags for key, value in attrs.items() if key in ("src", "href", "srcset")]
    assert all(value.startswith("data:") for value in links)
    assert not parsed.all("script")
    assert not [key for _, attrs in parsed.tags for key in attrs if key.startswith("on")]
    assert not re.search(r"@import|url\(|https?:", page)
    (policy,) = [meta["content"] for meta in parsed.all("meta") if meta.get("http-equiv")]
    assert policy.startswith("default-src 'none'")


def test_text_is_escaped(audit, picture, read):
    nasty = "<script>alert('x')</script>"
    audit["per_class"][0] |= {"class": nasty, "mostly_becomes": nasty}
    audit |= {"warnings": [nasty], "command": nasty, "threat": nasty, "date": nasty}
    audit["spec"] |= {"model": nasty, "versions": {nasty: nasty}}
    audit["attacks"][0]["text"] = nasty
    shown = type(picture)(picture.original, picture.adversarial, nasty, (nasty, 0.5), ('"><img src=x>', 0.5), nasty)
    parsed = read(audit_page(audit, [shown]))
    assert not parsed.all("script")
    assert len(parsed.all("img")) == 3
    assert parsed.text.count(nasty) >= 8


def test_chart_text_is_escaped(read):
    chart = {"title": "<b>", "lines": [{"name": "<i>&", "points": [[0, 1], [1, 2]]}] * 2}
    parsed = read(explain_page(EXPLAIN | {"charts": [chart]}))
    assert not parsed.all("i")
    assert "<i>&" in parsed.text


def test_write_report_is_whole_or_absent(tmp_path):
    path = write_report(tmp_path / "new" / "report.html", "<p>ε ≤ 8/255</p>")
    assert path.read_text(encoding="utf-8") == "<p>ε ≤ 8/255</p>"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs a browser to measure with: Debian's chromium")
def test_no_sideways_scroll_on_a_phone(page, tmp_path):
    """The page inside a frame of 390 px, measured by Chromium; a headless window itself cannot be so narrow."""
    long = page.replace("victim.py:build", "victim_" + "x" * 120).replace("Ankle boot", "y" * 90)
    outer = tmp_path / "outer.html"
    outer.write_text(
        "<!doctype html><body><iframe style='width:390px;height:800px;border:0' "
        f'srcdoc="{html.escape(long)}" onload="const e = this.contentDocument.documentElement;'
        "document.body.dataset.found = e.clientWidth + ' ' + e.scrollWidth\"></iframe>",
        encoding="utf-8",
    )
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync --disable-component-update"
    seen = subprocess.run(
        [BROWSER, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", Path(outer).as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    found = re.search(r'data-found="(\d+) (\d+)"', seen)
    assert found, seen[:500]
    # the frame has a vertical scroll bar, so its page is a little narrower than 390
    assert int(found[2]) <= int(found[1]) <= 390
