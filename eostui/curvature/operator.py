"""What the curvature operators share: symmetric matrices known by their products with vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Self

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.curvature.objective import Batch, Objective, flatten

Product = Callable[[Sequence[Tensor]], tuple[Tensor, ...]]
"""A physical batch's matrix times one vector, both in the shapes of the parameters."""


class CurvatureOperator(ABC):
    """A symmetric matrix A (size, size) of an objective at θ (size,), used as `A @ v`.

    A is a mean over examples. When they are one physical batch, its graph is built once, at the first product,
    and serves every later one; `close` (or leaving the `with` block) frees it. θ is not copied: it must not
    change while the operator is in use.
    """

    def __init__(self, objective: Objective, theta: Tensor) -> None:
        self.objective = objective
        self.theta = theta.detach()
        self.size = objective.size
        self.dtype = objective.dtype
        self.device = objective.device
        self._kept: Product | None = None

    @abstractmethod
    def linearize(self, parameters: list[Tensor], batch: Batch) -> Product:
        """Build the graph of one physical batch at `parameters` (leaves) and return the product it gives."""

    def __matmul__(self, v: Tensor) -> Tensor:
        """A v, (size,) for v (size,) and (size, b) for v (size, b), detached.

        Raises ValueError for any other shape.
        """
        if v.ndim not in (1, 2) or v.shape[0] != self.size:
            raise ValueError(f"expected a vector of shape ({self.size},) or ({self.size}, b), not {tuple(v.shape)}")
        columns = [v] if v.ndim == 1 else list(v.unbind(dim=1))

        def products(batch: Batch) -> tuple[Tensor, ...]:
            product = self._product(batch)
            return tuple(flatten(product(self.objective.split(column))) for column in columns)

        images = self.objective.mean(products) if columns else ()
        if v.ndim == 1:
            return images[0]
        return torch.stack(images, dim=1) if images else torch.empty_like(v)

    def _product(self, batch: Batch) -> Product:
        if self._kept is not None:
            return self._kept
        # Attention's fused kernels have no second derivative.
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            product = self.linearize(self.objective.leaves(self.theta), batch)
        # Several batches' graphs would take as much memory as the whole data in one pass, which is what a
        # physical batch is there to avoid: they are built anew for every product (or block of products).
        if self.objective.batches == 1:
            self._kept = product
        return product

    def close(self) -> None:
        """Free the graph; the next product would build it again."""
        self._kept = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def vjp(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], v: Sequence[Tensor], *, create_graph: bool = False
) -> tuple[Tensor, ...]:
    """vᵀ ∂outputs/∂inputs, in the inputs' shapes; zero where an output does not depend on an input."""
    pairs = [(output, w) for output, w in zip(outputs, v, strict=True) if output.requires_grad]
    if not pairs:
        return tuple(torch.zeros_like(x) for x in inputs)
    differentiable, weights = zip(*pairs, strict=True)
    return torch.autograd.grad(
        differentiable, inputs, weights, retain_graph=True, create_graph=create_graph, materialize_grads=True
    )
