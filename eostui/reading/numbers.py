"""How a number is written where there is little room: shorter if need be, and never cut in two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

Forms = tuple[str, ...]
"""One number in ever shorter forms."""

NONE = "–"
"""Stands where there is no number, or no room for one."""


def ratio(value: float) -> str:
    """A ratio to three decimals, as 0.987, and in powers of ten where these would say nothing or too much."""
    return f"{value:.3f}" if value == 0 or 1e-3 <= abs(value) < 1e3 else f"{value:.4g}"


def percentage(value: float) -> str:
    """A share in percent, to one decimal where that says something."""
    percent = 100 * value
    return f"{percent:.1f} %" if abs(percent) < 1e4 else f"{percent:.3g} %"


def forms_of(write: Callable[[float], str]) -> Callable[[float], Forms]:
    """A way to write a number in full, then shorter, with ever fewer digits: 8.137e+21, 8.1e+21, 8e+21."""
    return lambda value: tuple(_forms(write(value), value))


def _forms(full: str, value: float) -> Iterator[str]:
    yield full
    percent = full.endswith(" %")
    for digits in (3, 2, 1):
        yield f"{100 * value:.{digits}g}%" if percent else f"{value:.{digits}g}"


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
