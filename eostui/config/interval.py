"""How often something is done, as a person types it: every so many steps, or after so much time."""

from __future__ import annotations

import math
import re

INTERVALS = "a number of steps such as 500, or a time such as 90s, 10min or 1.5h"
"""The intervals there are, in words."""
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(s|min|h)")
_STEPS = re.compile(r"[0-9]{1,18}")


def parse_interval(text: str) -> int | str:
    """`500` as a number of steps; everything else stays text, and `is_interval` says whether it is a time."""
    text = text.strip()
    return int(text) if _STEPS.fullmatch(text) else text


def is_interval(interval: int | str) -> bool:
    """Whether this is a positive number of steps, or a text that says a positive time, such as `10min`."""
    return interval >= 1 if isinstance(interval, int) else interval_seconds(interval) > 0


def interval_seconds(text: str) -> float:
    """The seconds of `90s`, `10min` or `1.5h`; NaN for a text that says no time."""
    found = _TIME.fullmatch(text)
    return math.nan if found is None else float(found[1]) * _SECONDS[found[2]]
