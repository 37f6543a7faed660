"""Which values a chart shows."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets.decimate import Columns, Decimator
from eostui.dashboard.widgets.outline import Outline
from eostui.dashboard.widgets.ranges import combined_range, ordinary_range


def outline(y: list[float], log: bool = False, stepped: bool = False) -> Outline:
    values = np.array(y, dtype=np.float64)
    return Outline.of(Decimator().update(np.arange(len(y)), values, Columns(-0.5, 3.5, 4), positive=log), log, stepped)


@pytest.mark.parametrize(
    ("curve", "line", "expected"),
    [
        ([1, 2, 3], [10, 10, 10], (1, 10)),  # within reach
        ([1, 2, 3], [100, 100, 100], (1, 3)),  # far above: the curve has the axis
        ([1, 2, 3], [1e9, 100, 4], (1, 4)),  # falling into reach: its past is cut off …
        ([1, 2, 3], [1e9, 6, 4], (1, 6)),  # … unless it is near
        ([1, 2, 3], [5, 12, np.inf], (1, 12)),
        ([1, 2, 3], [np.inf, np.nan, 4], (1, 4)),
        ([-9, -8, -9], [20, 20, 20], (-9, 20)),  # large is large, whatever its sign
        ([30, 31, 30], [2, 2, 2], (2, 31)),  # what lies below is always shown
        ([0, 0, 0], [5, 5, 5], (0, 0)),
        ([np.nan, np.nan], [1e9, 7, 5], (5, 5)),  # nothing measured yet
        ([np.nan, np.nan], [np.nan, np.inf], None),
    ],
)
def test_curves_decide_the_range_and_a_reference_joins_in_from_near_by(
    curve: list[float], line: list[float], expected: tuple[float, float] | None
) -> None:
    assert combined_range([outline(curve)], [outline(line, stepped=True)], log=False) == expected


def test_a_logarithmic_range_reaches_up_to_a_hundred_times_as_far() -> None:
    curve = [outline([1, 2, 3], log=True)]
    for line, top in (([1e9, 280, 280], 280), ([1e9, 320, 320], 3), ([1e9, 290, 5], 290)):
        values = combined_range(curve, [outline(line, log=True, stepped=True)], log=True)
        assert values == pytest.approx((0, np.log10(top)))


def spread(y: object, columns: int = 100) -> Outline:
    """The outline of samples at the steps 0, 1, … over so many columns."""
    values = np.asarray(y, dtype=np.float64)
    decimated = Decimator().update(np.arange(len(values)), values, Columns(0, len(values), columns), positive=False)
    return Outline.of(decimated, log=False, stepped=False)


def test_a_transient_does_not_set_the_range_for_ever() -> None:
    y = np.full(1000, 6.0)
    y[:200] = np.linspace(1, 6, 200)
    y[500:540] = 20.0
    assert ordinary_range(spread(y)) == (1.0, 6.0)
    assert ordinary_range(spread(y[:560]))[1] == 20, "while it is recent it is shown"


def test_a_series_that_is_wide_all_along_is_shown_whole() -> None:
    y = 10 + np.sin(np.arange(1000) / 50)
    y[[10, 990]] = 8.0, 12.5
    assert ordinary_range(spread(y)) == (8.0, 12.5)


def test_of_few_samples_all_are_shown() -> None:
    assert ordinary_range(spread([1.0, 1.0, 30.0, 1.0, 1.0, 1.0], 6)) == (1.0, 30.0)


@pytest.mark.parametrize("before", [5, 200])
def test_of_a_series_that_explodes_the_ordinary_part_is_shown(before: int) -> None:
    y = np.concatenate([np.linspace(4, 5, before), 5 * 30.0 ** np.arange(1, 5)])
    low, high = ordinary_range(spread(y))
    assert low == 4
    assert high <= 50 * 30
    assert high < y.max() / 100


def test_nothing_has_no_range() -> None:
    assert np.isnan(ordinary_range(spread([np.nan, np.inf, np.nan]))).all()
