"""The two programs of a Hessian product: tracing, splitting, and the operator that runs them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.compiled.tangent_compiler import trace_tangent
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.linear_operator import BFLOAT16, COMPILED
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.negated import Negated
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, mlp


def traced(objective: Objective) -> TangentProgram:
    """The programs as torch runs them without a compiler."""
    primal, tangent = trace_tangent(objective, objective.parameters())
    return TangentProgram(primal, tangent, objective.physical_batch)


def network(*, examples: int = 30, physical_batch: int = 12, dtype: torch.dtype = torch.float32) -> Objective:
    torch.manual_seed(0)
    inputs, targets = torch.randn(examples, 5, dtype=dtype), torch.randint(3, (examples,))
    return Objective(mlp(nn.Tanh).to(dtype), F.cross_entropy, inputs, targets, physical_batch=physical_batch)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_in_double_precision_they_give_the_products_of_the_graph_at_any_weights(case: Case) -> None:
    # torch's autocast leaves float64 alone, so that nothing but rounding is between the two.
    objective = case.objective()
    program = traced(objective)
    theta = objective.parameters() + 0.1 * torch.randn(objective.size, dtype=objective.dtype)
    exact = HessianOperator(objective, theta, program=program)
    compiled = exact.rough(COMPILED)
    v = torch.randn(objective.size, 2, dtype=objective.dtype)
    torch.testing.assert_close(compiled @ v, exact @ v, rtol=1e-9, atol=1e-11)


def test_in_single_precision_they_are_off_by_some_thousandths_and_a_smaller_batch_has_a_graph() -> None:
    objective = network(examples=32)
    assert [len(batch.inputs) for batch in objective.physical_batches()] == [11, 11, 10]
    program = traced(objective)
    exact = HessianOperator(objective, objective.parameters(), program=program)
    v = torch.randn(objective.size)
    image = exact @ v
    for wrapped, truth in (
        (exact, image),
        (Negated(exact), -image),
        (PreconditionedHessianOperator(exact, torch.full((objective.size,), 4.0)), image / 4),
    ):
        assert wrapped.rough_kinds == (BFLOAT16, COMPILED)
        assert not wrapped.compilable
        off = float((wrapped.rough(COMPILED) @ v - truth).norm() / truth.norm())
        assert 1e-4 < off < 0.02


def test_residuals_are_kept_for_as_many_batches_as_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = network(examples=36)
    program = traced(objective)
    v = torch.randn(objective.size)
    runs: list[int] = []
    linearize = TangentProgram.linearize

    def counted(program: TangentProgram, *given: Any) -> object:
        runs.append(1)
        return linearize(program, *given)

    monkeypatch.setattr(TangentProgram, "linearize", counted)
    everything = HessianOperator(objective, objective.parameters(), program=program)
    kept = everything.rough(COMPILED)
    for _ in range(3):
        image = kept @ v
    assert len(runs) == 3  # batches
    assert program.residual_bytes is not None
    runs.clear()
    two = int(2.5 * program.residual_bytes)
    little = HessianOperator(objective, objective.parameters(), graph_bytes=two, program=program).rough(COMPILED)
    for _ in range(3):
        assert torch.equal(little @ v, image)
    assert len(runs) == 3 + 2  # the last batch anew for each product
    little.close()
    runs.clear()
    little @ v
    assert len(runs) == 3


class Gated(nn.Linear):
    """Another function where the first input is positive."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if x[0, 0] > 0 else super().forward(-x)


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 3)), "draws random numbers"),
        (nn.Sequential(nn.Linear(4, 8), Gated(8, 3)), "data-dependent"),
    ],
    ids=["dropout", "a choice by values"],
)
def test_what_would_not_be_the_same_function_everywhere_is_not_compiled(model: nn.Module, complaint: str) -> None:
    objective = Objective(model, F.cross_entropy, torch.randn(5, 4), torch.randint(3, (5,)))
    with pytest.raises(Exception, match=complaint):
        trace_tangent(objective, objective.parameters())
