"""The flows of Net N beside converged solutions, and of other losses beside their formulas.

The expected numbers are solutions in float64 that are converged in the step of the integrator.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from eostui.dynamics.flows.central_flow import CentralFlow
from eostui.dynamics.flows.flow import Flow
from eostui.dynamics.flows.gradient_flow import GradientFlow
from eostui.dynamics.flows.law import Law, law_of, state_of
from eostui.dynamics.flows.top_pairs import curvature_gradients
from eostui.dynamics.optimizers import make_optimizer
from eostui.dynamics.rules import GradientDescent, RMSProp, ScalarRMSProp
from eostui.dynamics.update_rule import State
from eostui.objective.objective import Objective
from tests.dynamics.net_n import net_n, plain_loss

pytestmark = pytest.mark.xdist_group("flows")  # they go on from where others were

GD = Law(GradientDescent(), 0.4)
SCALAR = Law(ScalarRMSProp(0.95, 0.0), 0.05)
RMSPROP = Law(RMSProp(0.95, 0.0), 0.004)


def _state(law: Law, gradient: Tensor) -> State:
    square = gradient.square()
    if isinstance(law.rule, ScalarRMSProp):
        return {"nu": square.sum()}
    return {"nu": square} if isinstance(law.rule, RMSProp) else {}


def _central(law: Law) -> CentralFlow:
    objective = net_n()
    theta = objective.parameters()
    return CentralFlow(objective, law, theta, _state(law, objective.gradient(theta).gradient))


_STATES: dict[tuple[Law, int], dict[str, Any]] = {}


def _at(law: Law, step: int) -> CentralFlow:
    """The central flow from step 0 at a step, from the last one before it that a test was at."""
    flow = _central(law)
    before = [known for the_law, known in _STATES if the_law == law and known <= step]
    if before:
        flow.load_state_dict(_STATES[law, max(before)])
    _go(flow, step)
    _STATES[law, step] = flow.state_dict()
    return flow


def _go(flow: Flow, to: int) -> None:
    """Go on to a step, measuring every ten steps."""
    while flow.step < to:
        flow.advance(10)


def _covariance(flow: CentralFlow) -> np.ndarray[Any, Any]:
    """The eigenvalues of Σ itself, from the largest down."""
    spread, p = flow.oscillation(), flow.preconditioner()
    directions = spread.images / (p if p.ndim == 0 else p[:, None])
    scaled = directions.numpy() * np.sqrt(spread.x)
    return np.linalg.eigvalsh(scaled.T @ scaled)[::-1]


def test_the_gradient_flow_is_the_converged_one() -> None:
    objective = net_n()
    flow = GradientFlow(objective, GD, objective.parameters(), {})
    for step, loss, sharpness in ((100, 0.13589560, 3.8267524), (600, 0.0061527152, 5.8146218)):
        _go(flow, step)
        assert float(flow.evaluation().loss) == pytest.approx(loss, rel=1e-3)
        assert flow.top_pairs().values[0] / 0.4 == pytest.approx(sharpness, rel=1e-3)
    assert flow.gradients + 1.5 * flow.products < 2.5 * 600


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        pytest.param(GD, [(400, 0.0232685, [0.0132745], None), (800, 0.0031205, [0.0044484], None)], id="gd"),
        pytest.param(
            SCALAR,
            [(200, 0.131659, [6.0158e-4], 0.0093703), (600, 0.0093027, [6.2870e-4], 0.0195714)],
            id="scalar-rmsprop",
        ),
        pytest.param(
            RMSPROP,
            [(240, 0.140163, [7.954e-5], 0.0016466), (480, 0.0335592, [6.4544e-5, 4.6918e-5], 0.0033119)],
            id="rmsprop",
        ),
    ],
)
def test_the_central_flow_is_the_converged_one(
    law: Law, expected: list[tuple[int, float, list[float], float | None]]
) -> None:
    for step, loss, variances, second_moment in expected:
        flow = _at(law, step)
        assert float(flow.evaluation().loss) == pytest.approx(loss, rel=5e-3)
        np.testing.assert_allclose(_covariance(flow)[: len(variances)], variances, rtol=0.02)
        assert flow.top_pairs().values[0] == pytest.approx(flow.law.edge, rel=1e-3)
        if second_moment is not None:
            assert float(flow.state["nu"].sum()) == pytest.approx(second_moment, rel=5e-3)


def test_two_critical_directions_are_both_held_at_the_edge() -> None:
    flow = _at(GD, 1200)
    assert float(flow.evaluation().loss) == pytest.approx(0.00090075, rel=5e-3)
    np.testing.assert_allclose(_covariance(flow), [0.0013441, 0.0008597], rtol=0.02)
    np.testing.assert_allclose(flow.top_pairs().values[:2], 2, rtol=1e-3)


def test_what_the_oscillation_adds_is_that_of_its_covariance() -> None:
    """½tr(HΣ), tr(HΣH) and the variances, from dense matrices."""
    for law in (GD, RMSPROP):
        flow = _at(law, 800 if law is GD else 480)
        spread, p = flow.oscillation(), flow.preconditioner()
        directions = spread.images / (p if p.ndim == 0 else p[:, None])
        sigma = (directions * torch.from_numpy(spread.x.copy())) @ directions.T
        hessian: Tensor = torch.autograd.functional.hessian(plain_loss, flow.theta)
        assert spread.loss == pytest.approx(float((hessian @ sigma).trace()) / 2, rel=0.01)
        assert spread.squared_grad_norm == pytest.approx(float((hessian @ sigma @ hessian).trace()), rel=0.02)
        root = p.sqrt()
        metric = sigma if law is GD else root[:, None] * sigma * root
        count = len(spread.variances)
        np.testing.assert_allclose(
            np.linalg.eigvalsh(metric.numpy())[::-1][:count], spread.variances, rtol=1e-6, atol=1e-12
        )
        # A displacement by one standard deviation along the first direction is measured as its variance.
        apart = directions[:, 0] * float(np.sqrt(spread.x[0]))
        assert spread.measured(apart)[0] == pytest.approx(spread.variances[0], rel=1e-6)


def test_curvature_gradients_are_third_derivatives() -> None:
    objective = net_n()
    theta = objective.parameters()
    u = torch.linalg.qr(torch.randn(theta.numel(), 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64))[
        0
    ]
    u = u * torch.tensor([1.0, 0.3], dtype=torch.float64)
    m = curvature_gradients(
        lambda move: objective.gradient(theta + move).gradient, objective.gradient(theta).gradient, u
    )
    for i in range(2):
        for j in range(2):
            at = theta.clone().requires_grad_()
            hessian: Tensor = torch.autograd.functional.hessian(plain_loss, at, create_graph=True)
            (true,) = torch.autograd.grad(u[:, i] @ hessian @ u[:, j], at)
            assert (m[i, j] - true).norm() < 2e-4 * true.norm()


def test_a_flow_goes_on_to_the_bit_from_its_state() -> None:
    whole = _at(RMSPROP, 240)
    file = io.BytesIO()
    torch.save(whole.state_dict(), file)
    file.seek(0)
    other = _central(RMSPROP)
    other.load_state_dict(torch.load(file, weights_only=True))
    for flow in (whole, other):
        _go(flow, 260)
        flow.oscillation()
    assert torch.equal(whole.theta, other.theta)
    assert torch.equal(whole.state["nu"], other.state["nu"])
    assert (whole.gradients, whole.products, whole.step) == (other.gradients, other.products, other.step)


class _Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([3.0, -2.0], dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.w


def _quadratic() -> Objective:
    """L = ½wᵀHw with H = diag(1, 0.25)."""
    x = torch.tensor([[2.0**0.5, 0.0], [0.0, 0.5**0.5]], dtype=torch.float64)
    return Objective(_Linear(), lambda f, y: 0.5 * (f - y).square().mean(), x, torch.zeros(2, dtype=torch.float64))


def test_coupled_weight_decay_is_part_of_the_loss_and_momentum_of_the_speed() -> None:
    """w' = −η/(1−μ)·(H + d)w has a solution in closed form."""
    objective = _quadratic()
    theta = objective.parameters()
    optimizer = make_optimizer(
        "momentum", theta, lr=0.05, hyperparameters={"momentum": 0.9, "weight_decay": 0.3, "decoupled": False}
    )
    state = state_of(optimizer, theta)
    assert state == {}
    flow = GradientFlow(objective, law_of(optimizer), theta, state)
    flow.advance(7)
    curvatures = torch.tensor([1.0, 0.25], dtype=torch.float64) + 0.3
    torch.testing.assert_close(flow.theta, theta * torch.exp(-0.5 * 7 * curvatures), rtol=2e-3, atol=1e-3)
    assert flow.top_pairs().values[0] == pytest.approx(0.5 * 1.3)
    # The threshold of the heavy ball is 2(1+μ)/η on H + w.
    assert flow.law.edge / flow.law.lr == pytest.approx(2 * 1.9 / 0.05)


def test_the_law_of_adam_has_its_own_edge_and_no_mean_of_gradients() -> None:
    objective = net_n()
    theta = objective.parameters()
    optimizer = make_optimizer("adam", theta, lr=0.01, hyperparameters={})
    assert state_of(optimizer, theta) is None
    theta.grad = objective.gradient(theta).gradient
    optimizer.step()
    state = state_of(optimizer, theta)
    assert state is not None
    assert set(state) == {"nu", "t"}
    assert law_of(optimizer).edge == pytest.approx(38)
    assert law_of(optimizer) == law_of(optimizer)


def test_an_optimizer_without_a_flow_is_named() -> None:
    theta = net_n().parameters()
    with pytest.raises(ValueError, match="Adagrad"):
        law_of(torch.optim.Adagrad([theta]))


class _Kinked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.w = nn.Parameter(torch.randn(20, 3, generator=generator, dtype=torch.float64))
        self.v = nn.Parameter(torch.randn(20, generator=generator, dtype=torch.float64) / 5)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x @ self.w.T) @ self.v


def test_kinks_do_not_make_steps_ever_shorter() -> None:
    """The error of a step over a kink is not that of a smooth rate: halving the step does not help."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    y = torch.sin(2 * x[:, 0])
    objective = Objective(_Kinked(), lambda f, y: 0.5 * (f - y).square().mean(), x, y)
    theta = objective.parameters()
    flow = GradientFlow(objective, Law(GradientDescent(), 0.3), theta, {})
    _go(flow, 100)
    assert flow.gradients + 1.5 * flow.products < 10 * 100
    fine = theta.clone()
    for _ in range(100 * 20):
        fine = fine - 0.3 / 20 * objective.gradient(fine).gradient
    assert (flow.theta - fine).norm() < 0.05 * (fine - theta).norm()
