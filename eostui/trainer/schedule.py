"""Step-size schedules: η as a function of the step.

A schedule is a function of the step alone, so a resumed run goes on with the same η. This module imports no torch.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from itertools import pairwise

from eostui.config import SCHEDULES, ConfigError, parse_step_size

Schedule = Callable[[int], float]
"""η_t for update t, t = 0, 1, …"""


def parse_schedule(text: str, lr: float) -> Schedule:
    """The schedule that `text` describes, for a step size η = `lr`.

    - `constant`: η.
    - `warmup:N`: η·(t+1)/N up to step N−1, η from there on.
    - `step:N:F`: η·F^⌊t/N⌋, which is multiplied by F every N steps.
    - `cosine:N`: ½η(1 + cos(πt/N)) up to step N, 0 from there on (Loshchilov & Hutter 2017, arXiv 1608.03983).
    - `0:2/50,300:2/100`: the step size after each colon, from the step before the colon on. `lr` is not used.

    Raises `ConfigError` for anything else. The message says what is wrong.
    """
    kind, *numbers = text.split(":")
    lr = float(lr)
    match kind, numbers:
        case "constant", []:
            return lambda step: lr
        case "warmup", [steps]:
            length = _steps(text, steps)
            return lambda step: lr * min(1.0, (step + 1) / length)
        case "step", [steps, factor]:
            every, by = _steps(text, steps), _factor(text, factor)
            return lambda step: lr * by ** (step // every)
        case "cosine", [steps]:
            length = _steps(text, steps)
            return lambda step: lr * (1 + math.cos(math.pi * min(step, length) / length)) / 2
    if text[:1].isdigit() and numbers:
        return _piecewise(text)
    raise ConfigError(f"--lr-schedule: {text!r} is not a schedule; write {SCHEDULES}")


def listed_step_sizes(text: str) -> list[float]:
    """Every η where the schedule is a list of step sizes, that of step 0 first; none where `--lr` gives it."""
    return _pieces(text)[1] if text[:1].isdigit() else []


def _piecewise(text: str) -> Schedule:
    starts, sizes = _pieces(text)
    return lambda step: sizes[bisect.bisect_right(starts, step) - 1]


def _pieces(text: str) -> tuple[list[int], list[float]]:
    """The steps at which a step size begins, and the step sizes."""
    starts: list[int] = []
    sizes: list[float] = []
    for piece in text.split(","):
        start, _, size = piece.partition(":")
        try:
            starts.append(int(start))
            sizes.append(float(parse_step_size(size)))
        except ValueError as error:
            reason = error if isinstance(error, ConfigError) else f"{start.strip()!r} is not a step"
            raise ConfigError(f"--lr-schedule: in {piece.strip()!r}, {reason}") from None
    if starts[0] != 0:
        raise ConfigError(f"--lr-schedule: {text!r} says nothing before step {starts[0]}; begin with 0:ETA")
    for before, after in pairwise(starts):
        if after <= before:
            raise ConfigError(f"--lr-schedule: {text!r} goes backwards, from step {before} to step {after}")
    return starts, sizes


def _steps(text: str, number: str) -> int:
    if not (number.isdecimal() and int(number) >= 1):
        raise ConfigError(
            f"--lr-schedule: in {text!r}, {number!r} is not a number of steps; give a whole number of 1 or more"
        )
    return int(number)


def _factor(text: str, number: str) -> float:
    try:
        return parse_step_size(number)
    except ConfigError:
        raise ConfigError(f"--lr-schedule: in {text!r}, {number!r} is not a factor; give a positive number") from None
