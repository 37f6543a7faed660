"""The trace of a symmetric matrix that is known by its products with vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.curvature.linear_operator import LinearOperator, NonFiniteProduct


@dataclass(frozen=True)
class TraceEstimate:
    """An estimate of tr A, its standard error, and how many products were made.

    standard_error: from the spread of the samples; 0 where the trace is exact, NaN where there was one sample only.
    """

    trace: float
    standard_error: float
    products: int


def hutch_plus_plus(
    operator: LinearOperator, products: int, *, generator: torch.Generator | None = None
) -> TraceEstimate:
    """tr A by Hutch++ (Meyer, Musco, Musco & Woodruff 2021, algorithm 1), with at most so many `products`.

    A third of the products goes into Q (size, m), an orthonormal basis of A S with random signs S, and a third into the
    trace on it, which takes in the few large eigenvalues. What they leave is sampled as Hutchinson (1990) does,

        tr A ≈ tr QᵀAQ + mean of xᵀA x,        x = (I − QQᵀ)s, s random signs.

    The estimate is unbiased for any Q, and exact where A has no more than m eigenvalues other than zero. Where the
    products would do for every unit vector, it is these that they are spent on. Memory: about `products` vectors.

    Raises ValueError for less than one product, and NonFiniteProduct where one has NaN or infinite entries.
    """
    if products < 1:
        raise ValueError(f"a trace takes at least 1 product, not {products}")
    if products >= operator.size:
        identity = torch.eye(operator.size, dtype=operator.dtype, device=operator.device)
        (trace,) = _finite((operator @ identity).diagonal().sum())
        return TraceEstimate(trace, 0.0, operator.size)

    def signs(columns: int) -> Tensor:
        shape = operator.size, columns
        return random_signs(shape, dtype=operator.dtype, device=operator.device, generator=generator)

    columns = products // 3
    samples = products - 2 * columns
    basis = torch.linalg.qr(operator @ signs(columns)).Q
    known = (basis * (operator @ basis)).sum()  # tr QᵀAQ
    probes = signs(samples)
    for _ in range(2):  # rounding leaves something of the large eigenvalues after the first pass
        probes -= basis @ (basis.T @ probes)
    spread = (probes * (operator @ probes)).sum(dim=0)  # xᵀAx of each probe
    found, *rest = _finite(known, *spread)
    mean = math.fsum(rest) / samples
    error = math.nan
    if samples > 1:
        error = math.sqrt(math.fsum((sample - mean) ** 2 for sample in rest) / (samples - 1) / samples)
    return TraceEstimate(found + mean, error, 2 * columns + samples)


def random_signs(
    shape: tuple[int, ...], *, dtype: torch.dtype, device: torch.device, generator: torch.Generator | None
) -> Tensor:
    """Independent ±1, each as likely, on `device`; drawn where the generator is.

    With them s, E sᵀA s = tr A for every A, with the smallest variance among vectors of independent entries
    (Hutchinson 1990).
    """
    drawn_on = generator.device if generator is not None else device
    bits = torch.randint(2, shape, device=drawn_on, generator=generator)
    return bits.to(device, dtype).mul_(2).sub_(1)


def _finite(*values: Tensor) -> list[float]:
    """The 0-d values as numbers, in one transfer."""
    numbers: list[float] = torch.stack(values).tolist()
    if not all(map(math.isfinite, numbers)):
        raise NonFiniteProduct("a product for the trace is not finite: has training diverged?")
    return numbers
