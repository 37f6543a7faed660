"""The cost of a measurement in passes over the data."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Self

PRODUCT = 1.5
"""Time of a product with a curvature matrix, in gradients, as a rule: 1 to 2.5 were seen."""
FORWARD = 1 / 3
"""Time of a pass without derivatives, in gradients, as a rule."""


@dataclass(frozen=True)
class Work:
    """The work for one row.

    These are over the examples that curvature is measured on. products: products of a matrix with a vector. blocks: in
    how many blocks the products come; graphs that are not kept are built anew for each block. graphs: how many graphs
    are built where they are kept. gradients: gradients. forwards: passes without derivatives.

    These are over other examples. whole: gradients over all training examples. tests: passes over the test set.
    batches: minibatches as large as those of the training, with a gradient and a product each.
    """

    products: float = 0.0
    blocks: float = 0.0
    graphs: float = 0.0
    gradients: float = 0.0
    forwards: float = 0.0
    whole: float = 0.0
    tests: float = 0.0
    batches: float = 0.0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def in_gradients(self) -> float:
        """The approximate cost in gradients over the training examples, without `tests` and `batches`."""
        return self.whole + self.gradients + self.graphs + FORWARD * self.forwards + PRODUCT * self.products
