"""A step size as a person types it."""

from __future__ import annotations

import math

from eostui.config.errors import ConfigError

RANGES = {"float32": (1.2e-38, 3.4e30), "float64": (2.3e-308, 1.7e300)}
"""The smallest and the largest step size for weights of a dtype. Below, it is 0 there, or has few digits. An optimizer
may divide η by 1 - β, so the largest is 10⁻⁸ of what the dtype holds."""


def parse_step_size(text: str) -> float:
    """Read a step size as a person types it: `0.02`, `2e-2` or the fraction `2/100`.

    Raises `ConfigError` for what is not a positive finite number.
    """
    numerator, slash, denominator = text.strip().partition("/")
    try:
        value = float(numerator) / float(denominator) if slash else float(numerator)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ConfigError(not_a_step_size(text.strip()))
    return value


def not_a_step_size(given: object) -> str:
    """The error text for a value that is not a step size."""
    return f"{given!r} is not a step size: give a positive number or fraction, such as 0.02 or 2/100"


def cannot_be_held(lr: float, dtype: str) -> str:
    """Why weights of a dtype cannot be moved by a step size; empty where they can, or where there is no such dtype."""
    smallest, largest = RANGES.get(dtype, (0.0, math.inf))
    if smallest <= lr <= largest:
        return ""
    return f"{lr:g} is not a step size that {dtype} can hold: give one from {smallest:g} to {largest:g}"
