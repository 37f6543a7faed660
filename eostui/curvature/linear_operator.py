"""What the eigensolver and the estimates ask of a matrix, and what a matrix may offer beside exact products."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

BFLOAT16, COMPILED = "bfloat16", "compiled bfloat16"
"""The kinds of rough products: by autograd's graphs in low precision, and by a compiled `TangentProgram`."""


class LinearOperator(Protocol):
    """A symmetric matrix A (size, size): `A @ v` takes and gives (size, b)."""

    @property
    def size(self) -> int: ...
    @property
    def dtype(self) -> torch.dtype: ...
    @property
    def device(self) -> torch.device: ...
    def __matmul__(self, v: Tensor, /) -> Tensor: ...


class NonFiniteProduct(ArithmeticError):
    """A product with the matrix has entries that are NaN or infinite."""


class RoughProducts(LinearOperator, Protocol):
    """A matrix whose products are rough; `close` frees what it keeps."""

    def close(self) -> None: ...


class HasRoughProducts(LinearOperator, Protocol):
    """A matrix that offers rough products at less cost beside its exact ones.

    rough_kinds: the kinds that `rough` takes. compilable: whether COMPILED would be one of them, if somebody compiled a
    program. coarser: None for a matrix whose products are exact up to rounding. If even the best products are more
    wrong than that, as differences are, it is the same matrix by products that are worse still: how far the two kinds
    are apart says how wrong the better one is.
    """

    @property
    def rough_kinds(self) -> tuple[str, ...]: ...
    @property
    def compilable(self) -> bool: ...
    def rough(self, kind: str) -> RoughProducts: ...
    def coarser(self) -> LinearOperator | None: ...
