"""The trials that decide whether searches are made with rough products."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.linear_operator import BFLOAT16, COMPILED
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import CurvatureOperator
from eostui.instruments.base.rough_trials import RoughTrials, TrialLimits, try_rough_products
from eostui.objective.objective import Objective
from tests.curvature.compiled.test_tangent_program import traced
from tests.curvature.dense import seeded

ALWAYS = TrialLimits(worthwhile=0.0, cheaper=np.inf)
"""So small a network as these gains nothing by rough products."""


def network(activation: nn.Module, examples: int = 60, physical_batch: int = 40) -> Objective:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 20), activation, nn.Linear(20, 5))
    targets = torch.randint(5, (examples,))
    return Objective(model, F.cross_entropy, torch.randn(examples, 12), targets, physical_batch=physical_batch)


def trial(*, exact: float = 1.0, preparation: float = 0.0, rough: float = 0.1, noise: float = 0.004) -> RoughTrial:
    return RoughTrial(BFLOAT16, exact, preparation, rough, noise)


@pytest.fixture
def rough_kinds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of rough products that are asked for, in the order of time."""
    asked: list[str] = []
    rough = HessianOperator.rough

    def noted(operator: HessianOperator, kind: str) -> CurvatureOperator[Any]:
        asked.append(kind)
        return rough(operator, kind)

    monkeypatch.setattr(HessianOperator, "rough", noted)
    return asked


def test_a_trial_measures_both_and_is_not_made_where_there_is_nothing_to_gain() -> None:
    objective = network(nn.Tanh())
    operator = HessianOperator(objective, objective.parameters())
    v = torch.randn(objective.size, generator=seeded(3))
    assert try_rough_products(operator, v, BFLOAT16, TrialLimits(worthwhile=np.inf)) is None
    found = try_rough_products(operator, v, BFLOAT16, ALWAYS)
    assert found is not None
    assert 0 < found.noise < 0.02
    assert min(found.exact, found.rough) > 0
    assert not found.failure
    objective.model.double()
    double = Objective(objective.model, F.cross_entropy, torch.randn(9, 12).double(), torch.randint(5, (9,)))
    assert try_rough_products(HessianOperator(double, double.parameters()), v.double(), BFLOAT16, ALWAYS) is None


def test_a_trial_asks_the_clock_that_it_was_given() -> None:
    objective = network(nn.Tanh())
    operator = HessianOperator(objective, objective.parameters())
    ticks = count()
    found = try_rough_products(operator, torch.ones(objective.size), BFLOAT16, clock=lambda: float(next(ticks)))
    assert found is not None
    assert (found.exact, found.preparation, found.rough) == (1.0, 0.0, 1.0)


def test_rough_products_pay_where_a_search_with_them_is_accurate_and_cheap_enough() -> None:
    trials = RoughTrials()
    assert trials.pays(trial(rough=0.75))
    assert not trials.pays(trial(rough=0.76))
    assert not trials.pays(trial(rough=0.1, preparation=5.3))
    assert not trials.pays(trial(noise=0.011))
    assert not trials.accurate(RoughTrial(BFLOAT16, 1.0, 0.0, 0.0, 0.0, failure="no such kernel"))


def test_a_model_that_knows_no_lower_precision_is_searched_with_exact_products() -> None:
    class Float32Only(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if x.dtype != torch.float32:
                raise TypeError(f"float32 only, not {x.dtype}\nand more")
            return x.tanh()

    objective, trials = network(Float32Only()), RoughTrials(ALWAYS)
    for _ in range(4):
        with HessianOperator(objective, objective.parameters()) as hessian:
            trials.after_measurement(hessian, torch.ones(objective.size))
    (failed,) = trials.trials
    assert failed.failure == "TypeError: float32 only, not torch.bfloat16"
    assert trials.best is None


def test_along_a_training_the_trial_comes_after_the_second_measurement_and_later_ones_are_as_honest(
    rough_kinds: list[str],
) -> None:
    objective = network(nn.Tanh(), examples=200)
    theta, spectrum, trials = objective.parameters(), TrajectorySpectrum(2), RoughTrials(ALWAYS)
    eye = torch.eye(objective.size)
    for step in range(12):
        with HessianOperator(objective, theta) as hessian:
            here = hessian.gradient()
            pairs = spectrum.measure(
                hessian, step=step, loss=float(here.loss), gradient=here.gradient, search_with=trials.best
            )
            assert len(trials.after_measurement(hessian, pairs.vectors[:, 0])) == (step == 1)
            assert len(rough_kinds) == step  # one for the trial, then one for each search
            exact = np.linalg.eigvalsh((hessian @ eye).double().numpy())[::-1]
        assert (np.abs(pairs.values - exact[:2]) <= pairs.errors + 2e-5 * exact[0]).all()
        assert (pairs.errors <= 1e-3 * exact[0]).all()
        theta = theta - 0.5 * here.gradient


def test_searches_go_over_to_compiled_products_when_they_are_there_and_pay(rough_kinds: list[str]) -> None:
    objective = network(nn.Tanh(), examples=24, physical_batch=24)
    program, spectrum, trials = traced(objective), TrajectorySpectrum(1), RoughTrials(ALWAYS)
    for step in range(8):
        compiled = program if step >= 4 else None
        with HessianOperator(objective, objective.parameters(), program=compiled) as hessian:
            here = hessian.gradient()
            pairs = spectrum.measure(
                hessian, step=step, loss=float(here.loss), gradient=here.gradient, search_with=trials.best
            )
            new = trials.after_measurement(hessian, pairs.vectors[:, 0])
            truth = torch.linalg.eigvalsh(hessian @ torch.eye(objective.size))[-1]
        assert abs(float(pairs.values[0] - truth)) <= pairs.errors[0] + 1e-6
        assert [one.kind for one in new] == {1: [BFLOAT16], 4: [COMPILED]}.get(step, [])
    assert trials.best is min(trials.trials, key=lambda one: one.seconds(TrialLimits().products))
    # The trials, and the searches in between.
    assert rough_kinds == [BFLOAT16] * 4 + [COMPILED] + [trials.best.kind] * 3
    assert all(map(trials.accurate, trials.trials))


def test_trials_that_were_made_are_not_made_again_after_a_state_was_loaded(rough_kinds: list[str]) -> None:
    objective = network(nn.Tanh())
    before, after = RoughTrials(ALWAYS), RoughTrials(ALWAYS)
    with HessianOperator(objective, objective.parameters()) as hessian:
        for _ in range(2):
            before.after_measurement(hessian, torch.ones(objective.size))
        after.load_state_dict(before.state_dict())
        assert after.after_measurement(hessian, torch.ones(objective.size)) == []
    assert after.trials == before.trials
    assert after.best == before.best is not None
    assert rough_kinds == [BFLOAT16]
