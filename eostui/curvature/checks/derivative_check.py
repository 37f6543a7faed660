"""Whether the derivatives that curvature is measured by are those of the loss: compared with differences.

Autograd takes a layer's backward pass at its word. One that is no derivative, be it a user's own, one that treats as
constant what is none, or a kernel of torch's, gives a Hessian that is wrong without a word, and whose eigenvalues have
small residuals all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from eostui.curvature.checks.missing_derivative import own_functions, where_missing
from eostui.curvature.inner_products import norm
from eostui.curvature.operators.difference_hessian import DifferenceHessianOperator
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import CurvatureOperator
from eostui.curvature.operators.second_difference import second_difference
from eostui.objective.objective import Objective

EXAMPLES, LARGE_EXAMPLES = 8, 4
"""How many examples the check takes, from all over the data; fewer of large ones, which take a network longer.

A derivative that is wrong is wrong on few examples as on many.
"""

LARGE = 1000
"""An example with more numbers than this, such as an image, is large."""

CLOSE = 0.01
"""How far from θ the check is made, relative to the root mean square of the entries of θ."""

AWAY = 0.2
"""How far from θ the second point is at which the model in float64 must agree with the one at hand, measured alike."""

SAME = 1e-4
"""How far the loss in float64 may be from the one at hand, relative to it, for both to be of the same network."""

ROUNDING = 5e-3
"""A gradient that is further than this from the one in float64, relative to it, has more than rounding in it; a deep
network with batch norm and ReLUs was seen to have 2e-3 of rounding, on eight images."""


@dataclass(frozen=True)
class DerivativeCheck:
    """What is wrong with the derivatives, in words; empty where nothing is.

    gradient: of the gradient, which may be none of the loss. hessian: of products with the Hessian, and with the
    Gauss–Newton matrix where that was asked for. differences: of the differences that would stand in for them. third:
    of ∇(uᵀHu), where that was asked for. double: whether the model could be had in float64. doubt: how far products may
    be off, relative to the largest, as far as the check could see; 0 where it saw that they are right.
    """

    gradient: str = ""
    hessian: str = ""
    differences: str = ""
    third: str = ""
    double: bool = True
    doubt: float = 0.0


@dataclass(frozen=True)
class _Precision:
    """How far two right numbers may be apart: in float64 differences are sharp, in float32 only blunders show.

    steps: of the differences, times the usual one, until one agrees. A network with kinks has some of them between two
    points, and there the difference is of another line. With millions of ReLUs none is left only at the second step,
    at which float64 still has seven digits.
    """

    asymmetry: float
    difference: float
    third: float
    steps: tuple[float, ...]


_DOUBLE = _Precision(1e-6, 1e-4, 1e-3, steps=(1e-2, 1e-5, 1.0))
_SINGLE = _Precision(1e-2, 0.05, 0.1, steps=(1.0, 0.1, 10.0))


def check_derivatives(
    objective: Objective, theta: Tensor, *, gauss_newton: bool = False, third: bool = False
) -> DerivativeCheck:
    """Compare gradient and products with differences, and uᵀHv with vᵀHu, close to θ (size,) on a few examples.

    Close to it, because θ may be a special point, with biases of zero at the kink of a ReLU. It is done in float64, or,
    where the model cannot be had in that or is another one there, in the dtype at hand, in which only errors of a
    twentieth and more are told from noise. The model is left at other weights, as by any pass.

    Raises what the model raises where even a first gradient cannot be had.
    """
    numbers = sum(tensor[0].numel() for tensor in objective.data())
    few = objective.spread(LARGE_EXAMPLES if numbers > LARGE else EXAMPLES)
    noise = torch.randn(theta.shape, generator=torch.Generator().manual_seed(1)).to(theta)
    theta = theta.detach() + CLOSE * theta.square().mean().sqrt() * noise
    if few.dtype == torch.float64:
        return _Comparison(few, theta, _DOUBLE).made(gauss_newton=gauss_newton, third=third)
    here = few.gradient(theta)
    # At other weights, too: what was taken of the weights beforehand is a constant to a model that was cast.
    far = theta + AWAY * theta.square().mean().sqrt() * noise.roll(1)
    elsewhere = few.evaluate(far).loss
    try:
        with few.in_double() as double:
            wide = theta.double()
            precise = double.gradient(wide)
            moved = double.evaluate(far.double()).loss
            if max(_off(here.loss, precise.loss), _off(elsewhere, moved)) <= SAME:
                off = _off(here.gradient, precise.gradient)
                found = _Comparison(double, wide, _DOUBLE).made(gauss_newton=gauss_newton, third=third)
                return replace(found, doubt=off if off > ROUNDING else 0.0)
    except (RuntimeError, TypeError, ValueError):
        pass  # in float64 the model cannot be had
    return replace(_Comparison(few, theta, _SINGLE).made(gauss_newton=gauss_newton, third=third), double=False)


def _off(value: Tensor, precise: Tensor) -> float:
    """How far a value is from the precise one, ‖value − precise‖/‖precise‖; 0 where that is zero."""
    size = float(norm(precise.reshape(1, -1))[0])
    return float(norm((value.to(precise) - precise).reshape(1, -1))[0]) / size if size > 0 else 0.0


class _Comparison:
    """The comparisons at one θ, in one precision."""

    def __init__(self, objective: Objective, theta: Tensor, precision: _Precision) -> None:
        self._objective = objective
        self._theta = theta
        self._precision = precision
        self._slope = objective.gradient(theta).gradient
        self._u, self._v = _directions(self._slope)
        self._doubt = 0.0

    def made(self, *, gauss_newton: bool, third: bool) -> DerivativeCheck:
        gradient = self._wrong_gradient()
        hessian = self._wrong_products("the Hessian", HessianOperator(self._objective, self._theta), self._hessian)
        if gauss_newton and not hessian:
            operator = GaussNewtonOperator(self._objective, self._theta)
            hessian = self._wrong_products("the Gauss–Newton matrix", operator, self._gauss_newton)
        differences = self._unsymmetric_differences() if hessian else ""
        wrong_third = hessian or self._wrong_third() if third else ""
        doubt = 0.0 if self._precision is _DOUBLE else self._doubt
        return DerivativeCheck(gradient, hessian, differences, wrong_third, doubt=doubt)

    def _hessian(self, v: Tensor, step: float) -> Tensor:
        operator = DifferenceHessianOperator(self._objective, self._theta)
        operator.step = step
        return operator @ v

    def _gauss_newton(self, v: Tensor, step: float) -> Tensor:
        operator = GaussNewtonOperator(self._objective, self._theta, differences=True)
        operator.step = step
        return operator @ v

    def _wrong_gradient(self) -> str:
        """Compare g·v with differences of the loss."""
        size = float(norm(self._slope)) or 1.0
        expected = float(self._slope @ self._v)
        length = torch.finfo(self._theta.dtype).eps ** (1 / 3) * float(norm(self._theta))
        off = math.inf
        for step in self._precision.steps:
            move = step * length * self._v
            above, below = (float(self._objective.evaluate(self._theta + sign * move).loss) for sign in (1, -1))
            off = min(off, abs((above - below) / (2 * step * length) - expected) / size)
            if off <= self._precision.difference:
                return ""
        return (
            f"the gradient is {100 * off:.2g} % off the derivative of the loss (something detached, straight-through, "
            "reversed, scaled or changed by a hook, old power iterations)"
        )

    def _wrong_products(
        self, name: str, operator: CurvatureOperator[Any], by_differences: Callable[[Tensor, float], Tensor]
    ) -> str:
        u, v, precision = self._u, self._v, self._precision
        try:
            with operator:
                images = operator @ torch.stack([u, v], dim=1)
        except (RuntimeError, NotImplementedError, TypeError) as error:
            return where_missing(self._objective, self._theta, error)
        if not bool(torch.isfinite(images).all()):
            return ""  # whoever measures it will say where it is not finite
        size = float(norm(images.T).max()) or 1.0
        asymmetry = abs(float(v @ images[:, 0] - u @ images[:, 1])) / size
        off = math.inf
        for step in self._precision.steps:
            off = min(off, float(norm(by_differences(v, step) - images[:, 1])) / size)
            if off <= precision.difference:
                break
        self._doubt = max(self._doubt, off)
        if asymmetry <= precision.asymmetry and off <= precision.difference:
            return ""
        found = f"products with {name} are {100 * off:.2g} % off differences of gradients"
        if off <= precision.difference:
            found = f"{name} that autograd makes is not symmetric"
        suspects = own_functions(self._objective, self._theta)
        return found + (f"; the backward pass of {suspects} may be no derivative" if suspects else "")

    def _unsymmetric_differences(self) -> str:
        u, v = self._u, self._v
        best = math.inf
        for step in self._precision.steps:
            images = [self._hessian(w, step) for w in (u, v)]
            size = float(norm(torch.stack(images)).max()) or 1.0
            best = min(best, abs(float(v @ images[0] - u @ images[1])) / size)
            if best <= 10 * self._precision.asymmetry:
                return ""
        return (
            f"differences of the gradient are not symmetric ({100 * best:.2g} %), so that it is the gradient of nothing"
        )

    def _wrong_third(self) -> str:
        hessian = HessianOperator(self._objective, self._theta)
        try:
            slope = hessian.curvature_gradient(self._u)
        except (RuntimeError, NotImplementedError, TypeError) as error:
            return f"no third derivative: {str(error).splitlines()[0].rstrip('.')}"
        if not bool(torch.isfinite(slope).all()):
            return ""
        size = float(norm(slope)) or 1.0
        off = math.inf
        for step in (1.0, 0.1, 10.0):
            difference = second_difference(self._objective, self._theta, self._u, step)
            off = min(off, float(norm(difference - slope)) / size)
            if off <= self._precision.third:
                return ""
        return f"the gradient of uᵀHu by autograd is {100 * off:.2g} % off second differences of gradients"


def _directions(slope: Tensor) -> tuple[Tensor, Tensor]:
    """Two unit vectors: a random one, and one with the gradient in it, along which something is going on."""
    generator = torch.Generator().manual_seed(0)
    u, v = (torch.randn(slope.shape, generator=generator).to(slope) for _ in range(2))
    length = norm(slope).to(slope)
    v = v / norm(v).to(slope) + (slope / length if length > 0 else 0.0)
    return u / norm(u).to(slope), v / norm(v).to(slope)
