"""The flows beside a run: when they begin, what they hold to, and what they predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from eostui.config import Training
from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.flows import FlowInstrument
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import FLOWS, INSTRUMENTS
from eostui.objective.objective import Objective
from eostui.store.events import Checked
from tests.dynamics.net_n import net_n, plain_loss
from tests.instruments.runs import Run, half_squared_error, scope, small_network

Rows = list[Mapping[str, Any]]


def _scope(training: Training | None = None, **measuring: Any) -> Scope:
    return scope(eigs=2, training=training or Training(lr=0.4), **measuring)


def _go(
    run: Run, instruments: list[Instrument], to: int, *, every: int = 10, change: Mapping[int, float] | None = None
) -> Rows:
    """Train to a step; rows of the last instrument at the cadence, at a change of η, and where it wants to see one."""
    rows: Rows = []
    while run.descent.step <= to:
        step = run.descent.step
        changed = change is not None and step in change
        if changed:
            run.descent.lr = (change or {})[step]
        with run.point(step) as point:
            for instrument in instruments:
                if step % every == 0 or changed or instrument.eager:
                    row = run.measure(instrument, point)
                    if row is not None and instrument is instruments[-1]:
                        rows.append({"step": step, **row})
        run.descent.evaluate()
        run.descent.advance()
    return rows


def _finite(rows: Rows, column: str) -> list[float]:
    return [row[column] for row in rows if np.isfinite(row.get(column, np.nan))]


def test_a_flow_that_begins_in_mid_run_does_so_from_the_midpoint() -> None:
    """At the edge, with an oscillation of 0.02 along the top eigenvector, most of which the midpoint leaves out."""
    run, objective = Run(net_n(), 0.4), net_n()
    theta = run.descent.theta
    for _ in range(260):
        run.descent.evaluate()
        run.descent.advance()
    hessian = torch.autograd.functional.hessian(plain_loss, theta.detach())
    with torch.no_grad():
        theta += 0.02 * torch.linalg.eigh(hessian).eigenvectors[:, -1]
    places = [theta.clone()]
    for _ in range(2):
        places.append(places[-1] - 0.4 * objective.gradient(places[-1]).gradient)
    instrument = FLOWS["gradient"](_scope())
    assert isinstance(instrument, FlowInstrument)
    rows = _go(run, [instrument], 262)
    assert [row["step"] for row in rows] == [260, 262]
    assert np.isnan(rows[0]["origin"])
    assert rows[1]["origin"] == 261
    midpoint = (places[0] + 2 * places[1] + places[2]) / 4
    assert (midpoint - places[1]).norm() > 0.015
    assert instrument._flow is not None
    moved = instrument._flow.theta - midpoint
    gradient = objective.gradient(midpoint).gradient
    assert (moved + 0.4 * gradient).norm() < 0.05 * moved.norm()


def test_a_new_step_size_holds_from_its_step_on() -> None:
    """The gradient flow in time Σ η is the same curve, whatever the steps: η alone scales its speed."""
    run = Run(net_n(), 0.1)
    rows = _go(run, [FLOWS["gradient"](_scope(Training(lr=0.1)))], 60, change={25: 0.2})
    assert [row["step"] for row in rows] == [0, 10, 20, 25, 30, 40, 50, 60]
    other = _go(Run(net_n(), 0.1), [FLOWS["gradient"](_scope(Training(lr=0.1)))], 100)
    by_time = {round(row["time"], 6): row["loss"] for row in other}
    for row in rows[4:]:
        assert row["time"] == pytest.approx(2.5 + 0.2 * (row["step"] - 25))
        if round(row["time"], 6) in by_time:
            assert row["loss"] == pytest.approx(by_time[round(row["time"], 6)], rel=1e-3)
    assert sum(round(row["time"], 6) in by_time for row in rows) >= 3


def test_the_central_flow_waits_where_the_run_is_far_above_the_edge() -> None:
    """η is raised so far that λ₁ is 1.2 of the new threshold; once the run has come down it begins anew."""
    run, hessian = Run(net_n(), 0.3), INSTRUMENTS["hessian"](_scope(search_dtype="float32"))
    rows = _go(run, [hessian, FLOWS["central"](_scope(Training(lr=0.3)))], 760, change={560: 0.43})
    by_step = {row["step"]: row for row in rows}
    ratio = by_step[550]["eigenvalues"][0] * 0.43 / 2
    assert ratio > 1.05
    assert by_step[550]["origin"] == 0
    assert np.isnan(by_step[560]["origin"])
    assert np.isnan(by_step[560].get("loss", np.nan))
    assert rows[-1]["origin"] > 560
    assert rows[-1]["eigenvalues"][0] <= 2 / 0.43 * 1.01


def test_the_gradient_flow_ends_where_it_is_sharp_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eostui.instruments.gradient_flow.HIGHEST", 0.8)
    run = Run(net_n(), 0.4)
    rows = _go(run, [FLOWS["gradient"](_scope())], 300)
    (event,) = run.events
    assert isinstance(event, Checked)
    assert "gradient-flow has ended: its sharpness is" in event.text
    assert np.isnan(rows[-1].get("loss", np.nan))
    assert rows[-1]["step"] < 300


@pytest.mark.parametrize(
    ("name", "optimizer", "lr", "origin"),
    [("rmsprop", torch.optim.RMSprop, 0.002, 10), ("adam", torch.optim.Adam, 0.15, None)],
)
def test_flows_of_adaptive_optimizers_begin_by_themselves(
    name: str, optimizer: Callable[..., torch.optim.Optimizer], lr: float, origin: int | None
) -> None:
    """RMSProp's at step 10, Adam's once λ₁ is near its threshold."""
    chosen = _scope(Training(lr=lr, optimizer=name), matrix=Matrix.PRECONDITIONED, search_dtype="float32")
    run = Run(net_n(), lr, optimizer=optimizer)
    preconditioned = INSTRUMENTS["preconditioned"](chosen)
    rows = _go(run, [preconditioned, FLOWS["central"](chosen)], 300)
    began = _finite(rows, "origin")
    assert began
    if origin is not None:
        assert began[0] == origin
        assert _finite(rows, "distance")[-1] < 0.3
    else:
        first = next(row for row in rows if np.isfinite(row["origin"]))
        assert first["origin"] > 10
        assert first["eigenvalues"][0] > 0.85 * 38 / lr


def test_kinks_are_told_of_once() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2), torch.nn.Hardtanh())
    objective = Objective(model.double(), half_squared_error, *small_network().data())
    run = Run(objective, 0.05)
    _go(run, [FLOWS["gradient"](_scope(Training(lr=0.05)))], 20)
    (event,) = run.events
    assert isinstance(event, Checked)
    assert event.text.startswith("gradient-flow: the network has Hardtanh, ReLU, whose kinks no derivative sees")


def test_what_has_no_flow_is_refused_with_the_reason() -> None:
    def refusal(name: str, **training: Any) -> str:
        settings = Training(**{"lr": 0.1, **training})
        return FLOWS[name].refusal(_scope(settings))

    assert refusal("central") == refusal("gradient") == refusal("gradient", optimizer="momentum", momentum=0.9) == ""
    assert "batch" in refusal("gradient", optimizer="sgd", batch_size=10)
    assert "momentum" in refusal("central", optimizer="nesterov", momentum=0.9)
    assert "nadam" in refusal("central", optimizer="nadam")
    assert "adagrad" in refusal("gradient", optimizer="adagrad")
    assert "centered" in refusal("central", optimizer="rmsprop", centered=True)
    assert "decoupled" in refusal("central", optimizer="adamw", weight_decay=0.01)
    assert refusal("central", optimizer="gd", weight_decay=0.01) == ""


def test_the_quadratic_model_hugs_the_run_before_the_edge_and_explodes_after_it() -> None:
    """Begun anew every hundred steps; the row before that is the model's at its hundredth step."""
    run, instrument = Run(net_n(), 0.4), FLOWS["quadratic"](_scope())
    with torch.no_grad():  # an oscillation that is there from the beginning
        run.descent.theta += 0.001 * torch.cos(torch.arange(36, dtype=torch.float64))
    rows = _go(run, [instrument], 700)
    losses = {row["step"]: row for row in rows}
    assert [row["origin"] for row in rows[:12]] == [0.0] * 10 + [100.0] * 2
    assert losses[100]["distance"] == 0  # made anew there
    before = losses[190]
    assert before["distance"] < 0.15
    late = [row["loss"] for row in rows if row["step"] > 400]
    assert max(late) > 1
