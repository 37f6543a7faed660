"""What is in the cells of a strip is what was measured there."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets.decimate import Columns
from eostui.dashboard.widgets.heat import Reach, levels, shares_in
from eostui.reading.densities import Densities


def measured(rows: int, every: int = 10, nodes: int = 12) -> Densities:
    """Distributions of random shares at random places, some of them unused."""
    random = np.random.default_rng(rows)
    values = np.sort(random.standard_normal((rows, nodes)), axis=1)
    weights = random.dirichlet(np.ones(nodes), rows)
    unused = random.random((rows, nodes)) < 0.2
    values[unused], weights[unused] = np.nan, np.nan
    return Densities(every * np.arange(rows), values, weights)


def reach_of(densities: Densities) -> Reach:
    reach = Reach()
    reach.update(densities)
    return reach


def share(densities: Densities, row: int, low: float, high: float) -> float:
    nodes, weights = densities.there(row)
    return float(weights[(nodes >= low) & (nodes < high)].sum())


def test_a_column_has_the_shares_of_the_last_measurement_until_the_next() -> None:
    densities, edges = measured(5), np.linspace(-4, 4, 9)
    shares = shares_in(densities, reach_of(densities), Columns(0, 50, 50), edges)
    for column in range(50):
        for bin in range(8):
            expected = share(densities, column // 10, edges[bin], edges[bin + 1])
            assert shares[7 - bin, column] == pytest.approx(expected, abs=1e-12)
    everything = [densities.there(column // 10)[1].sum() for column in range(50)]
    np.testing.assert_allclose(shares.sum(axis=0), everything)


def test_a_window_begins_with_the_measurement_before_it() -> None:
    densities, edges = measured(5), np.linspace(-4, 4, 9)
    whole = shares_in(densities, reach_of(densities), Columns(0, 50, 50), edges)
    late = shares_in(densities, reach_of(densities), Columns(25, 50, 25), edges)
    np.testing.assert_array_equal(late, whole[:, 25:])
    early = shares_in(densities, reach_of(densities), Columns(-10, 50, 60), edges)
    assert np.isnan(early[:, :10]).all()


def test_an_outlier_among_thousands_of_measurements_in_a_column_is_kept() -> None:
    densities, edges = measured(5000, every=1), np.linspace(-50, 50, 101)
    densities.nodes[2345, -1], densities.weights[2345, -1] = 40.5, 1e-6
    densities.nodes[1234, 0], densities.weights[1234, 0] = -30.5, 1e-6
    shares = shares_in(densities, reach_of(densities), Columns(0, 5000, 10), edges)
    assert np.argwhere(shares[:40] > 0).tolist() == [[9, 4]]
    assert np.argwhere(shares[60:] > 0).tolist() == [[20, 2]]


def test_a_measurement_that_failed_leaves_nothing_until_the_next() -> None:
    densities, edges = measured(5), np.linspace(-4, 4, 9)
    densities.nodes[2] = np.nan
    shares = shares_in(densities, reach_of(densities), Columns(0, 50, 50), edges)
    assert np.flatnonzero(np.isnan(shares[0])).tolist() == list(range(20, 30))
    for row in (1, 2, 3):
        densities.nodes[row] = np.nan
    coarse = shares_in(densities, reach_of(densities), Columns(0, 50, 2), edges)
    assert not np.isnan(coarse[:, 1]).any()


def test_the_reach_of_grown_measurements_is_that_of_all() -> None:
    densities, reach = measured(50), Reach()
    for count in (0, 10, 11, 50, 20, 50):
        part = Densities(densities.steps[:count], densities.nodes[:count], densities.weights[:count])
        reach.update(part)
        lows = [densities.there(row)[0].min() for row in range(count)]
        np.testing.assert_array_equal(reach.lows, lows)
    assert reach.range == (min(reach.lows), max(reach.highs))
    reach.update(Densities(densities.steps, densities.nodes + 1, densities.weights))
    np.testing.assert_allclose(reach.lows, np.array(lows) + 1)


def test_shades_are_even_in_the_logarithm_and_something_is_never_nothing() -> None:
    shade, faintest = levels(np.array([0.0, np.nan, 1e-4, 1e-3, 1e-2, 0.5, 1.0]), 4)
    assert faintest == pytest.approx(1e-4)
    assert shade.tolist() == [0, 0, 1, 1, 2, 4, 4]
    shade, faintest = levels(np.array([1e-30, 1.0]), 9)
    assert shade.tolist() == [1, 9]
    assert faintest == pytest.approx(1e-8)
