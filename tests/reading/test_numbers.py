"""A number has room, or is written shorter, or is not there; it is never cut in two."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest
from rich.text import Text

from eostui.reading.numbers import NONE, cut_between_words, fitted, format_value, forms_of, percentage, ratio, step_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98765, "0.988"),
        (0.0, "0.000"),
        (999.0, "999.000"),
        (4.2e17, "4.20e17"),
        (-3.21987e-9, "-3.22e-9"),
        (1e308, "1.00e308"),
    ],
)
def test_a_ratio_has_decimals_where_they_say_something(value: float, text: str) -> None:
    assert ratio(value) == text


@pytest.mark.parametrize("write", [ratio, percentage, format_value, partial(format_value, digits=4)])
@pytest.mark.parametrize("value", [0.5, 1.0, -12.3456, 4.2e17, -5.4321e-120, 1.79e303])
def test_what_is_shown_fits_and_is_the_number(write: Callable[[float], str], value: float) -> None:
    for width in range(1, 13):
        shown = fitted(forms_of(write)(value), width)
        assert len(shown) <= width
        if shown != NONE:
            number = _number(shown)
            assert number == pytest.approx(value, rel=0.5, abs=6e-4)
        else:
            assert width < len(f"{100 * value:.1g}%")


def _number(text: str) -> float:
    """The number that a text says."""
    powers = {"%": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9}
    return float(text.rstrip(" %kMG")) * powers.get(text[-1], 1.0)


def test_before_the_first_row_is_before_step_0() -> None:
    assert [step_text(step) for step in (-1, 0, 1234567)] == ["before step 0", "step 0", "step 1,234,567"]


def test_a_line_that_is_too_long_loses_whole_words() -> None:
    line = Text("step 12,345  η 0.0166667  (2+2μ)/η 6.6546e+23  measuring the Hessian: product 1234")
    for width in range(1, 90):
        shown = cut_between_words(line, width)
        assert shown.cell_len <= width
        kept = shown.plain.removesuffix("…").rstrip()
        assert line.plain.startswith(kept)
        assert set(re.findall(r"\S+", kept)) <= set(re.findall(r"\S+", line.plain))
    assert cut_between_words(line, 90) is line
