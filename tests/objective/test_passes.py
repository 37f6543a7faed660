"""What surrounds a pass: random numbers, buffers, kernels and modes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.backends import cuda
from torch.nn import functional as F

from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from eostui.objective.passes import Draws, ModuleState, TwiceDifferentiable


def noisy() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 30), nn.Dropout(0.5), nn.Tanh(), nn.Linear(30, 2)).double()


def drawing_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Draws numbers of its own."""
    return ((outputs - targets) * torch.rand_like(outputs)).square().mean()


def objective_of(model: nn.Module, **options: Any) -> Objective:
    torch.manual_seed(1)
    x, y = torch.randn(9, 4, dtype=torch.float64), torch.randn(9, 2, dtype=torch.float64)
    return Objective(model, drawing_loss, x, y, **options)


def test_a_step_has_its_own_random_numbers_and_all_its_passes_share_them() -> None:
    draws = Draws(seed=3)
    objective = objective_of(noisy(), physical_batch=4, draws=draws)
    theta = objective.parameters()
    losses = []
    for step in (0, 1, 0):
        draws.step = step
        torch.rand(1)
        evaluation = objective.gradient(theta)
        losses.append(float(evaluation.loss))
        assert float(objective.evaluate(theta).loss) == losses[-1]
        with HessianOperator(objective, theta) as hessian:
            assert float(hessian.gradient().loss) == losses[-1]
            v = torch.randn(objective.size, dtype=torch.float64)
            slopes = [objective.gradient(theta + sign * 1e-6 * v).gradient for sign in (1, -1)]
            torch.testing.assert_close(hessian @ v, (slopes[0] - slopes[1]) / 2e-6, rtol=1e-6, atol=1e-8)
        by_differences = GaussNewtonOperator(objective, theta, differences=True) @ v
        torch.testing.assert_close(GaussNewtonOperator(objective, theta) @ v, by_differences, rtol=1e-6, atol=1e-8)
    assert losses[0] == losses[2] != losses[1]
    assert float(objective_of(noisy(), physical_batch=4, draws=Draws(seed=4)).evaluate(theta).loss) != losses[0]


def numpy_state() -> NDArray[np.uint32]:
    state: NDArray[np.uint32] = np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002
    return state


def test_pythons_and_numpys_numbers_are_seeded_on_request_and_go_on_outside() -> None:
    numbers = []
    for everywhere in (True, True, False):
        random.seed(5)
        np.random.seed(5)  # noqa: NPY002
        before, numpys = random.getstate(), numpy_state()
        with Draws(everywhere=everywhere).of_batch(torch.device("cpu"), 0):
            numbers.append((random.random(), np.random.random()))  # noqa: NPY002
        if everywhere:
            assert random.getstate() == before
            assert np.array_equal(numpy_state(), numpys)
    assert numbers[0] == numbers[1] != numbers[2]


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps"])
def test_a_gpus_own_random_numbers_are_seeded_and_go_on_outside(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = torch.Generator(), torch.Generator().manual_seed(7)  # in the place of those of two GPUs
    if kind == "mps":
        monkeypatch.setattr(torch.mps, "_get_default_mps_generator", lambda: second)
    else:
        monkeypatch.setattr(torch.get_device_module(kind), "default_generators", (first, second))
    numbers, before = [], second.get_state()
    for step in (0, 0, 1):
        with Draws(step=step).of_batch(torch.device(kind, 1), 0):
            numbers.append(float(torch.rand(1, generator=second)))
        assert torch.equal(second.get_state(), before)
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_device_whose_random_numbers_cannot_be_seeded_is_refused() -> None:
    with (
        pytest.raises(NotImplementedError, match="random numbers of 'meta'"),
        Draws().of_batch(torch.device("meta"), 0),
    ):
        pass


class Counting(nn.Module):
    """Changes its buffers in every way."""

    in_place: Tensor
    anew: Tensor
    grows: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 1)
        self.register_buffer("in_place", torch.zeros(1))
        self.register_buffer("anew", torch.zeros(1))
        self.register_buffer("grows", torch.zeros(0))
        self.register_buffer("nothing", None)
        self.again = nn.Module()
        self.again.register_buffer("shared", self.in_place)

    def forward(self, x: Tensor) -> Tensor:
        self.in_place += 1
        self.anew = self.anew + self.again.get_buffer("shared")
        self.grows = torch.cat([self.grows, self.anew])
        outputs: Tensor = self.linear(x) * (1 + self.in_place)
        return outputs


def test_buffers_advance_by_a_pass_that_is_to_advance_them_and_by_no_other() -> None:
    model = Counting()
    state = ModuleState(model)
    own = model.in_place
    for advance in (False, True, True):
        with state.pass_over(advance=advance):
            model(torch.ones(3, 2)).sum().backward()
    assert model.in_place is model.again.shared is own
    assert own.item() == 2
    assert model.anew.item() == 3
    assert model.grows.tolist() == [1, 3]
    with pytest.raises(RuntimeError), state.pass_over(advance=True):
        model(torch.ones(3, 7))
    assert own.item() == 2


def test_a_graph_that_is_kept_knows_the_buffers_that_it_met() -> None:
    model = Counting()
    objective = Objective(model, F.mse_loss, torch.ones(3, 2), torch.zeros(3, 1))
    theta = objective.parameters()
    with HessianOperator(objective, theta) as kept, HessianOperator(objective, theta, graph_bytes=0) as anew:
        v = torch.ones(3)
        first = anew @ v
        kept @ v
        objective.gradient(theta, advance_buffers=True)
        torch.testing.assert_close(kept @ v, first)
        assert not torch.allclose(anew @ v, first)


def test_a_test_set_sees_the_model_in_evaluation_mode_and_everybody_else_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2)).double()
    model[1].eval()  # frozen by its owner
    objective = objective_of(model, evaluating=True)
    found = objective.evaluate(objective.parameters()).loss
    assert [module.training for module in model] == [True, False, True, True]
    model.eval()
    assert objective.targets is not None
    with Draws().of_batch(torch.device("cpu"), 0):
        expected = drawing_loss(model(objective.inputs), objective.targets)
    assert found == expected


def test_attention_has_one_kernel_inside_and_the_users_choice_outside() -> None:
    before = cuda.flash_sdp_enabled(), cuda.mem_efficient_sdp_enabled(), cuda.cudnn_sdp_enabled()
    with TwiceDifferentiable():
        assert not cuda.flash_sdp_enabled()
        assert not cuda.mem_efficient_sdp_enabled()
        assert not cuda.cudnn_sdp_enabled()
        with TwiceDifferentiable():
            pass
        assert not cuda.flash_sdp_enabled()
    assert before == (cuda.flash_sdp_enabled(), cuda.mem_efficient_sdp_enabled(), cuda.cudnn_sdp_enabled())


def test_physical_batches_are_of_nearly_equal_size_and_none_is_a_single_example() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    x, y = torch.randn(61, 4), torch.zeros(61)
    objective = Objective(model, lambda out, y: out.square().mean(), x, y, physical_batch=20)
    batches = list(objective.physical_batches())
    assert [len(batch.targets) for batch in batches if batch.targets is not None] == [16, 15, 15, 15]
    assert sum(batch.share for batch in batches) == pytest.approx(1)
    assert torch.isfinite(objective.gradient(objective.parameters()).loss)


def test_a_sum_is_the_same_for_every_physical_batch_and_its_accuracy_a_mean() -> None:
    x, y = torch.randn(10, 4, dtype=torch.float64), torch.randint(2, (10,))
    model = nn.Linear(4, 2).double()

    def right(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs.argmax(1) == targets).double().mean()

    def of(physical_batch: int) -> Objective:
        loss = nn.CrossEntropyLoss(reduction="sum")
        return Objective(model, loss, x, y, accuracy=right, physical_batch=physical_batch, summed=True)

    whole, parts = of(10), of(3)
    theta = whole.parameters()
    one, other = whole.gradient(theta), parts.gradient(theta)
    torch.testing.assert_close(one.loss, other.loss)
    torch.testing.assert_close(one.accuracy, other.accuracy)
    torch.testing.assert_close(one.gradient, other.gradient)
    v = torch.randn(whole.size, dtype=torch.float64)
    torch.testing.assert_close(HessianOperator(whole, theta) @ v, HessianOperator(parts, theta) @ v)
    torch.testing.assert_close(GaussNewtonOperator(whole, theta) @ v, GaussNewtonOperator(parts, theta) @ v)
