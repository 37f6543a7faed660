"""What the curvature operators share: symmetric matrices known by their products with vectors."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Generic, Self, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from eostui.curvature.linear_operator import BFLOAT16
from eostui.objective.objective import Batch, Objective
from eostui.objective.saved_bytes import counting_saved_bytes
from eostui.objective.slopes import slopes_of
from eostui.objective.weights import real

Product = Callable[[Sequence[Tensor]], tuple[Tensor, ...]]
"""A physical batch's matrix times one vector, both in the shapes of the parameters."""

P = TypeVar("P", bound=Product)

GRAPH_BYTES = 1 << 30
"""How many bytes of graphs an operator keeps, if nothing else is asked for."""


class CurvatureOperator(ABC, Generic[P]):
    """A symmetric matrix A (size, size) of an objective at θ (size,), used as `A @ v`.

    A is a mean over examples. The graph of a physical batch is built at its first product. It is kept for later ones if
    all graphs that are kept take no more than `graph_bytes` together. The other graphs are built anew for every
    product, or block of products. `close`, or leaving the `with` block, frees what is kept. θ is not copied: it must
    not change while the operator is in use.
    """

    def __init__(self, objective: Objective, theta: Tensor, *, graph_bytes: int = GRAPH_BYTES) -> None:
        self.objective = objective
        self.theta = theta.detach()
        self.size = objective.size
        self.dtype = objective.dtype
        self.device = objective.device
        self.graph_bytes = graph_bytes
        self.low_precision = False
        self._kept: dict[int, P] = {}

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        """What `rough` takes."""
        return (BFLOAT16,)

    @property
    def compilable(self) -> bool:
        """Whether compiled products could be among them."""
        return False

    def rough(self, kind: str) -> CurvatureOperator[Any]:
        """The same matrix by graphs that are built in bfloat16 where torch's autocast does so, mostly matrix products.

        Products take and give vectors of the same dtype as before and are wrong by some thousandths. Their graphs may
        take as much memory as this operator's graphs leave of `graph_bytes`.
        """
        assert kind == BFLOAT16
        other = copy.copy(self)
        other.low_precision = True
        other.graph_bytes = self._bytes_left()
        other._kept = {}
        return other

    def _bytes_left(self) -> int:
        """The part of `graph_bytes` that is still free."""
        return self.graph_bytes - int(len(self._kept) * (self.graph_size() or 0))

    def coarser(self) -> CurvatureOperator[Any] | None:
        """The same matrix by products that are more wrong than these, where these are wrong by more than rounding."""
        return None

    def graph_size(self) -> float | None:
        """The bytes of one physical batch's graph; None where none was built yet."""
        return GRAPH_SIZES.of(self)

    @abstractmethod
    def linearize(self, batch: Batch) -> P:
        """Build the graph of one physical batch, at the weights that are in the model, and return its product."""

    def __matmul__(self, v: Tensor) -> Tensor:
        """A v, (size,) for v (size,) and (size, b) for v (size, b), detached.

        Raises ValueError for any other shape.
        """
        if v.ndim not in (1, 2) or v.shape[0] != self.size:
            raise ValueError(f"expected a vector of shape ({self.size},) or ({self.size}, b), not {tuple(v.shape)}")
        columns = v.reshape(self.size, -1).T

        def products(batch: Batch) -> tuple[Tensor]:
            product = self._linearized(batch)
            images = torch.empty_like(columns, memory_format=torch.contiguous_format)
            # One by one: vmap over the block is slower on CPU convolutions and takes b times the memory.
            for image, column in zip(images, columns, strict=True):
                torch.cat([real(piece).reshape(-1) for piece in product(self.objective.split(column))], out=image)
            return (images,)

        (images,) = self.objective.mean(self.theta, products)
        return images[0] if v.ndim == 1 else images.T

    def _linearized(self, batch: Batch) -> P:
        """The product of one physical batch, kept or built."""
        if batch.index in self._kept:
            return self._kept[batch.index]
        precision = torch.autocast(self.device.type, torch.bfloat16) if self.low_precision else nullcontext()
        with torch.enable_grad(), precision:
            if self.graph_size() is None:
                product = GRAPH_SIZES.measured(self, lambda: self.linearize(batch))
            else:
                product = self.linearize(batch)
        if self._has_room():
            self._kept[batch.index] = product
        return product

    def _has_room(self) -> bool:
        """Whether one more physical batch's graph may be kept."""
        size = self.graph_size()
        return self.graph_bytes > 0 if size is None else (len(self._kept) + 1) * size <= self.graph_bytes

    def close(self) -> None:
        """Free the graphs; the next product would build them again."""
        self._kept.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class GraphSizes:
    """How many bytes a physical batch's graph keeps, by model and kind of operator; counted where the first is built.

    Autograd tells of every tensor that it saves, at a price for each: that is why they are not counted every time.
    """

    def __init__(self) -> None:
        self._bytes_each: WeakKeyDictionary[nn.Module, dict[tuple[type, bool], float]] = WeakKeyDictionary()

    def of(self, operator: CurvatureOperator[P]) -> float | None:
        """`CurvatureOperator.graph_size`."""
        kind = type(operator), operator.low_precision
        each = self._bytes_each.get(operator.objective.model, {}).get(kind)
        return None if each is None else each * operator.objective.physical_batch

    def measured(self, operator: CurvatureOperator[P], build: Callable[[], P]) -> P:
        """Build the graph of one physical batch, and count what is saved in it."""
        objective = operator.objective
        product, saved = counting_saved_bytes(build, [operator.theta, *objective.weights.parameters, *objective.data()])
        of_model = self._bytes_each.setdefault(objective.model, {})
        of_model[type(operator), operator.low_precision] = saved / objective.physical_batch
        return product


GRAPH_SIZES = GraphSizes()


def vjp(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], v: Sequence[Tensor], *, create_graph: bool = False
) -> tuple[Tensor, ...]:
    """vᵀ ∂outputs/∂inputs, in the inputs' shapes; zero where an output does not depend on an input."""
    pairs = [(output, w) for output, w in zip(outputs, v, strict=True) if output.requires_grad]
    if not pairs:
        return tuple(torch.zeros_like(x) for x in inputs)
    differentiable, weights = zip(*pairs, strict=True)
    return slopes_of(differentiable, inputs, weights, retain_graph=True, create_graph=create_graph)
