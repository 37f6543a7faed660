"""Whether the derivatives that curvature is measured by are those of the loss: compared with differences.

Autograd takes a layer's backward pass at its word. One that is no derivative, be it a user's own, one that treats as
constant what is none, or a kernel of torch's, gives a Hessian that is wrong without a word, and whose eigenvalues have
small residuals all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from eostui.curvature.difference_hessian import DifferenceHessianOperator
from eostui.curvature.gauss_newton import GaussNewtonOperator
from eostui.curvature.hessian import HessianOperator
from eostui.curvature.inner_products import norm
from eostui.curvature.missing_derivative import own_functions, where_missing
from eostui.curvature.operator import CurvatureOperator
from eostui.curvature.second_difference import second_difference
from eostui.objective.objective import Objective

EXAMPLES = 8
"""How many examples the check takes: derivatives that are wrong are so on few as on many."""

CLOSE = 0.01
"""How far from θ that is, relative to the root mean square of its entries."""

STEPS = (1e2, 1.0, 1e-2)
"""Steps of the differences, times the usual one: of a network with kinks a smaller step meets fewer of them."""


@dataclass(frozen=True)
class DerivativeCheck:
    """What is wrong with the derivatives, in words; empty where nothing is.

    hessian: of products with the Hessian, and with the Gauss–Newton matrix where that was asked for.
    third: of ∇(uᵀHu), where that was asked for.
    """

    hessian: str = ""
    third: str = ""


@dataclass(frozen=True)
class _Precision:
    """How far two right numbers may be apart: in float64 differences are sharp, in float32 only blunders show."""

    asymmetry: float
    difference: float
    third: float


_DOUBLE = _Precision(1e-7, 1e-4, 1e-3)
_SINGLE = _Precision(1e-3, 0.05, 0.1)


def check_derivatives(
    objective: Objective, theta: Tensor, *, gauss_newton: bool = False, third: bool = False
) -> DerivativeCheck:
    """Compare products with differences, and uᵀHv with vᵀHu, close to θ (size,) on the first few examples.

    Close to it, because θ may be a special point, with biases of zero at the kink of a ReLU.

    It is done in float64, or, where the model cannot be had in that, in the dtype at hand, in which only errors of a
    twentieth and more are told from noise. The model is left at other weights, as by any pass.

    Raises what the model raises where even a first gradient cannot be had.
    """
    few = objective.subset(EXAMPLES)
    noise = torch.randn(theta.shape, generator=torch.Generator().manual_seed(1)).to(theta)
    theta = theta.detach() + CLOSE * theta.square().mean().sqrt() * noise
    try:
        if few.dtype != torch.float64 and few.device.type != "mps":
            with few.in_double() as double:
                double.gradient(theta.double())  # where this fails, it is for float64, not for a derivative
                return _compare(double, theta.double(), _DOUBLE, gauss_newton=gauss_newton, third=third)
    except (RuntimeError, TypeError, ValueError):
        pass
    precision = _DOUBLE if few.dtype == torch.float64 else _SINGLE
    return _compare(few, theta, precision, gauss_newton=gauss_newton, third=third)


def _compare(
    objective: Objective, theta: Tensor, precision: _Precision, *, gauss_newton: bool, third: bool
) -> DerivativeCheck:
    u, v = _directions(objective, theta)
    differences = DifferenceHessianOperator(objective, theta)
    operators: list[tuple[str, CurvatureOperator[Any], Callable[[float], Tensor]]] = []

    def hessian_differences(step: float) -> Tensor:
        differences.step = step
        return differences @ v

    operators.append(("the Hessian", HessianOperator(objective, theta), hessian_differences))
    if gauss_newton:
        coarse = GaussNewtonOperator(objective, theta, differences=True)

        def gauss_newton_differences(step: float) -> Tensor:
            coarse.step = step
            return coarse @ v

        operators.append(("the Gauss–Newton matrix", GaussNewtonOperator(objective, theta), gauss_newton_differences))
    for name, operator, by_differences in operators:
        if wrong := _wrong_products(name, operator, by_differences, objective, u, v, precision):
            return DerivativeCheck(wrong, wrong if third else "")
    return DerivativeCheck("", _wrong_third(objective, theta, u, precision) if third else "")


def _directions(objective: Objective, theta: Tensor) -> tuple[Tensor, Tensor]:
    """Two unit vectors: a random one, and one with the gradient in it, along which something is going on."""
    generator = torch.Generator().manual_seed(0)
    u, v = (torch.randn(theta.shape, generator=generator).to(theta) for _ in range(2))
    slope = objective.gradient(theta).gradient
    assert slope is not None  # it was asked for
    length = norm(slope).to(theta)
    v = v / norm(v).to(theta) + (slope / length if length > 0 else 0.0)
    return u / norm(u).to(theta), v / norm(v).to(theta)


def _wrong_products(
    name: str,
    operator: CurvatureOperator[Any],
    by_differences: Callable[[float], Tensor],
    objective: Objective,
    u: Tensor,
    v: Tensor,
    precision: _Precision,
) -> str:
    try:
        with operator:
            images = operator @ torch.stack([u, v], dim=1)
    except (RuntimeError, NotImplementedError, TypeError) as error:
        return where_missing(objective, operator.theta, error)
    if not bool(torch.isfinite(images).all()):
        return ""  # it is told where it is measured
    size = float(norm(images.T).max()) or 1.0
    asymmetry = abs(float(v @ images[:, 0] - u @ images[:, 1])) / size
    # Where both are small, the differences decide.
    off = min(float(norm(by_differences(step) - images[:, 1])) / size for step in STEPS)
    if asymmetry <= precision.asymmetry * max(1.0, len(u) ** -0.5) and off <= precision.difference:
        return ""
    found = f"products with {name} are {off:.1%} off differences of gradients"
    if off <= precision.difference:
        found = f"{name} that autograd makes is not symmetric"
    suspects = own_functions(objective, operator.theta)
    return found + (f"; the backward pass of {suspects} may be no derivative" if suspects else "")


def _wrong_third(objective: Objective, theta: Tensor, u: Tensor, precision: _Precision) -> str:
    hessian = HessianOperator(objective, theta)
    try:
        slope = hessian.curvature_gradient(u)
    except (RuntimeError, NotImplementedError, TypeError) as error:
        return f"no third derivative: {str(error).splitlines()[0].rstrip('.')}"
    if not bool(torch.isfinite(slope).all()):
        return ""
    size = float(norm(slope)) or 1.0
    off = min(float(norm(second_difference(objective, theta, u, step) - slope)) / size for step in (10.0, 1.0, 0.1))
    if off <= precision.third:
        return ""
    return f"the gradient of uᵀHu by autograd is {off:.1%} off second differences of gradients"
