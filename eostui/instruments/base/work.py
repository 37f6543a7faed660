"""What a measurement costs, in passes over the data."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Self

PRODUCT = 1.5
"""Gradients that a product with a curvature matrix is worth, as a rule: 1 to 2.5 were seen."""
FORWARD = 1 / 3
"""Gradients that a pass without derivatives is worth, as a rule."""


@dataclass(frozen=True)
class Work:
    """What one row takes.

    Over the examples that curvature is measured on: `products` of a matrix with a vector, in so many `blocks`, for each
    of which graphs are built anew where they are not kept; `graphs` built where they are kept; `gradients`; `forwards`
    without derivatives. `whole`: gradients over all training examples. `tests`: passes over the test set. `batches`:
    minibatches as large as those of the training, with a gradient and a product each.
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
        """The passes over training examples in gradients over as many, as a rule; minibatches aside."""
        return self.whole + self.gradients + self.graphs + FORWARD * self.forwards + PRODUCT * self.products
