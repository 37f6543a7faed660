"""How a run measures curvature, and whether that was checked: by autograd's second derivatives, or by differences."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.checks.derivative_check import check_derivatives
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.operators.difference_hessian import DifferenceHessianOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import GRAPH_BYTES
from eostui.objective.objective import Objective
from eostui.trainer.setup import Setup


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


def checked_products(config: RunConfig, setup: Setup, theta: Tensor) -> Products:
    """Check the derivatives at θ (size,), and choose as `--products` says.

    Leaves other weights in the model than were there.
    """
    if not setup.problem.findings.repeatable:
        return Products(certified=False)  # nothing to compare with; the findings say so
    outputs = setup.problem.outputs > 0 and not {"gauss-newton", "jacobian-gram"}.isdisjoint(config.measuring.track)
    third = "self-stabilization" in config.measuring.track
    found = check_derivatives(setup.curvature, theta, gauss_newton=outputs, third=third)
    wrong = found.gradient or found.differences
    if config.measuring.products == "differences":
        text = f"{wrong}: no eigenvalue is certified" if wrong else ""
        return Products(differences=True, double=found.double, certified=not wrong, text=text)
    if not found.hessian:
        said = [f"{found.third}: by second differences, without an error bound"] if found.third else []
        if found.gradient:
            said.append(f"{found.gradient}: no eigenvalue is certified")
        elif found.doubt > config.measuring.eig_tol / 10:
            how = "against float64" if found.double else f"in {config.training.dtype} only"
            said.append(f"products were checked {how} and may be {found.doubt:.1g} off; errors include that")
        return Products(
            certified=not found.gradient,
            doubt=found.doubt,
            third_derivatives=not found.third,
            text="; ".join(said),
        )
    if config.measuring.products == "autograd":
        return Products(certified=False, third_derivatives=False, text=f"{found.hessian}: no eigenvalue is certified")
    text = f"{found.hessian}: curvature is measured by differences of gradients, and errors say how far these are off"
    if wrong:
        text = f"{found.hessian}; {wrong}: curvature is measured by differences, and no eigenvalue is certified"
    return Products(differences=True, double=found.double, certified=not wrong, third_derivatives=False, text=text)
