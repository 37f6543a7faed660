"""Whether a search for eigenvectors with products in low precision pays, found out by measuring once."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.linear_operator import HasRoughProducts, LinearOperator

WORTHWHILE = 0.01
"""Seconds; where an exact product takes less, there is little to gain."""

CHEAPER = 0.75
"""Rough products pay where a search takes at most this part of the time of one with exact ones …"""

PRODUCTS = 8
"""… so many of them, …"""

ACCURATE = 0.01
"""… and are wrong by at most this part of their length. Eigenvalues are then wrong by its square over the gap."""

REPEATS = 3


@dataclass(frozen=True)
class RoughTrial:
    """What was measured of one kind of rough products, beside exact ones whose graphs are there anyway.

    exact: seconds of an exact product. preparation: seconds before the first rough one. rough: seconds of one. noise:
    the relative error of one. failure: why there are none, in the words of whatever failed; empty where there are.
    """

    kind: str
    exact: float
    preparation: float
    rough: float
    noise: float
    failure: str = ""

    @property
    def search(self) -> float:
        """Seconds that a search takes with these products."""
        return self.preparation + PRODUCTS * self.rough

    @property
    def accurate(self) -> bool:
        """Whether they are good enough to search with."""
        return not self.failure and self.noise <= ACCURATE

    @property
    def pays(self) -> bool:
        """Whether to search with them rather than with exact ones."""
        return self.accurate and self.search <= CHEAPER * PRODUCTS * self.exact

    def __str__(self) -> str:
        if self.failure:
            return f"products in {self.kind} failed, {self.failure}"
        return (
            f"a product takes {self.exact:.3g} s, in {self.kind} {self.rough:.3g} s (and {self.preparation:.3g} s once "
            f"beforehand), and is then off by {self.noise:.1g}"
        )


def try_rough_products(operator: HasRoughProducts, v: Tensor, kind: str) -> RoughTrial | None:
    """Time products with v (size,), on graphs that are there already; None where even exact ones take next to nothing.

    Nothing is raised where rough products cannot be had: a model may have operations that know no lower precision.
    """
    if operator.dtype != torch.float32:
        return None
    exact, image = _quickest(operator, v)
    if exact < WORTHWHILE:
        return None
    rough = operator.rough(kind)
    try:
        start = time.perf_counter()
        float((rough @ v)[0])
        first = time.perf_counter() - start
        seconds, rough_image = _quickest(rough, v)
        noise = float(norm((rough_image - image)[None])[0] / norm(image[None])[0])
        return RoughTrial(kind, exact, max(first - seconds, 0.0), seconds, noise)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return RoughTrial(kind, exact, torch.inf, torch.inf, torch.inf, reason)
    finally:
        rough.close()


def _quickest(operator: LinearOperator, v: Tensor) -> tuple[float, Tensor]:
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        image = operator @ v
        float(image[0])  # the host waits for the device
        seconds.append(time.perf_counter() - start)
    return min(seconds), image
