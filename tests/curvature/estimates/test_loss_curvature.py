"""The trace of the loss's curvature by the outputs against formulas and dense matrices."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import hessian
from torch.nn import functional as F

from eostui.curvature.estimates.loss_curvature import loss_curvature
from eostui.objective.model_call import Inputs
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, OwnLoss, by_position, half_squared_error
from tests.curvature.dense import seeded

WITH_OUTPUTS = [case for case in CASES if case.loss is not None and "batchnorm" not in case.name]


def outputs(objective: Objective) -> Tensor:
    x: Inputs = objective.inputs
    with torch.no_grad():
        found: Tensor = objective.model(x) if isinstance(x, Tensor) else objective.model(**x)
    return found


def exactly(objective: Objective) -> float:
    """The mean over examples of the trace of each one's dense ∇²_z ℓ."""
    loss, targets = objective.loss, objective.targets
    assert loss is not None
    assert targets is not None
    total = 0.0
    for z, y in zip(outputs(objective), targets, strict=True):
        matrix = hessian(lambda out, y=y: loss(out[None], y[None]))(z)
        total += float(matrix.reshape(z.numel(), z.numel()).trace())
    return total / objective.examples


@pytest.mark.parametrize("physical_batch", [None, 4, 3], ids=["one-batch", "three-batches", "four-batches"])
@pytest.mark.parametrize("case", WITH_OUTPUTS, ids=lambda case: case.name)
def test_it_is_the_mean_of_the_traces_of_dense_matrices(case: Case, physical_batch: int | None) -> None:
    objective = case.objective(physical_batch=physical_batch)
    found = loss_curvature(objective, objective.parameters())
    assert float(found) == pytest.approx(exactly(objective), rel=1e-10)


def test_for_the_squared_error_it_is_the_number_of_outputs() -> None:
    objective = CASES[0].objective(physical_batch=4)
    assert float(loss_curvature(objective, objective.parameters())) == pytest.approx(3)


def classifier(classes: int, *, examples: int = 300, physical_batch: int | None = None) -> Objective:
    torch.manual_seed(0)
    model = nn.Linear(5, classes).double()
    x, y = torch.randn(examples, 5, dtype=torch.float64), torch.randint(classes, (examples,))
    return Objective(model, F.cross_entropy, x, y, physical_batch=physical_batch)


def attenuation(objective: Objective) -> float:
    """The mean of 1 − Σ p²."""
    return float((1 - outputs(objective).softmax(-1).square().sum(-1)).mean())


@pytest.mark.parametrize("classes", [2, 64])
def test_for_the_cross_entropy_it_is_what_the_probabilities_say(classes: int) -> None:
    objective = classifier(classes, physical_batch=70)
    assert float(loss_curvature(objective, objective.parameters())) == pytest.approx(attenuation(objective), rel=1e-10)


def test_a_large_vocabulary_is_sampled_without_bias_and_closely() -> None:
    objective = classifier(100, physical_batch=70)
    theta = objective.parameters() * 5
    nn.utils.vector_to_parameters(theta, objective.model.parameters())
    exact = attenuation(objective)
    found = torch.stack([loss_curvature(objective, theta, generator=seeded(seed)) for seed in range(40)])
    assert len(found.unique()) == 40
    assert float(found.std()) < 0.03 * exact
    assert float(found.mean()) == pytest.approx(exact, abs=4 * float(found.std()) / 40**0.5)


def test_positions_of_a_sequence_share_the_weight_of_their_example() -> None:
    torch.manual_seed(0)
    tokens = torch.randint(4, (10, 3))
    objective = Objective(nn.Embedding(4, 5).double(), by_position, tokens, tokens, physical_batch=4)
    theta = objective.parameters()
    exact = attenuation(objective)
    assert float(loss_curvature(objective, theta)) == pytest.approx(exact, rel=1e-10)
    sampled = torch.stack(
        [loss_curvature(objective, theta, exact_outputs=4, generator=seeded(seed)) for seed in range(40)]
    )
    assert float(sampled.mean()) == pytest.approx(exact, abs=4 * float(sampled.std()) / 40**0.5)


def test_a_loss_without_curvature_has_none() -> None:
    torch.manual_seed(0)
    objective = Objective(nn.Linear(5, 3), F.l1_loss, torch.randn(8, 5), torch.randn(8, 3))
    assert loss_curvature(objective, objective.parameters()) == 0


def test_a_single_number_as_output_of_an_example_will_do() -> None:
    class Flat(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, 0]

    def soft(z: Tensor, y: Tensor) -> Tensor:
        return F.softplus(-y * z).mean()

    torch.manual_seed(0)
    objective = Objective(Flat(5, 1), soft, torch.randn(7, 5), torch.randn(7).sign(), physical_batch=3)
    p = outputs(objective).sigmoid()
    torch.testing.assert_close(loss_curvature(objective, objective.parameters()), (p * (1 - p)).mean())


def test_a_model_that_computes_its_own_loss_is_refused() -> None:
    objective = Objective(OwnLoss(), None, torch.zeros(3, 5), torch.zeros(3).long())
    with pytest.raises(TypeError, match="OwnLoss computes its own loss"):
        loss_curvature(objective, objective.parameters())


def test_a_model_with_several_outputs_is_refused() -> None:
    class Pair(nn.Linear):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
            return super().forward(x), x

    def first(z: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
        return half_squared_error(z[0], y)

    objective = Objective(Pair(2, 2), first, torch.zeros(3, 2), torch.zeros(3, 2))
    with pytest.raises(TypeError, match="one tensor, not a tuple"):
        loss_curvature(objective, objective.parameters())
