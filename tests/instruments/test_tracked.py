"""Following the sharpness between certified measurements, against dense matrices along real trajectories."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.dynamics.formulas import Matrix
from eostui.instruments.tracked import Tracked
from tests.instruments.runs import Run, dense, quadratic, scope, small_network


class CountingHessian(HessianOperator):
    """A Hessian that counts its products."""

    products = 0

    def __matmul__(self, v: Tensor) -> Tensor:
        self.products += 1 if v.ndim == 1 else v.shape[1]
        return super().__matmul__(v)


@pytest.mark.parametrize("seed", [0, 1])
def test_at_the_edge_every_row_is_a_bound_that_holds_and_most_are_close(seed: int) -> None:
    run, instrument = Run(small_network(seed=seed), lr=0.8), Tracked(scope())
    errors, residuals, kept_residuals = [], [], []
    kept = torch.empty(0)
    for point in run.points(70):
        matrix = dense(point.hessian)
        exact = torch.linalg.eigvalsh(matrix)
        if point.step % 20 == 0:
            run.certify(point, point.hessian)
            kept = run.pairs("hessian").vectors[:, 0]
        row = run.measure(instrument, point)
        assert row is not None
        assert row["certified"] == (point.step % 20 == 0)
        assert row["sharpness"] <= float(exact[-1]) * (1 + 1e-9)
        assert float((exact - row["sharpness"]).abs().min()) <= row["residual"] + 1e-9
        if point.step > 30 and not row["certified"]:
            errors.append(1 - row["sharpness"] / float(exact[-1]))
            residuals.append(row["residual"])
            kept_residuals.append(float((matrix @ kept - (kept @ matrix @ kept) * kept).norm()))
    assert np.median(errors) < 0.02
    assert np.median(residuals) < 0.5 * np.median(kept_residuals)


def test_a_certified_row_is_the_solvers_and_takes_no_product() -> None:
    run, instrument = Run(small_network(), lr=0.8), Tracked(scope())
    for point in run.points(1):
        run.certify(point, point.hessian)
        pairs = run.pairs("hessian")
        hessian = CountingHessian(run.objective, run.descent.theta)
        row = run.measure(instrument, run.point(0, hessian))
        assert row == {"sharpness": pairs.values[0], "residual": pairs.residuals[0], "certified": 1}
        assert hessian.products == 0
        assert point.step == 0


def test_any_other_row_is_a_rayleigh_quotient_with_its_residual_for_one_product() -> None:
    run, instrument = Run(small_network(), lr=0.8), Tracked(scope())
    for point in run.points(3):
        if point.step == 0:
            run.certify(point, point.hessian)
        hessian = CountingHessian(run.objective, run.descent.theta)
        row = run.measure(instrument, run.point(point.step, hessian))
        assert row is not None
        if point.step:
            assert hessian.products == 1
        if point.step == 1:
            v, matrix = run.pairs("hessian").vectors[:, 0], dense(point.hessian)
            assert row["sharpness"] == pytest.approx(float(v @ matrix @ v), rel=1e-12)
            assert row["residual"] == pytest.approx(float((matrix @ v - (v @ matrix @ v) * v).norm()), rel=1e-8)


def test_there_is_no_row_before_the_first_certified_measurement() -> None:
    run, instrument = Run(small_network(), lr=0.8), Tracked(scope())
    rows = []
    for point in run.points(4):
        if point.step == 2:
            run.certify(point, point.hessian)
        rows.append(run.measure(instrument, point))
    assert rows[:2] == [None, None]
    assert [row["certified"] for row in rows[2:] if row is not None] == [1, 0]


def rotated(angle: float) -> Tensor:
    """A rotation that mixes the first axis with the others."""
    generator = torch.zeros(4, 4, dtype=torch.float64)
    generator[0, 1:] = angle / 3**0.5
    rotation: Tensor = torch.linalg.matrix_exp(generator - generator.T)
    return rotation


def followed(matrix: Tensor, steps: int, angle: float = 0.1) -> list[dict[str, Any]]:
    """Rows on a constant Hessian, from the top eigenvector of one that is rotated by an angle."""
    run, instrument = Run(quadratic(matrix, torch.ones(4, dtype=torch.float64)), lr=1e-6), Tracked(scope())
    rows = []
    rotation = rotated(angle)
    for point in run.points(steps):
        if point.step == 0:
            turned = quadratic(rotation @ matrix @ rotation.T, torch.ones(4, dtype=torch.float64))
            run.certify(point, HessianOperator(turned, turned.parameters()))
        rows.append(dict(run.measure(instrument, point) or {}))
    return rows


def test_on_a_matrix_that_stands_still_it_converges_to_the_top_eigenvalue() -> None:
    rows = followed(torch.diag(torch.tensor([4.0, 2, 1, -1], dtype=torch.float64)), 60)
    assert 0.001 < 4 - rows[1]["sharpness"] < 0.1
    assert rows[-1]["sharpness"] == pytest.approx(4, rel=1e-12)
    assert rows[-1]["residual"] < 1e-6


def test_it_never_runs_off_to_a_negative_eigenvalue_of_a_larger_size() -> None:
    rows = followed(torch.diag(torch.tensor([1.0, 0.5, 0.1, -5], dtype=torch.float64)), 150)
    assert min(row["sharpness"] for row in rows) > 0.7


def test_the_largest_of_negative_eigenvalues_is_followed_as_well() -> None:
    rows = followed(torch.diag(torch.tensor([-1.0, -1.5, -2, -2.5], dtype=torch.float64)), 100)
    assert rows[-1]["sharpness"] == pytest.approx(-1, rel=1e-6)


def test_where_there_is_no_curvature_there_is_none_to_follow() -> None:
    rows = followed(torch.zeros(4, 4, dtype=torch.float64), 4)
    assert [row["sharpness"] for row in rows] == [0, 0, 0, 0]


def test_a_product_that_is_not_finite_is_nan_and_forgotten() -> None:
    run, instrument = Run(small_network(), lr=1e-6), Tracked(scope())
    rows = []
    for point in run.points(6):
        if point.step == 0:
            run.certify(point, point.hessian)
        if point.step in (1, 2):
            nowhere = torch.full_like(run.descent.theta, math.nan)
            point = run.point(point.step, HessianOperator(run.objective, nowhere))
        rows.append(run.measure(instrument, point))
    sharpness = [row["sharpness"] for row in rows if row is not None]
    assert [math.isnan(value) for value in sharpness] == [False, True, True, False, False, False]
    assert sharpness[3:] == pytest.approx([sharpness[0]] * 3, rel=1e-4)


def test_with_an_adaptive_optimizer_the_preconditioned_hessian_is_followed() -> None:
    run = Run(small_network(), lr=0.02, optimizer=torch.optim.Adam)
    instrument = Tracked(scope(matrix=Matrix.PRECONDITIONED))
    for point in run.points(25):
        if point.step in (0, 12):
            run.certify(point, point.hessian)  # of another matrix, and not to be taken for it
        p = point.preconditioner()
        if p is None:
            assert point.step == 0
            assert run.measure(instrument, point) is None
            continue
        matrix = PreconditionedHessianOperator(point.hessian, p)
        if point.step == 10:
            run.certify(point, matrix, table="preconditioned")
        row = run.measure(instrument, point)
        if point.step < 10:
            assert row is None
        else:
            assert row is not None
            exact = float(torch.linalg.eigvalsh(dense(matrix))[-1])
            assert row["sharpness"] == pytest.approx(exact, rel=0.1)
            assert row["certified"] == (point.step == 10)
