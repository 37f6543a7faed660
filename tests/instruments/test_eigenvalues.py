"""Spectra measured along whole runs at the edge of stability, against dense float64 matrices at every point."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import eostui
from eostui.curvature.eigen.tuning import TUNED
from eostui.curvature.operators.hessian import HessianOperator
from eostui.instruments.base.rough_trials import RoughTrials, TrialLimits
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS, instruments_of
from eostui.instruments.followed import Followed
from eostui.instruments.gauss_newton import GaussNewton
from eostui.instruments.hessian import Hessian
from eostui.instruments.jacobian_gram import JacobianGram
from eostui.instruments.lowest import Lowest
from eostui.objective.objective import Objective
from eostui.store.events import ProductsReported
from tests.instruments.runs import Run, config, half_squared_error, quadratic, scope

STEP_SIZE = 0.3


def digits_network(dtype: torch.dtype) -> Objective:
    """16-10-10 tanh on 200 digits of 4x4 pixels, the squared error: at the edge for η = STEP_SIZE."""
    arrays = np.load(Path(eostui.__file__).parent / "problems" / "data" / "digits_8x8.npz")
    images = F.avg_pool2d(torch.as_tensor(arrays["x"][:200] / 16.0, dtype=dtype).view(-1, 1, 8, 8), 2).flatten(1)
    images = (images - images.mean()) / images.std()
    targets = F.one_hot(torch.as_tensor(arrays["y"][:200], dtype=torch.long), 10).to(dtype)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(16, 10), nn.Tanh(), nn.Linear(10, 10)).to(dtype)
    return Objective(network, half_squared_error, images, targets)


def dense_eigenvalues(theta: Tensor) -> NDArray[np.float64]:
    """All eigenvalues of the Hessian in float64, from the largest down."""
    x, y = digits_network(torch.float64).data()

    def loss(theta: Tensor) -> Tensor:
        first, bias, second, last = theta.split([10 * 16, 10, 10 * 10, 10])
        outputs = torch.tanh(x @ first.view(10, 16).T + bias) @ second.view(10, 10).T + last
        value: Tensor = 0.5 * (outputs - y).square().sum(dim=1).mean()
        return value

    eigenvalues: NDArray[np.float64] = torch.linalg.eigvalsh(torch.func.hessian(loss)(theta.double())).numpy()
    return eigenvalues[::-1]


@pytest.mark.parametrize(("every", "eigs", "memory"), [(1, 1, 1.0), (5, 1, 1.0), (5, 1, 0.0), (10, 3, 1.0)])
def test_along_a_run_at_the_edge_every_eigenvalue_is_within_its_claimed_error(
    every: int, eigs: int, memory: float
) -> None:
    points, warm = 30, 300
    settings = scope(eigs=eigs, eig_above=None, graph_memory=memory)
    run, instrument = Run(digits_network(torch.float32), STEP_SIZE), Hessian(settings)
    wrong, products, ratios = [], [], []
    for point in run.points(warm + points * every):
        if point.step < warm or (point.step - warm) % every:
            continue
        row = run.measure(instrument, point)
        exact = dense_eigenvalues(point.theta)
        error = np.abs(row["eigenvalues"] - exact[:eigs])
        rounding = 2e-5 * exact[0]
        assert (error <= row["errors"] + rounding).all(), (point.step, error, row["errors"])
        nearest = np.abs(exact[:, None] - row["eigenvalues"]).min(axis=0)
        assert (nearest <= row["residuals"] + rounding).all()
        assert (row["errors"] <= 1e-3 * exact[0]).all()
        wrong.append(error.max() / exact[0])
        products.append(row["products"])
        ratios.append(exact[0] * STEP_SIZE / 2)
    assert 0.9 < np.mean(ratios) < 1.2  # it is the edge
    assert max(wrong) <= 1e-3
    assert np.median(products[1:]) < products[0]


def test_all_eigenvalues_near_the_threshold_are_followed_and_a_larger_step_size_brings_more_of_them() -> None:
    settings = scope(eigs=1, eig_above=0.75)
    objective = digits_network(torch.float32)
    run, instrument, all_near = Run(objective, STEP_SIZE), Hessian(settings), Followed(settings)
    for point in run.points(341):
        if point.step == 320:
            run.descent.lr = 2 * STEP_SIZE  # the threshold is half of what it was
            point = run.point(320)
        if point.step in (300, 310, 319, 320):
            top = run.measure(instrument, point)["eigenvalues"]
            row = run.measure(all_near, point)
            assert row is not None
            assert row["eigenvalues"].shape == (10,)
            assert top == row["eigenvalues"][:1]
            above = 0.75 * 2 / run.descent.lr
            exact = dense_eigenvalues(point.theta)
            expected = exact[exact > above][:10]
            found = row["eigenvalues"][np.isfinite(row["eigenvalues"])]
            # One within a hundredth of the limit may be on either side of it.
            assert abs(len(found) - len(expected)) <= np.sum(np.abs(exact - above) < 0.01 * above)
            np.testing.assert_allclose(found, exact[: len(found)], atol=2e-3 * exact[0])
            assert (row["modes"][: len(found)] >= 0).all()
            assert (row["modes"][len(found) :] == -1).all()
            if point.step == 319:
                before = len(found)
    assert len(found) > before


def test_there_are_as_many_eigenvalues_as_asked_for_and_none_is_followed_of_minibatches() -> None:
    sgd = config(optimizer="sgd", batch_size=10, eigs=4)
    tables = {entry.name: entry.table(Scope.of(sgd)) for entry in INSTRUMENTS.values()}
    for name in ("hessian", "preconditioned", "gauss-newton", "jacobian-gram"):
        assert {column.width for column in tables[name].columns if column.name == "eigenvalues"} == {4}
    assert "followed" not in [entry.name for entry in instruments_of(sgd)]
    assert "followed" in [entry.name for entry in instruments_of(config())]


def test_the_lowest_eigenvalue_is_that_of_the_dense_matrix() -> None:
    run, instrument = Run(digits_network(torch.float32), STEP_SIZE), Lowest(scope())
    for point in run.points(31):
        if point.step % 10 == 0:
            row, exact = run.measure(instrument, point), dense_eigenvalues(point.theta)
            assert row["eigenvalue"] == pytest.approx(exact[-1], abs=row["error"] + 2e-5 * exact[0])
            assert row["error"] <= 1e-3 * abs(exact[-1])


def test_the_jacobian_gram_matrix_of_the_squared_error_is_the_gauss_newton_matrix_and_tells_the_losss_trace() -> None:
    run = Run(digits_network(torch.float32), STEP_SIZE)
    for point in run.points(1):
        gram, newton = run.measure(JacobianGram(scope()), point), run.measure(GaussNewton(scope()), point)
        np.testing.assert_allclose(gram["eigenvalues"], newton["eigenvalues"], rtol=2e-3)
        assert gram["loss_curvature"] == pytest.approx(10)


def test_a_result_is_verified_now_and_then_and_after_a_jump_of_the_loss() -> None:
    """A direction without gradient grows beside the others: nothing but a verification can find it."""
    size = 60
    values = torch.linspace(0.1, 1, size, dtype=torch.float64)
    theta = torch.ones(size, dtype=torch.float64)
    theta[0] = 0.0
    run, instrument = Run(quadratic(torch.diag(values), theta), 0.1), Hessian(scope(eigs=1, eig_above=None))
    found = []
    for point in run.points(TUNED.verified_every + 3):
        run.objective.model.get_buffer("matrix")[0, 0] = 0.1 if point.step < 3 else 5.0
        with HessianOperator(run.objective, point.theta) as here:
            found.append(run.measure(instrument, run.point(point.step, here))["eigenvalues"][0])
    assert found[2] == pytest.approx(1, rel=1e-3)
    assert found[-1] == pytest.approx(5, rel=1e-3)


def test_weights_that_are_not_finite_give_a_row_that_says_so_and_the_next_one_starts_anew() -> None:
    run, instrument = Run(digits_network(torch.float32), STEP_SIZE), Hessian(scope(eigs=2))
    rows = []
    for point in run.points(3):
        theta = point.theta * (math.nan if point.step == 1 else 1)
        with HessianOperator(run.objective, theta) as here:
            rows.append(run.measure(instrument, run.point(point.step, here)))
    assert np.isnan(rows[1]["eigenvalues"]).all()
    assert rows[1]["products"] == 0
    assert np.isfinite(rows[2]["eigenvalues"][:2]).all()


def test_what_a_trial_of_rough_products_found_is_an_event() -> None:
    run, instrument = Run(digits_network(torch.float32), STEP_SIZE), Hessian(scope())
    instrument.trials = RoughTrials(TrialLimits(worthwhile=0.0))
    for point in run.points(4):
        run.measure(instrument, point)
        assert len(run.events) == min(point.step, 1)
    exact_only = Run(digits_network(torch.float32), STEP_SIZE)
    never = Hessian(scope(search_dtype="float32"))
    for point in exact_only.points(4):
        run.measure(never, point)
    assert not exact_only.events
    assert instrument.would_compile
    assert not never.would_compile
    (reported,) = run.events
    assert isinstance(reported, ProductsReported)
    assert reported.table == "hessian"
    assert reported.searched in ("float32", "bfloat16")
    assert reported.text.startswith(f"Hessian: searched in {reported.searched}; a product takes ")
