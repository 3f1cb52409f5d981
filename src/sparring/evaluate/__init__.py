"""Judge the samples of a generator: figures with intervals, beside those of real images, copies and noise."""

from sparring.evaluate._evaluate import DEFAULT, Evaluation, evaluate
from sparring.evaluate._samples import samples_of
from sparring.evaluate._tables import Row, Table

__all__ = ["DEFAULT", "Evaluation", "Row", "Table", "evaluate", "samples_of"]
