"""The gauge of S ÷ threshold."""

from __future__ import annotations

import math

import pytest

from eostui.dashboard.widgets.meter import METERS, meter


def _drawn(ratio: float, width: int = 12, unicode: bool = False) -> str:
    return "".join(text for text, _ in meter(ratio, width, METERS[unicode]))


@pytest.mark.parametrize(
    ("ratio", "drawn"),
    [
        (0.0, "[--------|-]"),
        (0.5, "[====----|-]"),
        (1.0, "[========|-]"),
        (1.25, "[========|=]"),
        (7.0, "[========|=>"),
        (math.inf, "[========|=>"),
        (-3.0, "[--------|-]"),
        (math.nan, "[--------|-]"),
    ],
)
def test_it_is_filled_up_to_the_ratio_with_the_edge_in_its_place(ratio: float, drawn: str) -> None:
    assert _drawn(ratio) == drawn


@pytest.mark.parametrize("width", [7, 12, 20, 41])
@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.99, 1.01, 1.2, 5.0])
def test_it_is_as_wide_as_it_was_asked_for(ratio: float, width: int) -> None:
    for unicode in (True, False):
        assert len(_drawn(ratio, width, unicode)) == width


def test_what_is_beyond_the_edge_is_a_part_of_its_own() -> None:
    parts = {part: text for text, part in meter(1.2, 42, METERS[False])}
    assert len(parts["over"]) > 2
    assert "over" not in {part for _, part in meter(1.0, 42, METERS[False])}
