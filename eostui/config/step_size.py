"""A step size as a person types it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Self

from eostui.config.errors import ConfigError

LR_TYPED = "lr_typed"
"""The key beside `lr` in the flat form of a config that has the text which was typed for it."""
RANGES = {"float32": (1.2e-38, 3.4e30), "float64": (2.3e-308, 1.7e300)}
"""The smallest and the largest step size for weights of a dtype. Below, it is 0 there, or has few digits. An optimizer
may divide η by 1 - β, so the largest is 10⁻⁸ of what the dtype holds."""


LONGEST = 16
"""Characters of a step size at most that it is shown with as it was typed."""


class TypedStepSize(float):
    """A step size that is shown as it was typed: `text`, where that is short, and else as any other number."""

    text: str

    def __new__(cls, value: float, text: str = "") -> Self:
        made = super().__new__(cls, value)
        made.text = text if text.isascii() and len(text) <= LONGEST else ""
        return made


def parse_step_size(text: str) -> float:
    """Read a step size as a person types it: `0.02`, `2e-2` or the fraction `2/100`. It remembers the text.

    Raises `ConfigError` for what is not a positive finite number.
    """
    numerator, slash, denominator = text.strip().partition("/")
    try:
        value = float(numerator) / float(denominator) if slash else float(numerator)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ConfigError(not_a_step_size(text.strip()))
    return TypedStepSize(value, f"{numerator.strip()}{slash}{denominator.strip()}")


def typed_text(lr: float) -> str:
    """A step size as it was typed, empty where nobody has typed it."""
    return lr.text if isinstance(lr, TypedStepSize) else ""


def as_typed(lr: float, text: object) -> float:
    """The step size, which remembers the text where that is how it may have been typed: a file may have any text."""
    if isinstance(text, str) and len(text) <= LONGEST:
        try:
            typed = parse_step_size(text)
        except ConfigError:
            return lr
        if typed == lr:
            return typed
    return lr


def typed_in(config: Mapping[str, Any]) -> Iterator[float]:
    """The step sizes that were typed when a run was started: that of `--lr`, and those of a list for its schedule."""
    lr, schedule = config.get("lr"), config.get("lr_schedule")
    if isinstance(lr, int | float):
        yield as_typed(lr, config.get(LR_TYPED))
    for piece in schedule.split(",") if isinstance(schedule, str) else ():
        try:
            yield parse_step_size(piece.rpartition(":")[2])
        except ConfigError:
            continue


def not_a_step_size(given: object) -> str:
    """The error text for a value that is not a step size."""
    return f"{given!r} is not a step size: give a positive number or fraction, such as 0.02 or 2/100"


def cannot_be_held(lr: float, dtype: str) -> str:
    """Why weights of a dtype cannot be moved by a step size; empty where they can, or where there is no such dtype."""
    smallest, largest = RANGES.get(dtype, (0.0, math.inf))
    if smallest <= lr <= largest:
        return ""
    return f"{lr:g} is not a step size that {dtype} can hold: give one from {smallest:g} to {largest:g}"
