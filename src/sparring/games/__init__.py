"""Games: who plays, what each wants, who moves when; and the one loop that trains them all."""

from sparring.games._checkpoints import Checkpoints
from sparring.games._feed import Feed
from sparring.games._loop import Plan, train
from sparring.games._rollback import Rollback
from sparring.games._table import NotFinite, Player, Table
from sparring.games.base import Batch, FunctionGame, Game, Rule, Turn

__all__ = [
    "Batch",
    "Checkpoints",
    "Feed",
    "FunctionGame",
    "Game",
    "NotFinite",
    "Plan",
    "Player",
    "Rollback",
    "Rule",
    "Table",
    "Turn",
    "train",
]
