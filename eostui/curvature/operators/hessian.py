"""The Hessian of the training loss."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.linear_operator import BFLOAT16, COMPILED
from eostui.curvature.operators.compiled_hessian import CompiledHessianOperator
from eostui.curvature.operators.gradient_graph import GradientGraph
from eostui.curvature.operators.operator import GRAPH_BYTES, CurvatureOperator
from eostui.curvature.operators.second_difference import second_difference
from eostui.objective.objective import Batch, Gradient, Objective
from eostui.objective.weights import flatten


class HessianOperator(CurvatureOperator[GradientGraph]):
    """H = ∇²L(θ), (size, size).

    H v = ∇ (∇L(θ)ᵀ v) for a fixed v (Pearlmutter 1994): one backward pass through the graph of the gradient, so the
    gradient itself comes with it. A compiled `program` adds a kind of rough products. `third_derivatives` False says
    that those of the network are wrong or missing: differences then take their place.
    """

    _evaluation: Gradient | None = None

    def __init__(
        self,
        objective: Objective,
        theta: Tensor,
        *,
        graph_bytes: int = GRAPH_BYTES,
        program: TangentProgram | None = None,
        third_derivatives: bool = True,
    ) -> None:
        super().__init__(objective, theta, graph_bytes=graph_bytes)
        self._program = program
        self._third_derivatives = third_derivatives

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        return (BFLOAT16,) if self._program is None else (BFLOAT16, COMPILED)

    @property
    def compilable(self) -> bool:
        return self._program is None

    def rough(self, kind: str) -> CurvatureOperator[Any]:
        """As `CurvatureOperator.rough`, or by the compiled program."""
        if kind == COMPILED and self._program is not None:
            return CompiledHessianOperator(self.objective, self.theta, self._program, graph_bytes=self._bytes_left())
        return super().rough(kind)

    def linearize(self, batch: Batch) -> GradientGraph:
        return GradientGraph(self.objective, batch)

    def gradient(self, *, advance_buffers: bool = False) -> Gradient:
        """L(θ), the accuracy and ∇L(θ), as `Objective.gradient` has them, at the price of the graphs that are kept.

        It is computed once, and kept until `close`. `advance_buffers` has no effect if the gradient is there
        already: a training step must be the first to ask for it.
        """

        def values(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
            if batch.index in self._kept or self._has_room():
                return self._linearized(batch).evaluation()
            return self.objective.batch_gradient(batch)

        if self._evaluation is None:
            totals = self.objective.mean(self.theta, values, advance_buffers=advance_buffers)
            self._evaluation = Gradient(*totals)
        return self._evaluation

    def close(self) -> None:
        """Free the graphs and the gradient."""
        super().close()
        self._evaluation = None

    def curvature_gradient(self, v: Tensor) -> Tensor:
        """∇(vᵀHv), (size,), for a fixed v (size,): with v a unit eigenvector, the gradient of its eigenvalue."""

        if not self._third_derivatives:
            return second_difference(self.objective, self.theta, v)

        def products(batch: Batch) -> tuple[Tensor]:
            return (flatten(self._linearized(batch).curvature_gradient(self.objective.split(v))),)

        return self.objective.mean(self.theta, products)[0]
