"""An architecture by its name, also where the name has numbers in it. This module imports no torch."""

from __future__ import annotations

import math
from dataclasses import replace

from eostui.problems.architectures import ARCHITECTURES, Architecture
from eostui.problems.by_path import WITH_NUMBERS
from eostui.problems.errors import ProblemError

LARGEST = 1e6
"""The largest weight that a start may have: the loss of larger ones soon has no float64."""


def find_architecture(name: str) -> Architecture | None:
    """The architecture of that name: a listed one, or the minimalist example with its start, `minimalist:X0,Y0`.

    None where it is none of these. Raises ProblemError for an impossible start.
    """
    if not name.startswith(WITH_NUMBERS):
        return ARCHITECTURES.get(name)
    entry = ARCHITECTURES[WITH_NUMBERS.removesuffix(":")]
    try:
        x0, y0 = map(float, name.removeprefix(WITH_NUMBERS).split(","))
    except ValueError:
        x0 = y0 = math.nan
    if not (0 < x0 <= LARGEST and 0 < y0 <= LARGEST):
        raise ProblemError(
            f"there is no architecture {name!r}: write minimalist:X0,Y0 with two positive numbers up to "
            f"{LARGEST:g}, such as minimalist:12.5,0.05"
        )
    start = ",".join(repr(number).removesuffix(".0") for number in (x0, y0))
    return replace(entry, name=f"{WITH_NUMBERS}{start}", options={"x0": x0, "y0": y0})
