"""The axis for both signs: where values lie on it, and which of them are labelled."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets.symlog import SymlogScale

RANGES = [(-1.2, 38.0), (-700.0, 0.5), (3.0, 8.0), (-4.0, -1.0), (-1e-9, 1e-7), (0.0, 2.0), (-1e300, 1e300)]


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_every_value_lies_in_the_bin_between_whose_edges_it_is(low: float, high: float, log: bool) -> None:
    scale = SymlogScale.fit(low, high, log)
    assert scale.holds(low, high)
    edges = scale.edges(30)
    assert (np.diff(edges) > 0).all()
    np.testing.assert_allclose(edges[[0, -1]], [scale.low, scale.high], rtol=1e-9, atol=1e-12 * (high - low))
    middles = edges[:-1] / 2 + edges[1:] / 2
    assert [scale.row(value, 30) for value in middles] == list(range(29, -1, -1))


def test_far_from_zero_factors_are_even_and_near_it_differences() -> None:
    scale = SymlogScale.fit(-100.0, 1000.0, log=True)
    places = scale.positions(np.array([100.0, 200.0, 400.0, 0.0, 0.01, 0.02]))
    far, farther, near, nearer = np.diff(places)[[0, 1, 3, 4]]
    assert far == pytest.approx(farther, rel=0.01)
    assert near == pytest.approx(nearer, rel=0.02)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("rows", [3, 7, 20, 52])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_labels_stand_apart_and_zero_is_one_of_them(low: float, high: float, rows: int, log: bool) -> None:
    scale = SymlogScale.fit(low, high, log)
    ticks = scale.ticks(rows)
    places = [scale.row(tick, rows) for tick in ticks]
    assert ticks
    assert (np.diff(places) >= 2).all()
    assert 0.0 in ticks or not log


def test_the_axis_stays_until_the_data_leave_it_or_use_less_than_half() -> None:
    scale = SymlogScale.fit(-1.2, 38.0, log=True)
    assert (scale.low, scale.high) == (-2.0, 50.0)
    assert scale.holds(-2.0, 20.0)
    assert not scale.holds(-2.1, 20.0)
    assert not scale.holds(-0.01, 0.2)


def test_nothing_but_zeros_has_an_axis() -> None:
    assert SymlogScale.fit(0.0, 0.0, log=True) == SymlogScale(-1.0, 1.0, np.inf)
