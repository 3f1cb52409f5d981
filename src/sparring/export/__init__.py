"""A trained generator for other people: weights, an ONNX file that was checked, and a card that says what it is."""

from sparring.export._export import Exported, export
from sparring.export._onnx import onnx_apart, to_onnx

__all__ = ["Exported", "export", "onnx_apart", "to_onnx"]
