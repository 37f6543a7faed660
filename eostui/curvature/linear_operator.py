"""What the eigensolver and the estimates ask of a matrix, and what a matrix may offer beside exact products."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

BFLOAT16, COMPILED = "bfloat16", "compiled bfloat16"
"""The ways to have rough products: autograd's graphs built in low precision, and a compiled `TangentProgram`."""


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
    """A matrix known roughly: `close` frees what it keeps."""

    def close(self) -> None: ...


class HasRoughProducts(LinearOperator, Protocol):
    """A matrix that can be had roughly, too, at less cost.

    rough_kinds: the ways to have it so. compilable: whether COMPILED would be among them, if somebody compiled it.
    coarser: the same by products that are more wrong, where even the best ones are wrong by more than rounding, such as
    differences: how far the two are apart says how wrong.
    """

    @property
    def rough_kinds(self) -> tuple[str, ...]: ...
    @property
    def compilable(self) -> bool: ...
    def rough(self, kind: str) -> RoughProducts: ...
    def coarser(self) -> LinearOperator | None: ...
