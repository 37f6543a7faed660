"""Whole runs with other optimizers than gradient descent, against the same training written by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from eostui.problems.problem import Problem, build_problem
from tests.e2e.conftest import Eostui

TINY = [
    "--arch",
    "fc-tanh",
    "--width",
    "5",
    "--depth",
    "1",
    "--data",
    "digits-60",
    "--dtype",
    "float64",
    "--threads",
    "1",
]


@pytest.fixture(scope="module")
def problem() -> Problem:
    return build_problem(
        arch="fc-tanh",
        width=5,
        depth=1,
        data="digits-60",
        loss="mse",
        seed=0,
        data_dir=Path("nowhere"),
        dtype=torch.float64,
        device=torch.device("cpu"),
        progress=lambda _text, _fraction: None,
    )


class ByHand:
    """Loss, gradient and dense Hessian of a problem as functions of one vector, without anything of ours."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.theta = torch.cat([p.detach().reshape(-1) for p in problem.model.parameters()]).clone()

    def loss(self, theta: Tensor) -> Tensor:
        shapes = {name: p.shape for name, p in self.problem.model.named_parameters()}
        pieces = torch.split(theta, [shape.numel() for shape in shapes.values()])
        weights = {name: piece.view(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
        outputs: Tensor = functional_call(self.problem.model, weights, (self.problem.dataset.x,))
        targets = torch.eye(10, dtype=torch.float64)[self.problem.dataset.y]
        return 0.5 * (outputs - targets).square().sum(1).mean()

    def gradient(self) -> Tensor:
        theta = self.theta.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(self.loss(theta), theta)
        return gradient

    def hessian(self) -> Tensor:
        hessian: Tensor = torch.autograd.functional.hessian(self.loss, self.theta)
        return hessian


def test_adam_shows_the_preconditioned_sharpness_against_its_own_threshold(eostui: Eostui, problem: Problem) -> None:
    lr, steps = 1e-3, 9
    done = eostui(
        "run", "--headless", *TINY, "--optimizer", "adam", "--lr", str(lr), "--steps", str(steps), "--eigs", "2",
        "--eig-every", "4", "--eig-tol", "1e-9",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        train, hessian, table = run.read("train"), run.read("hessian"), run.read("preconditioned")
        assert run.environment["threshold"] == "38/η"
        assert run.environment["threshold_on"] == "preconditioned"
    assert train["threshold"] == pytest.approx(np.full(steps, 38 / lr))
    assert np.isnan(table["eigenvalues"][0]).all()
    assert table["step"].tolist() == [0, 4, 8]

    by_hand = ByHand(problem)
    adam = torch.optim.Adam([by_hand.theta], lr=lr)
    measured = {}
    for step in range(steps):
        assert train["loss"][step] == pytest.approx(float(by_hand.loss(by_hand.theta)), rel=1e-9)
        if step in (4, 8):
            state = adam.state[by_hand.theta]
            p = (1 - 0.9**step) * ((state["exp_avg_sq"] / (1 - 0.999**step)).sqrt() + 1e-8)
            scaled = by_hand.hessian() / (p.sqrt()[:, None] * p.sqrt())
            measured[step] = torch.linalg.eigvalsh(scaled).flip(0)[:2].tolist()
        by_hand.theta.grad = by_hand.gradient()
        adam.step()
    assert table["eigenvalues"][1] == pytest.approx(measured[4], rel=1e-6)
    assert table["eigenvalues"][2] == pytest.approx(measured[8], rel=1e-6)
    assert hessian["eigenvalues"][2][0] != pytest.approx(measured[8][0], rel=0.1)


def test_a_minibatch_run_says_what_the_minibatch_and_what_the_whole_set_is_like(
    eostui: Eostui, problem: Problem
) -> None:
    done = eostui(
        "run", "--headless", *TINY, "--optimizer", "sgd", "--batch-size", "25", "--lr", "1e-12", "--steps", "7",
        "--eig-every", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        train, whole = run.read("train"), run.read("full_batch")
        assert run.environment["threshold"] == "full-batch 2/η"
    loss = float(ByHand(problem).loss(ByHand(problem).theta))
    assert whole["step"].tolist() == [0, 3, 6]
    assert whole["loss"] == pytest.approx(np.full(3, loss))
    # With next to no step size the minibatches of an epoch make up the whole: three of 20 examples.
    assert train["loss"][:3].mean() == pytest.approx(loss)
    assert train["loss"][3:6].mean() == pytest.approx(loss)
    assert len(set(train["loss"].tolist())) == 7


def test_a_minibatch_run_finishes_by_the_loss_of_the_whole_set(eostui: Eostui) -> None:
    done = eostui(
        "run", "--headless", *TINY, "--optimizer", "sgd", "--batch-size", "10", "--momentum", "0.9", "--lr", "0.01",
        "--until-loss", "0.3", "--steps", "3000", "--eig-every", "50",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        whole = run.read("full_batch")
        assert run.environment["threshold"] == "full-batch (2+2μ)/η"
    assert whole["loss"][-1] <= 0.3 < whole["loss"][-2]


def test_a_cosine_follows_torch_to_the_last_weight(eostui: Eostui, problem: Problem) -> None:
    done = eostui(
        "run", "--headless", *TINY, "--steps", "10", "--lr", "0.1", "--lr-schedule", "cosine", "--eig-every", "100"
    )
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        train = run.read("train")
    by_hand = ByHand(problem)
    sgd = torch.optim.SGD([by_hand.theta], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=10)
    for step in range(10):
        assert train["loss"][step] == pytest.approx(float(by_hand.loss(by_hand.theta)), rel=1e-9)
        assert train["lr"][step] == pytest.approx(sgd.param_groups[0]["lr"])
        by_hand.theta.grad = by_hand.gradient()
        sgd.step()
        scheduler.step()


def test_a_step_size_set_by_hand_overrides_the_schedule_and_says_so(eostui: Eostui) -> None:
    trainer = eostui.start(
        "run", "--headless", *TINY, "--name", "demo", "--lr", "0.1", "--lr-schedule", "step:1:0.999999",
        "--eig-every", "1000000",
    )  # fmt: skip
    try:
        eostui.wait_for(lambda run: run.length("train") > 5)
        done = eostui("control", "demo", "lr", "2/40")
        assert done.returncode == 0, done.stderr
        assert "step:1:0.999999 no longer applies" in done.stdout
        changed = eostui.open().length("train")
        eostui.wait_for(lambda run: run.length("train") > changed + 5)
        assert eostui("control", "demo", "stop").returncode == 0
        assert trainer.wait(timeout=30) == 0
    finally:
        trainer.kill()
    with eostui.open() as run:
        train = run.read("train")
        (event,) = [event for event in run.events() if event.kind == "lr"]
    assert event.detail["overrides"] == "step:1:0.999999"
    before, after = train["lr"][: event.step], train["lr"][event.step :]
    assert (np.diff(before) < 0).all()
    assert (after == 2 / 40).all()


def test_regression_has_no_accuracy_anywhere(eostui: Eostui) -> None:
    done = eostui(
        "run", "--headless", "--arch", "regression", "--data", "chebyshev-4", "--steps", "5", "--threads", "1"
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy" not in done.stdout
    with eostui.open() as run:
        assert all("accuracy" not in {column.name for column in table.columns} for table in run.tables.values())
        assert math.isfinite(run.read("test")["loss"][0])
    exported = eostui("export", "--format", "csv", "--table", "train")
    assert eostui("export", "--format", "csv", "--table", "train", "-o", "-").stdout == exported.stdout
    assert exported.returncode == 0
    assert exported.stdout.splitlines()[0] == "step,time,lr,threshold,loss,grad_norm"


def test_the_physical_batch_size_changes_nothing_beyond_rounding(eostui: Eostui) -> None:
    def trained(*flags: str) -> dict[str, np.ndarray]:
        done = eostui(
            "run", "--headless", "--arch", "cnn-avgpool-tanh", "--width", "4", "--depth", "1", "--data", "digits-100",
            "--dtype", "float64", "--threads", "1", "--steps", "4", "--eig-every", "3", "--eig-tol", "1e-8",
            "--eigs", "2", *flags,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with eostui.open() as run:
            return {
                **run.read("train"),
                **{table: run.read(table)["eigenvalues"] for table in ("hessian", "gauss_newton")},
            }

    whole, parts = trained("--physical-batch", "100"), trained("--physical-batch", "33")
    for column in ("loss", "accuracy", "grad_norm"):
        assert parts[column] == pytest.approx(whole[column], rel=1e-10)
    for table in ("hessian", "gauss_newton"):
        assert parts[table] == pytest.approx(whole[table], rel=1e-6)
