"""A game of functions, and a batch without labels."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.games import Batch, FunctionGame


def test_a_game_of_functions_has_its_turns_in_the_order_given():
    """The loss is asked for when the player moves: it sees the moves made before."""
    x = nn.ParameterList([torch.tensor(2.0)])
    game = FunctionGame({"a": x, "b": x}, {"b": lambda: x[0] ** 2, "a": lambda: -x[0]})
    turns = game.turns(None)
    assert [turn.player for turn in turns] == ["b", "a"]
    with torch.no_grad():
        x[0].fill_(3.0)
    assert [turn.loss().item() for turn in turns] == [9.0, -3.0]
    assert game.memory == {}
    assert game.replays == 1


def test_labels_are_there_or_the_game_should_not_have_begun():
    batch = Batch(torch.rand(2, 1), torch.tensor([0, 1]), torch.arange(2), 0)
    assert batch.labels.tolist() == [0, 1]
    with pytest.raises(AssertionError):
        Batch(torch.rand(2, 1), None, torch.arange(2), 0).labels  # noqa: B018
