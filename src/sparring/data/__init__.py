"""Data sets by text: bundled ones by name, folders of pictures, arrays, a function in your own file."""

from sparring.data._dataset import Dataset
from sparring.data._images import read_image, write_png
from sparring.data._load import load_data
from sparring.data.base import DataUnit

__all__ = ["DataUnit", "Dataset", "load_data", "read_image", "write_png"]
