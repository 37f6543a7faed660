"""The minimalist example: its loss, its sharpness, its name, and where gradient descent ends on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from eostui.config import ConfigError, RunConfig
from eostui.objective.objective import Objective
from eostui.problems.find_architecture import find_architecture
from eostui.problems.problem import Problem, build_problem
from eostui.trainer.plan import plan_run, run_name


def built(arch: str = "minimalist") -> Problem:
    config = plan_run({"arch": arch})
    return build_problem(
        arch=config.problem.arch, width=None, depth=None, data=config.problem.data, loss=config.problem.loss, seed=0,
        data_dir=Path("unused"), dtype=torch.float64, device=torch.device("cpu"), progress=lambda *_: None,
    )  # fmt: skip


def loss(theta: torch.Tensor) -> torch.Tensor:
    return 0.5 * (1 - theta.prod()) ** 2


def test_its_loss_is_that_of_the_product_of_four_weights_to_the_hessian() -> None:
    problem = built("minimalist:1.7,0.4")
    (weights,) = problem.model.parameters()
    assert weights.tolist() == [1.7, 0.4, 1.7, 0.4]
    assert problem.loss is not None
    assert problem.dataset.y is not None

    def ours(theta: torch.Tensor) -> torch.Tensor:
        outputs = torch.func.functional_call(problem.model, {"weights": theta}, (problem.dataset.x,))
        assert problem.loss is not None
        return problem.loss(outputs, problem.dataset.y)

    theta = weights.detach()
    assert ours(theta) == pytest.approx(float(loss(theta)))
    found = torch.autograd.functional.hessian(ours, theta)
    torch.testing.assert_close(found, torch.autograd.functional.hessian(loss, theta))


@pytest.mark.parametrize(
    ("start", "lr", "steps", "sharpness"),
    [("4,.3", 0.08, 5_000, 24.96201), ("9.6,.12", 0.01, 500, 184.32927)],
    ids=["from above the edge to just below it", "from below the edge"],
)
def test_gradient_descent_ends_where_it_is_known_to_end(start: str, lr: float, steps: int, sharpness: float) -> None:
    problem = built(f"minimalist:{start}")
    objective = Objective(problem.model, problem.loss, problem.dataset.x, problem.dataset.y)
    theta = objective.parameters()
    for _ in range(steps):
        theta = theta - lr * objective.gradient(theta).gradient
    assert theta[:2].tolist() == theta[2:].tolist()
    top = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, theta))[-1]
    assert float(top) == pytest.approx(sharpness, abs=1e-5)


@pytest.mark.parametrize(
    ("written", "name", "start"),
    [
        ("minimalist", "minimalist", (12.5, 0.05)),
        ("minimalist:4,.3", "minimalist:4,0.3", (4.0, 0.3)),
        ("minimalist:1e1, 0.05", "minimalist:10,0.05", (10.0, 0.05)),
    ],
)
def test_its_start_is_part_of_its_name(written: str, name: str, start: tuple[float, float]) -> None:
    entry = find_architecture(written)
    assert entry is not None
    assert (entry.name, entry.options["x0"], entry.options["y0"]) == (name, *start)
    config = plan_run({"arch": written})
    assert (config.problem.arch, config.problem.data, config.training.dtype) == (name, "one", "float64")
    assert RunConfig.from_dict(config.to_dict()) == config


def test_a_run_is_named_after_the_start() -> None:
    assert run_name(plan_run({"arch": "minimalist:4,.3", "lr": 0.08})) == "one-minimalist-4-0.3-0.08"


def test_its_dtype_can_be_chosen() -> None:
    assert plan_run({"arch": "minimalist", "dtype": "float32"}).training.dtype == "float32"


@pytest.mark.parametrize("start", ["", "4", "4,x", "4,.3,1", "-4,.3", "0,1", "nan,1", "inf,1", "1e7,1"])
def test_an_impossible_start_is_refused(start: str) -> None:
    with pytest.raises(ConfigError, match="write minimalist:X0,Y0 with two positive numbers"):
        plan_run({"arch": f"minimalist:{start}"})


@pytest.mark.parametrize("given", [{"data": "blobs"}, {"data": "digits"}, {"loss": "ce"}, {"loss": "own.py:loss"}])
def test_other_data_and_losses_are_refused(given: dict[str, Any], tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "own.py").write_text("def loss(outputs, targets): return outputs.mean()")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"it is one loss function, ½\(1 − xyzw\)²; leave both out"):
        plan_run({"arch": "minimalist:4,.3", **given})


def test_its_width_is_no_choice() -> None:
    with pytest.raises(ConfigError, match="--width does not go with --arch minimalist:4,0.3, which has no width"):
        plan_run({"arch": "minimalist:4,.3", "width": 3})
