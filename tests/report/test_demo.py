import torch

from sparring.report import Forged, demo_page

CAT = {"attack": "pgd(steps=40)", "n": 1, "threat": "linf(4/255)", "command": "sparring attack cat.png"}


def test_three_parts_in_order(audit, picture, read):
    noise = torch.full((3, 16, 16), 0.5)
    made = [
        Forged("Forged", noise, noise, ("fig", 0.1), ("iguana", 0.99), curve=(0.0, 0.5, 0.99)),
        Forged("One step", noise, noise, ("fig", 0.1), ("iguana", 0.8), note="a single step"),
    ]
    parsed = read(demo_page(CAT, [picture], made, audit, [picture, picture], seconds=141))
    parts = ("1 · A cat", "makes it say “Sandal”", "2 · An iguana", "a single step", "3 · Audit of", "Out of 1000")
    places = [parsed.text.index(part) for part in (*parts, "Class by class", "sparring demo")]
    assert places[:-1] == sorted(places[:-1])
    assert "2 min 21 s" in parsed.text
    assert len(parsed.all("img")) == 3 + 2 + 2 + 6
    assert "37 images have a zero gradient." in parsed.text


def test_without_noise_the_audit_is_second(audit, picture, read):
    text = read(demo_page(CAT, [picture], [], audit)).text
    assert "2 · Audit of" in text
