import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards.resize_pad import ResizePad

NOTHING = Dataset(torch.zeros(1, 1, 8, 8), torch.zeros(1, dtype=torch.int64))


def test_at_full_size_it_is_the_net_s_probability() -> None:
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), torch.rand(3, 1, 8, 8)
    said = ResizePad(smallest=1.0, draws=3).fit(net, NOTHING, NOTHING)(x)
    assert torch.allclose(said, net(x).log_softmax(1), atol=1e-5)


def test_it_is_the_mean_of_probabilities_over_its_frames() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    model, x = ResizePad(smallest=0.5, draws=7).fit(net, NOTHING, NOTHING), torch.rand(2, 1, 8, 8)
    seen: list[Tensor] = []
    model.net.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))  # type: ignore[union-attr,operator]
    said = model(x)
    assert len(seen) == 7
    assert len({float(frame.sum()) for frame in seen}) == 7, "another frame at every draw"
    assert torch.allclose(said.exp(), torch.stack([net(z).softmax(1) for z in seen]).mean(0), atol=1e-6)


def test_an_image_has_one_answer_in_any_company_and_no_two_share_frames() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    model, x = ResizePad(smallest=0.5).fit(net, NOTHING, NOTHING), torch.rand(4, 1, 8, 8)
    state, whole = torch.get_rng_state(), model(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.allclose(model(x[[2, 0]]), whole[[2, 0]], atol=1e-6)
    other = model(x + 1e-6)
    assert (other - whole).abs().max() > 1e-3
    assert torch.equal(ResizePad(smallest=0.5).restore(net, model.state_dict())(x), whole)


def test_an_attack_takes_it_for_what_it_is(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    model = ResizePad().fit(net, NOTHING, NOTHING)
    right = model(x).argmax(1) == y
    assert right.double().mean() > 0.8
    found = sparring.attack(model, x[right][:20], y[right][:20], "apgd(steps=15)", "linf(0.2)")
    assert found.success_rate > 0.8


def test_fields_out_of_range_are_refused() -> None:
    for fields in ({"smallest": 0.0}, {"smallest": 1.1}, {"draws": 0}):
        with pytest.raises(InputError, match="of resize_pad"):
            ResizePad(**fields)  # type: ignore[arg-type]
