"""A step size as a person types it."""

from __future__ import annotations

import math

from eostui.config.errors import ConfigError


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
