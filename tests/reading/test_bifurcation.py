"""The bifurcation diagram: values that are known, and plain gradient descent on the four weights beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eostui.reading.bifurcation import KEPT, orbit


def visited(lr: float, product: float) -> list[float]:
    """The different values of d that the map visits, rising."""
    return sorted({round(float(d), 6) for d in orbit(lr, np.array([product]))[0]})


@pytest.mark.parametrize(
    ("product", "values"),
    [
        (1.9, [1.0]),
        (2.05, [0.912737, 1.068889]),
        (2.48, [0.680513, 0.733046, 1.133548, 1.153562]),
    ],
)
def test_the_orbits_are_the_known_ones(product: float, values: list[float]) -> None:
    assert visited(0.01, product) == pytest.approx(values, abs=1e-6)


def test_chaos_comes_near_2_6_and_nothing_is_left_far_beyond_4() -> None:
    assert len(visited(0.01, 2.58)) <= 32
    assert len(visited(0.01, 2.7)) == KEPT
    assert np.isnan(orbit(0.01, np.array([5.0]))).all()


def test_a_sharpness_that_no_minimum_has_has_no_orbit() -> None:
    assert np.isnan(orbit(0.5, np.array([1.9]))).all()


def test_a_step_of_the_map_is_one_of_gradient_descent_on_the_weights() -> None:
    """From a place on the branch d goes as the map says, though c moves, by the order of η."""
    lr, product = 1e-6, 2.05
    low, high = visited(lr, product)
    square = math.sqrt((product / lr / 2) ** 2 - 4)  # c² = x² − y²
    x = math.sqrt((square + math.hypot(square, 2 * low)) / 2)
    y = low / x
    slope = (1 - (x * y) ** 2) * x * y
    after = (x + lr * slope * y) * (y + lr * slope * x)
    assert after == pytest.approx(high, abs=1e-5)
