"""How a column's value is checked and made ready for disk and for the pipe."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Encoder = Callable[[Any], Any]
"""Takes a value of a column; raises TypeError, ValueError or OverflowError for one that does not fit."""

_INT64 = range(-(1 << 63), 1 << 63)


def encoder(dtype: str, width: int | None) -> tuple[Encoder, Any]:
    """The encoder of a column, and what it is given for a value that was left out: NaN, or None, which fits nowhere."""
    missing: Any = math.nan if dtype == "float64" else None
    if width is not None:
        return partial(_vector, dtype, width), missing if missing is None else np.full(width, missing)
    if dtype == "float64":
        return float, missing
    if dtype == "int64":
        return _whole_number, missing
    return partial(_text, int(dtype[1:])), missing


def _vector(dtype: str, width: int, value: Any) -> np.ndarray:
    """A copy, so that the caller may use its array again."""
    array = np.array(value, dtype=dtype)
    if array.shape != (width,):
        raise ValueError(f"its shape is {array.shape}")
    return array


def _whole_number(value: Any) -> int:
    number = operator.index(value)
    if number not in _INT64:
        raise OverflowError("it does not fit into 64 bits")
    return number


def _text(limit: int, value: Any) -> bytes:
    encoded = value.encode() if isinstance(value, str) else value
    if not isinstance(encoded, bytes):
        raise TypeError("it is no text")
    if len(encoded) > limit:
        raise ValueError(f"it has {len(encoded)} bytes")
    return encoded
