"""How a number is written where there is little room: shorter if need be, and never cut in two."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

Forms = tuple[str, ...]
"""One number in ever shorter forms."""

NONE = "–"
"""Stands where there is no number, or no room for one."""
SUFFIXES = {0: "", 3: "k", 6: "M", 9: "G"}
"""What stands for a power of ten."""


def format_value(value: float, digits: int = 3) -> str:
    """A reading to `digits` significant digits: 0.597, 78.7, 12.3k; one fewer where it has a power: 1.2e-5.

    Zeros at the end are kept, so that a changing reading keeps its width.
    """
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    mantissa, exponent = _split(value, digits)
    if -4 < exponent < digits:
        return f"{value:.{digits - 1 - exponent}f}"
    power = exponent // 3 * 3
    if power not in SUFFIXES:
        mantissa, exponent = _split(value, max(digits - 1, 1))
        return f"{mantissa}e{exponent}"
    # From the rounded mantissa: 999.9k must become 1.00M and not 1000k.
    scaled = float(mantissa) * 10.0 ** (exponent - power)
    return f"{scaled:.{max(digits - 1 - exponent + power, 0)}f}{SUFFIXES[power]}"


def _split(value: float, digits: int) -> tuple[str, int]:
    """`value` rounded to `digits` significant ones, as mantissa and power of ten."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return mantissa, int(exponent)


def ratio(value: float) -> str:
    """A ratio to three decimals, as 0.987, and in powers of ten where these would say nothing or too much."""
    return f"{value:.3f}" if value == 0 or 1e-3 <= abs(value) < 1e3 else format_value(value, 4)


def step_text(step: int) -> str:
    """A step in words; no row is -1."""
    return f"step {step:,}" if step >= 0 else "before step 0"


def percentage(value: float) -> str:
    """A share in percent, to one decimal where that says something."""
    percent = 100 * value
    return f"{percent:.1f} %" if abs(percent) < 1e4 else f"{percent:.3g} %"


def forms_of(write: Callable[[float], str]) -> Callable[[float], Forms]:
    """A way to write a number in full, then shorter, with ever fewer digits: 38.84k, 38.8k, 39k."""
    return lambda value: tuple(_forms(write(value), value))


def _forms(full: str, value: float) -> Iterator[str]:
    yield full
    percent = full.endswith(" %")
    for digits in (3, 2, 1):
        yield f"{100 * value:.{digits}g}%" if percent else format_value(value, digits)


def fitted(forms: Sequence[str], width: int) -> str:
    """The first of some forms that is at most `width` cells wide; a dash where none is."""
    return next((form for form in forms if len(form) <= width), NONE)


def cut_between_words(line: Text, width: int) -> Text:
    """`line` in at most `width` cells: what is too much goes from its end in whole words, so that no number is cut."""
    if line.cell_len <= width:
        return line
    kept = line.copy()
    kept.truncate(max(width - 1, 0), overflow="crop")  # wide characters are counted as what they are
    end = len(kept.plain)
    if end < len(line.plain) and not line.plain[end].isspace():
        end = kept.plain.rfind(" ") + 1
    kept.right_crop(len(kept.plain) - len(kept.plain[:end].rstrip()))
    kept.append("…", "dim")
    return kept
