"""The oscillation along eigenvectors, on a quadratic where it is known exactly."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from eostui.instruments.oscillation import Oscillation
from tests.instruments.runs import Run, quadratic, scope, small_network

EIGENVALUES = torch.tensor([2.0, 1.5, 0.3], dtype=torch.float64)
BASIS: Tensor = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).Q
START = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
"""θ_0 in the eigenvectors."""


def on_a_quadratic() -> Run:
    """Gradient descent with η = 1: by 1 − λ = −1, −½ and 0.7 a step along the eigenvectors."""
    return Run(quadratic((BASIS * EIGENVALUES) @ BASIS.T, BASIS @ START), lr=1.0)


def rows_of(run: Run, steps: int, *, certified_at: tuple[int, ...] = (0,), eigs: int = 2) -> list[Mapping[str, Any]]:
    instrument = Oscillation(scope(eigs=eigs))
    rows = []
    for point in run.points(steps):
        if point.step in certified_at:
            run.certify(point, point.hessian, k=eigs)
        row = run.measure(instrument, point)
        if row is not None:
            rows.append(row)
    return rows


def signs(vectors: Tensor) -> Tensor:
    """By which an eigenvector differs from its column of BASIS."""
    return (vectors * BASIS[:, : vectors.shape[1]]).sum(0).sign()


def test_it_is_the_distance_from_the_midpoint_along_each_eigenvector() -> None:
    run = on_a_quadratic()
    rows = rows_of(run, 8, eigs=3)
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    turned = signs(run.pairs("hessian").vectors)
    factors = 1 - EIGENVALUES
    for row in rows:
        before, here, after = (START * factors ** (row["step"] + shift) for shift in (-1, 0, 1))
        expected = turned * (here - (before + 2 * here + after) / 4)
        torch.testing.assert_close(
            torch.tensor(row["oscillation"], dtype=torch.float64), expected, rtol=1e-6, atol=1e-8
        )


def test_at_the_threshold_it_is_the_whole_distance_with_alternating_sign() -> None:
    run = on_a_quadratic()
    found = [row["oscillation"][0] for row in rows_of(run, 7)]
    sign = float(signs(run.pairs("hessian").vectors)[0])
    assert found == pytest.approx([sign * 0.5 * (-1) ** step for step in range(1, 6)])


def test_a_row_is_of_the_eigenvectors_that_were_there_at_its_step() -> None:
    instrument, run = Oscillation(scope(eigs=1)), on_a_quadratic()
    rows = []
    for point in run.points(6):
        if point.step == 0:
            run.certify(point, point.hessian, k=1)
        if point.step == 3:
            pairs = run.pairs("hessian")
            run.found.add("hessian", 3, dataclasses.replace(pairs, vectors=-pairs.vectors))
        rows.append(run.measure(instrument, point))
    found = [row["oscillation"][0] for row in rows if row is not None]
    # Steps 1, 2 | 3, 4: the sign alternates, but for the turned vector.
    assert found == pytest.approx([found[0], -found[0], -found[0], found[0]])


def test_without_an_eigenvector_there_is_no_row() -> None:
    assert rows_of(on_a_quadratic(), 5, certified_at=()) == []
    assert [row["step"] for row in rows_of(on_a_quadratic(), 6, certified_at=(3,))] == [3, 4]


def test_a_step_that_was_left_out_leaves_out_the_rows_that_need_it() -> None:
    instrument, run = Oscillation(scope(eigs=1)), on_a_quadratic()
    rows = []
    for point in run.points(9):
        if point.step == 0:
            run.certify(point, point.hessian, k=1)
        if point.step != 4:
            rows.append(run.measure(instrument, point))
    assert [row["step"] for row in rows if row is not None] == [1, 2, 6, 7]


def test_more_eigenvectors_than_there_are_weights_are_nan() -> None:
    (row, *_) = rows_of(on_a_quadratic(), 3, eigs=5)
    assert [math.isnan(value) for value in row["oscillation"]] == [False] * 3 + [True] * 2


def test_a_network_at_its_edge_oscillates_with_a_period_of_two() -> None:
    rows = rows_of(Run(small_network(), lr=0.8), 100, certified_at=tuple(range(0, 100, 10)))
    along_the_first = torch.tensor([row["oscillation"][0] for row in rows[40:]])
    assert float((along_the_first[1:] * along_the_first[:-1] < 0).float().mean()) > 0.9
