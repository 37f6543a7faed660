"""The thin instruments: along a run they measure what the curvature room says, in the columns of their tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from eostui.config import ConfigError
from eostui.curvature.operators.hessian import HessianOperator
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.instruments.spectral_density import NODES
from tests.instruments.runs import Run, dense, scope, small_network

NAMES = ["directional", "effective-smoothness", "self-stabilization", "batch-sharpness", "trace", "spectral-density"]


def rows_of(name: str, run: Run, steps: int, settings: Scope | None = None) -> list[Mapping[str, Any]]:
    """The rows of an instrument as the catalogue builds it, with the Hessian measured before each."""
    instrument = INSTRUMENTS[name](settings or scope(batch_size=6))
    rows = []
    for point in run.points(steps):
        run.certify(point, point.hessian)
        rows.append(run.measure(instrument, point))
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_a_row_has_the_columns_of_its_table(name: str) -> None:
    run = Run(small_network(), lr=0.4)
    (row,) = rows_of(name, run, 1)
    table = INSTRUMENTS[name].table(scope())
    assert ["step", *row] == [column.name for column in table.columns]
    for column in table.columns[1:]:
        assert np.shape(row[column.name]) == ((column.width,) if column.width else ())
    assert run.reports  # so that a run can be told to stop meanwhile


def test_the_directional_curvature_is_a_dense_quotient() -> None:
    objective = small_network()
    theta = objective.parameters()
    g = objective.gradient(theta).gradient
    assert g is not None
    (row,) = rows_of("directional", Run(objective, lr=0.4), 1)
    matrix = dense(HessianOperator(objective, theta))
    assert row["curvature"] == pytest.approx(float(g @ matrix @ g / (g @ g)))


def test_at_the_edge_the_effective_smoothness_is_near_two_over_the_step_size() -> None:
    instrument = INSTRUMENTS["effective-smoothness"](scope())
    run = Run(small_network(), lr=0.8)
    found = [run.measure(instrument, point)["smoothness"] for point in run.points(100) if point.step >= 60]
    assert np.median(found) == pytest.approx(2 / 0.8, rel=0.1)


def test_self_stabilization_predicts_how_the_frozen_curvature_moves() -> None:
    objective = small_network(seed=3)
    run, lr, h = Run(objective, lr=0.8), 0.8, 1e-5
    theta = objective.parameters()
    (row,) = rows_of("self-stabilization", run, 1)
    u = run.pairs("hessian").vectors[:, 0]
    gradient = objective.gradient(theta).gradient

    def curvature(along: torch.Tensor) -> float:
        """d/dh of uᵀH(θ + h·along)u."""
        ends = [HessianOperator(objective, theta + sign * h * along) for sign in (1, -1)]
        plus, minus = (float(u @ (hessian @ u)) for hessian in ends)
        return (plus - minus) / (2 * h)

    expected = -curvature(gradient - u * (u @ gradient))
    assert row["alpha"] == pytest.approx(expected, rel=1e-5)
    assert row["alpha"] > 0
    assert row["delta"] == pytest.approx(math.sqrt(2 * row["alpha"] / row["beta"]))
    assert row["period"] == pytest.approx(2 * math.pi / (lr * math.sqrt(2 * row["alpha"])))


def test_self_stabilization_knows_nothing_where_no_eigenvector_was_found() -> None:
    instrument = INSTRUMENTS["self-stabilization"](scope())
    run = Run(small_network(), lr=0.4)
    for point in run.points(2):
        if point.step == 0:
            assert all(math.isnan(value) for value in run.measure(instrument, point).values())
            run.certify(point, point.hessian)
            assert math.isfinite(run.measure(instrument, point)["alpha"])
        else:
            assert all(math.isnan(value) for value in run.measure(instrument, point).values())


def test_batch_sharpness_needs_a_batch_size() -> None:
    with pytest.raises(ConfigError, match="batch-sharpness is of minibatches: .* --batch-size"):
        INSTRUMENTS["batch-sharpness"](scope())


def test_the_trace_is_that_of_the_dense_hessian_within_its_errors() -> None:
    objective = small_network()
    exact = float(dense(HessianOperator(objective, objective.parameters())).trace())
    (row,) = rows_of("trace", Run(objective, lr=0.4), 1)
    assert row["trace"] == pytest.approx(exact, abs=4 * row["standard_error"])
    assert row["products"] == 30


def test_the_spectral_density_has_all_its_nodes_and_the_extreme_eigenvalues() -> None:
    objective = small_network()
    exact = torch.linalg.eigvalsh(dense(HessianOperator(objective, objective.parameters())))
    (row,) = rows_of("spectral-density", Run(objective, lr=0.4), 1)
    assert len(row["nodes"]) == NODES
    assert sum(row["weights"]) == pytest.approx(1)
    assert np.nanmax(row["nodes"]) == pytest.approx(float(exact[-1]), rel=1e-6)
    assert np.nanmin(row["nodes"]) == pytest.approx(float(exact[0]), rel=1e-6)


@pytest.mark.parametrize("name", ["trace", "spectral-density", "batch-sharpness"])
def test_the_seed_of_a_run_settles_its_random_probes(name: str) -> None:
    def rows(seed: int) -> list[list[float]]:
        settings = scope(batch_size=6, seed=seed)
        found = rows_of(name, Run(small_network(), lr=1e-9), 2, settings)
        return [np.hstack(list(row.values())).tolist() for row in found]

    first, again, other = rows(1), rows(1), rows(2)
    assert first == again
    assert first != other
    assert first[0] != pytest.approx(first[1], rel=1e-5)  # the same weights, but new probes


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_are_not_finite_give_a_row_of_nan(name: str) -> None:
    objective = small_network()
    instrument = INSTRUMENTS[name](scope(batch_size=6))
    run = Run(objective, lr=0.4)
    run.descent.theta = torch.full_like(run.descent.theta, math.nan)
    row = run.measure(instrument, run.point(0, HessianOperator(objective, run.descent.theta)))
    for column, values in row.items():
        assert column == "products" or np.isnan(values).all()
