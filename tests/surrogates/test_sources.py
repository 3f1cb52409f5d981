"""Models trained to be attacked from: halves with no image in common, and none trained twice."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.surrogates import _sources, train_all


def test_halves_share_no_image_and_kept_models_are_taken_from_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.rand(40, 4)
    data = Dataset(x, (x[:, 0] > 0.5).long(), ("dark", "bright"), "forty")
    seen: list[Tensor] = []
    fit = _sources.fit

    def watched(module: nn.Module, part: Dataset, **options: object) -> object:
        seen.append(part.pixels)
        return fit(module, part, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(_sources, "fit", watched)
    made = train_all(["linear", "mlp"], data, halves=True, epochs=1, folder=tmp_path)
    assert [model.text for model in made] == ["linear, half 1", "linear, half 2", "mlp, half 1", "mlp, half 2"]
    assert torch.equal(torch.cat(seen[:2]).sort(0).values, x.sort(0).values)
    assert torch.equal(seen[0], seen[2])
    again = train_all(["linear", "mlp"], data, halves=True, epochs=1, folder=tmp_path)
    assert len(seen) == 4
    assert [model.checksum for model in again] == [model.checksum for model in made]
    assert len({model.checksum for model in made}) == 4
    with pytest.raises(InputError, match="as trained by this command"):
        train_all(["linear", "mlp"], data, halves=True, epochs=2, folder=tmp_path)
    with pytest.raises(InputError, match="expected labels in data"):
        train_all(["linear"], Dataset(x))
