"""The Hessian of the training loss by compiled programs, in bfloat16."""

from __future__ import annotations

from torch import Tensor

from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.operators.gradient_graph import GradientGraph
from eostui.curvature.operators.operator import CurvatureOperator, Product
from eostui.objective.objective import Batch, Objective


class CompiledHessianOperator(CurvatureOperator[Product]):
    """∇²L(θ), (size, size), wrong by some thousandths: with the residuals of a program in the place of graphs.

    Physical batches that the program is not for, in general the last, have a graph in bfloat16.
    """

    def __init__(self, objective: Objective, theta: Tensor, program: TangentProgram, *, graph_bytes: int) -> None:
        super().__init__(objective, theta, graph_bytes=graph_bytes)
        self.low_precision = True
        self._program = program

    def linearize(self, batch: Batch) -> Product:
        if self._program.fits(batch):
            return self._program.linearize(self.objective, self.theta, batch)
        return GradientGraph(self.objective, batch)

    def graph_size(self) -> float | None:
        return self._program.residual_bytes
