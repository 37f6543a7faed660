"""Where products with curvature matrices come from: autograd's second derivatives, or differences of gradients."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.operators.difference_hessian import DifferenceHessianOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import GRAPH_BYTES
from eostui.objective.objective import Objective


@dataclass(frozen=True)
class Products:
    """Where products with curvature matrices come from.

    differences: from differences of gradients, and `double`: of gradients in float64. certified: whether errors can be
    claimed of what is measured with them: autograd's have passed the check, or differences say themselves how wrong
    they are. doubt: how far they may be off, relative to the largest eigenvalue, as far as the check could see.
    third_derivatives: whether autograd's third derivatives have passed it, too. text: what the check has to say.
    """

    differences: bool = False
    double: bool = False
    certified: bool = True
    doubt: float = 0.0
    third_derivatives: bool = True
    text: str = ""

    def hessian(
        self,
        objective: Objective,
        theta: Tensor,
        *,
        graph_bytes: int = GRAPH_BYTES,
        program: TangentProgram | None = None,
    ) -> HessianOperator:
        """The Hessian at θ by these products."""
        if self.differences:
            return DifferenceHessianOperator(objective, theta, graph_bytes=graph_bytes, double=self.double)
        return HessianOperator(
            objective, theta, graph_bytes=graph_bytes, program=program, third_derivatives=self.third_derivatives
        )


AUTOGRAD = Products()
"""Autograd's, which have passed the check."""
