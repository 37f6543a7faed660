"""The covariance of an oscillation: what makes it the solution, and known solutions."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dynamics.flows.complementarity import covariance


def test_one_direction_has_the_closed_form() -> None:
    assert covariance(np.array([[-0.6]]), np.full((1, 1, 1, 1), 2.0)) == pytest.approx(0.3)
    assert covariance(np.array([[0.6]]), np.full((1, 1, 1, 1), 2.0)) == 0.0
    assert covariance(np.array([[-0.6]]), np.zeros((1, 1, 1, 1))) == 0.0


def test_two_directions_have_a_known_solution() -> None:
    a = np.array([[-0.4, -0.3], [-0.3, -0.1]])
    m = np.array([[[1, 0, 0.5], [0.2, -0.6, 0]], [[0.2, -0.6, 0], [0.9, 0.1, 0.2]]])
    x = covariance(a, 0.8 * np.einsum("ijn,kln->ijkl", m, m))
    np.testing.assert_allclose(x, [[0.343504, 0.168372], [0.168372, 0.082529]], atol=1e-6)


@pytest.mark.parametrize("k", [2, 3, 5, 10])
def test_the_conditions_hold(k: int) -> None:
    random = np.random.default_rng(k)
    m = random.normal(size=(k, k, 40))
    m = (m + m.transpose(1, 0, 2)) / 2
    b = 0.5 * np.einsum("ijn,kln->ijkl", m, m)
    a = random.normal(size=(k, k))
    a = (a + a.T) / 2 - 0.3 * np.eye(k)
    x = covariance(a, b)
    slope = a + np.einsum("ijkl,kl->ij", b, x)
    assert np.trace(x) > 0.01
    assert np.linalg.eigvalsh(x)[0] > -1e-12
    assert np.linalg.eigvalsh(slope)[0] > -1e-6
    assert abs(np.sum(x * slope)) < 1e-6
