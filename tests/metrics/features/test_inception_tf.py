"""Inception of 2015-12-05 by path: layout, shapes, and whatever else may lie in the file (G3)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from sparring.errors import InputError
from sparring.metrics.features import see
from sparring.metrics.features._inception import Inception
from sparring.metrics.features.base import FeatureNetwork
from sparring.metrics.features.dinov2 import Dinov2
from sparring.metrics.features.inception_tf import InceptionTf


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.manual_seed(0)
    torch.save(Inception().state_dict(), path)
    return path


def test_features_logits_and_fingerprint(weights: Path) -> None:
    """G3: 2,048 features and 1,008 logits; torchvision's network has 1,000."""
    network = InceptionTf(str(weights)).load((1, 28, 28))
    seen = see(torch.rand(2, 1, 28, 28), network)
    assert seen.features.shape == (2, 2048)
    assert seen.probabilities is not None
    assert seen.probabilities.shape == (2, 1008)
    assert float(seen.features.min()) >= 0
    assert network.name == "inception-tf"
    assert network.resize == "tf1-bilinear 28x28 to 299x299, gray as RGB"
    assert len(network.checksum) == 64


def test_logits_are_without_their_bias(weights: Path) -> None:
    """As the published graph is read for the Inception Score."""
    net = Inception().eval()
    net.load_state_dict(torch.load(weights, weights_only=True))
    x = torch.rand(1, 3, 299, 299) * 255
    with torch.no_grad():
        features, logits = net(x)
        assert torch.allclose(net.fc(features) - net.fc.bias, logits, atol=1e-4)


def test_it_has_the_names_of_the_converted_weights() -> None:
    """Of each kind of block one name; 94 convolutions with their norms, and the last layer, as published."""
    names = set(Inception().state_dict())
    for name in (
        "Conv2d_1a_3x3.conv.weight", "Mixed_5b.branch5x5_2.bn.running_mean", "Mixed_6a.branch3x3dbl_3.conv.weight",
        "Mixed_6c.branch7x7dbl_5.conv.weight", "Mixed_7a.branch7x7x3_4.bn.bias", "Mixed_7c.branch3x3dbl_3b.conv.weight",
        "fc.weight", "fc.bias",
    ):  # fmt: skip
        assert name in names
    assert sum(name.endswith("conv.weight") for name in names) == 94


class Evil:
    """What a pickle may do to its reader."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        import os

        return os.system, ("touch HACKED",)


@pytest.mark.parametrize("unit", [InceptionTf, Dinov2])
def test_a_file_runs_no_code_and_must_hold_this_network(
    unit: type[FeatureNetwork], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"fc.weight": Evil()}, "evil.pth")
    with pytest.raises(InputError, match="does not load"):
        unit(weights="evil.pth").load((3, 32, 32))  # type: ignore[call-arg]
    assert not Path("HACKED").exists()
    Path("text.pth").write_text("hello")
    with pytest.raises(InputError, match="does not load"):
        unit(weights="text.pth").load((3, 32, 32))  # type: ignore[call-arg]
    save_file({"fc.weight": torch.zeros(1000, 2048)}, "other.safetensors")
    with pytest.raises(InputError, match="another network"):
        unit(weights="other.safetensors").load((3, 32, 32))  # type: ignore[call-arg]
    torch.save([1, 2], "list.pth")
    with pytest.raises(InputError, match="got list"):
        unit(weights="list.pth").load((3, 32, 32))  # type: ignore[call-arg]


@pytest.mark.parametrize(("unit", "where"), [(InceptionTf, "torch-fidelity"), (Dinov2, "facebookresearch")])
def test_without_weights_it_says_where_to_get_them(
    unit: type[FeatureNetwork], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(InputError, match=where):
        unit().load((3, 32, 32))


def test_torch_hubs_folder_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "pt_inception-2015-12-05-6726825d.pth").symlink_to(weights)
    assert InceptionTf().load((3, 32, 32)).checksum == InceptionTf(str(weights)).load((3, 32, 32)).checksum
