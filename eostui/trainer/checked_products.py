"""Whether autograd's derivatives are those of the loss, and which products a run therefore measures with."""

from __future__ import annotations

from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.checks.derivative_check import check_derivatives
from eostui.curvature.products import Products
from eostui.trainer.setup import Setup


def checked_products(config: RunConfig, setup: Setup, theta: Tensor) -> Products:
    """Check the derivatives at θ (size,), and choose products as `--products` says.

    The model is left with other weights than it had.
    """
    if not setup.problem.findings.repeatable:
        return Products(certified=False)  # nothing can be compared; the notes of the findings say why
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
    text = f"{found.hessian}: curvature is measured by differences of gradients, and errors say how wrong these are"
    if wrong:
        text = f"{found.hessian}; {wrong}: curvature is measured by differences, and no eigenvalue is certified"
    return Products(differences=True, double=found.double, certified=not wrong, third_derivatives=False, text=text)
