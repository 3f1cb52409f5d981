"""The table says what the records say."""

from __future__ import annotations

import dataclasses
from typing import Any

from sparring.bench._modes import ModesBench
from sparring.bench._modes_table import modes_result, modes_table
from sparring.report import modes_page


def record(name: str, captured: list[int], quality: list[float], **other: Any) -> dict[str, Any]:
    own = {
        "n": 2500,
        "kl": 0.25,
        "covered": 0.5,
        "spread": 1.2,
        "published": None,
        "support": 6.0,
        "support_near": None,
    }
    figures = [own | {"captured": c, "quality": q} for c, q in zip(captured, quality, strict=True)]
    return {"name": name, "method": name, "failed": "", "seconds": 12.4, "figures": figures, **other}


def bench() -> ModesBench:
    truth = record("truth", [8, 8], [0.99, 0.988], named=0.97)
    for each in truth["figures"]:
        each["spread"] = 1.5
    wild = record("wild", [], [], failed="expected finite losses, got nan")
    return ModesBench({"ring": [record("gan", [6, 8], [0.9, 0.8]), wild, truth]}, 2, 5000)


def test_means_errors_floor_and_papers_stand_in_the_row() -> None:
    table = modes_table(bench(), command="sparring bench modes")
    (row,) = (line for line in table.splitlines() if line.startswith("| `gan` | 7"))
    assert "7.0 ± 1.0" in row
    assert "85.0 ± 5.0 %" in row
    assert "| 0.80 |" in row
    assert "no repeat" in row
    assert "6.3 / 98.2 % / 0.45 (Lin et al. 2018)" in row
    assert "has at 2,500 samples, is 0.0014" in table
    assert "Of real samples 97.0 % are placed" in table
    assert "`wild`: expected finite losses, got nan" in table
    assert "`sparring bench modes` on " in table


def test_one_seed_has_no_mean() -> None:
    one, two = (modes_table(dataclasses.replace(bench(), seeds=n), command="sparring bench modes") for n in (1, 2))
    assert "2,500 samples, one seed; GANs" in one
    assert "2,500 samples, means over 2 seeds with their standard error; GANs" in two


def test_a_protocol_and_the_share_of_its_budget_are_told_beside_its_own_papers_figures() -> None:
    plain = bench()
    told = {"protocol": {"name": "veegan", "training": 100_000, "samples": 2_500}}
    records = {"ring": [record | told for record in plain.records["ring"]]}
    found = dataclasses.replace(plain, records=records, images=1_000_000, protocol="veegan")
    table = modes_table(found, command="sparring bench modes")
    assert "Protocol `veegan` (Srivastava et al. 2017" in table
    assert "GANs were shown 1,000,000, 2.5 % of the protocol's 40,000,000" in table
    (row,) = (line for line in table.splitlines() if line.startswith("| `gan` | 7"))
    assert "1 / 99.3 % / – (Srivastava et al. 2017)" in row
    assert "Lin et al." not in row
    result = modes_result(found, command="sparring bench modes", seconds=1.0)
    assert result["protocol"] == "veegan"
    assert "2.5 % of the protocol&#39;s 40,000,000" in modes_page(result, {})


def test_the_page_names_who_reaches_all_modes() -> None:
    result = modes_result(bench(), command="sparring bench modes", seconds=1.0)
    page = modes_page(result, {"ring": [("gan", b"GIF89a")]})
    assert "All 8 modes of ring with every seed: no method." in page
    assert "data:image/gif;base64," in page
