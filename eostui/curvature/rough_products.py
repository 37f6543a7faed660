"""Whether a search for eigenvectors with products in low precision pays, found out by measuring once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.ritz import LinearOperator

WORTHWHILE = 0.01
"""Seconds; where an exact product takes less, there is little to gain."""

CHEAPER = 0.75
"""Rough products pay where they take at most this part of the time of exact ones …"""

ACCURATE = 0.01
"""… and are wrong by at most this part of their length. Eigenvalues are then wrong by its square over the gap."""

REPEATS = 3


class RoughProducts(LinearOperator, Protocol):
    """A matrix known roughly: `close` frees what it keeps."""

    def close(self) -> None: ...


class Roughenable(LinearOperator, Protocol):
    """A matrix that can be had roughly, too, at less cost."""

    def rough(self) -> RoughProducts: ...


@dataclass(frozen=True)
class RoughTrial:
    """What was measured: seconds of an exact product and of a rough one, and the relative error of the latter.

    failure: why there are no rough products, in the words of whatever failed; empty where there are.
    """

    seconds: float
    rough_seconds: float
    noise: float
    failure: str = ""

    @property
    def pays(self) -> bool:
        """Whether to search with rough products."""
        return not self.failure and self.rough_seconds <= CHEAPER * self.seconds and self.noise <= ACCURATE


def try_rough_products(operator: Roughenable, v: Tensor) -> RoughTrial | None:
    """Time products with v (size,), on graphs that are there already; None where even exact ones take next to nothing.

    Nothing is raised where rough products cannot be had: a model may have operations that know no lower precision.
    """
    if operator.dtype != torch.float32:
        return None
    seconds, exact = _quickest(operator, v)
    if seconds < WORTHWHILE:
        return None
    rough = operator.rough()
    try:
        rough @ v  # builds the graphs
        rough_seconds, image = _quickest(rough, v)
        return RoughTrial(seconds, rough_seconds, float(norm((image - exact)[None])[0] / norm(exact[None])[0]))
    except (RuntimeError, TypeError, ValueError) as error:
        return RoughTrial(seconds, float("inf"), float("inf"), f"{type(error).__name__}: {error}".splitlines()[0])
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
