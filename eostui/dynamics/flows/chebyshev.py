"""Steps of a stiff differential equation by the second-order Runge–Kutta–Chebyshev method.

An explicit method that is stable over h·ρ ≈ ⅔s² with s evaluations of the rate, where ρ is the largest eigenvalue of
the negative Jacobian (Sommeijer, Shampine & Verwer, "RKC: an explicit solver for parabolic PDEs", J. Comput. Appl.
Math. 88, 1998). A Runge–Kutta method of order 4 takes 4·h·ρ/2.785 evaluations for the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

from torch import Tensor

Rate = Callable[[Tensor], Tensor]
"""dy/dt as a function of y, both (size,)."""

_DAMPING = 2 / 13


def stages_for(h: float, rho: float) -> int:
    """How many evaluations a step of length h takes to be stable where the largest eigenvalue is ρ: at least 2."""
    return max(2, math.ceil(math.sqrt(1 + 1.7 * h * rho)))


def chebyshev_step(rate: Rate, y: Tensor, slope: Tensor, h: float, stages: int) -> Tensor:
    """y (size,) after the time h, by `stages` - 1 evaluations (at least 1), where `slope` is `rate(y)`."""
    first, rest = _coefficients(stages)
    before, now = y, y + first * h * slope
    for mu, nu, mu_tilde, gamma_tilde in rest:
        image = rate(now)
        following = (1 - mu - nu) * y + mu * now + nu * before + h * (mu_tilde * image + gamma_tilde * slope)
        before, now = now, following
    return now


def local_error(y: Tensor, following: Tensor, slope: Tensor, slope_after: Tensor, h: float) -> Tensor:
    """An estimate of the error that a step of length h has made, (size,): ⅘(y − y⁺) + ⅖h(F + F⁺)."""
    return 0.8 * (y - following) + 0.4 * h * (slope + slope_after)


@cache
def _coefficients(stages: int) -> tuple[float, list[tuple[float, float, float, float]]]:
    """μ̃ of the first stage, and μ, ν, μ̃ and γ̃ of the others."""
    w0 = 1 + _DAMPING / stages**2
    values, slopes, curvatures = _chebyshev_polynomials(w0, stages)
    w1 = slopes[stages] / curvatures[stages]
    b = [curvatures[j] / slopes[j] ** 2 if j > 1 else 0.0 for j in range(stages + 1)]
    b[0] = b[1] = b[2]
    a = [1 - b[j] * values[j] for j in range(stages + 1)]
    rest = []
    for i, j in pairwise(range(1, stages + 1)):
        mu_tilde = 2 * b[j] * w1 / b[i]
        rest.append((2 * b[j] * w0 / b[i], -b[j] / b[i - 1], mu_tilde, -a[i] * mu_tilde))
    return b[1] * w1, rest


def _chebyshev_polynomials(x: float, degree: int) -> tuple[list[float], list[float], list[float]]:
    """T_j(x), T_j'(x) and T_j''(x) for j = 0 … degree."""
    values, slopes, curvatures = [1.0, x], [0.0, 1.0], [0.0, 0.0]
    for _ in range(2, degree + 1):
        curvatures.append(4 * slopes[-1] + 2 * x * curvatures[-1] - curvatures[-2])
        slopes.append(2 * values[-1] + 2 * x * slopes[-1] - slopes[-2])
        values.append(2 * x * values[-1] - values[-2])
    return values, slopes, curvatures
