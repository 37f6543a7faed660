"""The value axis: round ends around the data, kept while they hold."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets.scale import Scale


@pytest.mark.parametrize(
    ("low", "high", "log", "ends"),
    [
        (0.3, 98.0, False, (0, 100)),
        (-3.2, 4.1, False, (-3.5, 4.5)),
        (0.0123, 0.79, True, (0.01, 1)),
        (0.0023, 0.19, True, (0.002, 0.2)),
        (0.0, 0.0, False, (-1, 1)),
    ],
)
def test_a_range_has_round_ends(low: float, high: float, log: bool, ends: tuple[float, float]) -> None:
    scale = Scale.fit(low, high, log)
    assert (scale.low, scale.high) == pytest.approx(ends)


def test_any_range_holds_its_data_within_few_rows_and_has_ticks() -> None:
    random = np.random.default_rng(0)
    for _ in range(2000):
        log = bool(random.integers(2))
        low = 10 ** random.uniform(-20, 20) * (1 if log else random.choice([-1, 1]))
        high = low + abs(low) * 10 ** random.uniform(-3, 6)
        scale = Scale.fit(low, high, log)
        assert scale.holds(low, high)
        assert scale.low <= low <= high <= scale.high
        assert len(scale.ticks(5)) >= 2


@pytest.mark.parametrize("value", [40.0, -0.5968, 1e-12, 1e299, 0.0])
def test_a_constant_lies_in_the_middle(value: float) -> None:
    scale = Scale.fit(value, value, log=False)
    assert 0.25 * 40 < scale.row(value, 40) < 0.75 * 40


def test_the_largest_numbers_there_are_have_a_finite_range() -> None:
    scale = Scale.fit(-1.7e308, 1.7e308, log=False)
    assert np.isfinite([scale.low, scale.high, scale.high - scale.low]).all()
    assert np.isfinite(scale.ticks(5)).all()


def test_a_range_is_held_until_data_leave_it_or_use_less_than_half_of_it() -> None:
    scale = Scale.fit(0, 98, log=False)
    assert scale.holds(0, 99.9)
    assert not scale.holds(0, 101)
    assert not scale.holds(0, 40)


def test_the_ends_are_the_first_and_the_last_row_and_log_rows_are_even_in_decades() -> None:
    scale = Scale(0.01, 1, log=True)
    assert [scale.row(value, 21) for value in (1, 0.1, 0.01)] == [0, 10, 20]
