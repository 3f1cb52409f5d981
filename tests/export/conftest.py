"""One export that many tests look at: it takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.export import Exported, export


@pytest.fixture(scope="session")
def exported(gan_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(gan_run, tmp_path_factory.mktemp("export") / "out")
