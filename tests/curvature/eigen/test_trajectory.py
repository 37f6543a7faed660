"""Measurements along a trajectory: what one carries over to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from eostui.curvature.eigen.eigensolver import Eigenpairs
from eostui.curvature.eigen.modes import Modes
from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.eigen.tuning import TUNED
from eostui.curvature.linear_operator import BFLOAT16
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective


def hessians(steps: int) -> Iterator[HessianOperator]:
    """Along a training by gradient descent."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 20), nn.Tanh(), nn.Linear(20, 5))
    objective = Objective(model, F.cross_entropy, torch.randn(60, 12), torch.randint(5, (60,)))
    theta = objective.parameters()
    for _ in range(steps):
        with HessianOperator(objective, theta) as hessian:
            yield hessian
        gradient = objective.gradient(theta).gradient
        theta = theta - 0.5 * gradient


def measure(
    spectrum: TrajectorySpectrum, hessian: HessianOperator, step: int, search_with: RoughTrial | None
) -> Eigenpairs:
    here = hessian.gradient()
    return spectrum.measure(hessian, step=step, loss=float(here.loss), gradient=here.gradient, search_with=search_with)


def saved_and_loaded(state: dict[str, Any]) -> Any:
    file = BytesIO()
    torch.save(state, file)
    return torch.load(BytesIO(file.getvalue()), weights_only=True)


@pytest.mark.parametrize(
    "search_with", [None, RoughTrial(BFLOAT16, 1.0, 0.0, 0.1, noise=0.004)], ids=["exact", "rough"]
)
@pytest.mark.parametrize("frugal", [False, True])
def test_a_measurement_after_an_interruption_is_the_same_to_the_bit(
    frugal: bool, search_with: RoughTrial | None
) -> None:
    # Every second measurement is verified, so that the random generator counts.
    tuning = replace(TUNED, verified_every=1)
    whole, modes = TrajectorySpectrum(2, frugal=frugal, tuning=tuning), Modes()
    for step, hessian in enumerate(hessians(5)):
        if step >= 3:
            resumed, resumed_modes = TrajectorySpectrum(2, frugal=frugal, tuning=tuning), Modes()
            resumed.load_state_dict(saved_and_loaded(whole.state_dict()))
            resumed_modes.load_state_dict(saved_and_loaded(modes.state_dict()))
            again = measure(resumed, hessian, step, search_with)
        pairs = measure(whole, hessian, step, search_with)
        numbers = modes.number(pairs.vectors)
        if step >= 3:
            assert again.products == pairs.products
            for name in ("values", "residuals", "errors"):
                assert getattr(again, name).tobytes() == getattr(pairs, name).tobytes()
            assert torch.equal(again.vectors, pairs.vectors)
            assert torch.equal(again.subspace, pairs.subspace)
            assert (resumed_modes.number(again.vectors) == numbers).all()


def test_a_state_that_was_loaded_can_be_saved_again_before_anything_is_measured() -> None:
    first, second = TrajectorySpectrum(1), TrajectorySpectrum(1)
    for step, hessian in enumerate(hessians(2)):
        measure(first, hessian, step, None)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.state_dict()["generator"], first.state_dict()["generator"])
    assert second.state_dict()["subspaces"].keys() == {0, 1}


class Diagonal:
    """A diagonal matrix that offers no rough products."""

    rough_kinds: tuple[str, ...] = ()
    compilable = False
    dtype = torch.float64
    device = torch.device("cpu")

    def __init__(self, diagonal: torch.Tensor) -> None:
        self._diagonal = diagonal
        self.size = len(diagonal)

    def __matmul__(self, v: torch.Tensor) -> torch.Tensor:
        return self._diagonal[:, None] * v

    def rough(self, kind: str) -> Any:
        raise AssertionError(f"nobody may ask for {kind}")

    def coarser(self) -> None:
        return None


@pytest.mark.parametrize(("every", "jump", "found_at"), [(3, 1.4, 4), (100, 1.4, 7), (100, 2.5, None)])
def test_a_hidden_eigenvector_is_found_when_measurements_are_due_or_the_loss_jumps(
    every: int, jump: float, found_at: int | None
) -> None:
    """It is orthogonal to all gradients, and its eigenvalue rises to the top after the first measurement."""
    spectrum = TrajectorySpectrum(1, tuning=replace(TUNED, verified_every=every, jump=jump))
    found = None
    for step in range(9):
        diagonal = torch.linspace(0.1, 1, 60, dtype=torch.float64)
        diagonal[0] = 0.1 if step == 0 else 5.0
        gradient = diagonal.clone()
        gradient[0] = 0.0
        loss = 2.0 if step >= 7 else 1.0
        pairs = spectrum.measure(Diagonal(diagonal), step=step, loss=loss, gradient=gradient)
        if found is None and pairs.values[0] > 4:
            found = step
    assert found == found_at
