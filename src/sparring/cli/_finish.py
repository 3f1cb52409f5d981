"""How a bench of trainings ends on the command line: its tables printed and kept, and a page of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparring.core.runs import write_atomic, write_json
from sparring.report import write_report


def finish(folder: Path, result: dict[str, Any], table: str, report: str, page: Path | None) -> int:
    """Write down what came out, print its tables, in a file `page` too if one is wanted, and say where all lies."""
    write_json(folder / "result.json", result)
    print(table)
    if page is not None:
        write_atomic(page, table)
        print(f"table: {page}")
    print(f"report: {write_report(folder / 'report.html', report)}")
    return 0
