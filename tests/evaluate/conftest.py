"""A trained generator's run directory, small enough for a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.train import train


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    train("gan(nets=dense(hidden=(16,)))", "digits:train", images=640, out=folder)
    return folder
