"""Models by text: a pretrained network by name, a run directory, a function in your own file."""

from sparring.models._broken import Broken, Wrapped
from sparring.models._ensemble import Ensemble
from sparring.models._fit import accuracy, fit
from sparring.models._load import load_model, save_model
from sparring.models._loaded import LoadedModel, Normalize
from sparring.models._names import align, find_class
from sparring.models._zoo import ZooMember, train_zoo, zoo
from sparring.models.base import ModelUnit, Pretrained, Trainable

__all__ = [
    "Broken",
    "Ensemble",
    "LoadedModel",
    "ModelUnit",
    "Normalize",
    "Pretrained",
    "Trainable",
    "Wrapped",
    "ZooMember",
    "accuracy",
    "align",
    "find_class",
    "fit",
    "load_model",
    "save_model",
    "train_zoo",
    "zoo",
]
