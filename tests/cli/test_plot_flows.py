"""`eostui plot` draws the curves that theory predicts beside the runs that have them."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from eostui.cli.figure import PALETTE, SHARED
from eostui.config import Measuring
from eostui.instruments.base.scope import Scope
from eostui.instruments.central_flow import CentralFlowInstrument
from eostui.instruments.gradient_flow import GradientFlowInstrument
from eostui.instruments.quadratic_model import QuadraticModelInstrument
from eostui.store import EVENTS, TRAIN, RunWriter, eigenvalue_table
from tests.cli.test_plot import Plot, _lines, _texts, plot

__all__ = ["plot"]

STEPS, EVERY = 400, 10
NAMES = {"central flow", "gradient flow", "local quadratic model"}
SCOPE = Scope(Measuring())
KINDS = (CentralFlowInstrument, GradientFlowInstrument, QuadraticModelInstrument)
CENTRAL, GRADIENT, QUADRATIC = (kind.table(SCOPE) for kind in KINDS)


def _write(name: str, *, flows: bool = True, rows: bool = True) -> str:
    """A run at the edge from step 200 on, with the tables of the flows, and with rows in them."""
    directory = Path("runs") / name
    directory.mkdir(parents=True)
    hessian = eigenvalue_table("hessian", "", SCOPE.measuring.eigs)
    tables = [TRAIN, EVENTS, hessian, *([CENTRAL, GRADIENT, QUADRATIC] if flows else [])]
    rest = [0.5] * (SCOPE.measuring.eigs - 1)
    with RunWriter.create(
        directory / "run.h5", name=name, config={}, environment={"threshold": "2/η"}, tables=tables
    ) as run:
        for step in range(STEPS):
            loss = (1.5 if step % 2 else 0.5) / (1 + step)
            run.append(TRAIN.row({"step": step, "time": step / 10, "lr": 0.02, "threshold": 100.0, "loss": loss}))
            if step % EVERY:
                continue
            at, free = min(step / 2, 100.0), step / 2
            run.append(hessian.row({"step": step, "eigenvalues": [at, *rest], "products": 4, "certified": 1}))
            if not (flows and rows):
                continue
            common = {"step": step, "origin": 0, "loss": 1 / (1 + step)}
            waits = math.nan if step == 250 else 1.0
            foreseen = {
                "predicted_loss": waits / (1 + step),
                "eigenvalues": [waits * at, *rest],
                "variances": [0.01 * (step > 200), *rest],
                "measured_variances": [0.02, *rest],
                "distance": 0.1,
            }
            run.append(CENTRAL.row(common | foreseen))
            run.append(GRADIENT.row(common | {"eigenvalues": [free, *rest], "distance": step / STEPS}))
            model = 10.0 ** (step % 100) / (1 + step) if step < 300 else -1.0
            run.append(QUADRATIC.row(common | {"origin": step // 100 * 100, "loss": model}))
    return name


def _drawn(svg: str, colour: str) -> list[np.ndarray]:
    return [line for line in _lines(svg, colour) if len(line)]


def test_a_run_has_its_flows_beside_it_each_in_a_colour_of_its_own(plot: Plot) -> None:
    assert plot(_write("demo"), "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    assert NAMES | {"mean loss over 20 steps", "variance"} <= set(_texts(svg))
    sharpness, threshold, loss, mean, variance = _drawn(svg, PALETTE[0])
    assert len(sharpness) == len(variance) == STEPS // EVERY
    per_step = (loss[-1, 0] - loss[0, 0]) / (STEPS - 1)
    ends = (mean[[0, -1], 0] - loss[0, 0]) / per_step
    np.testing.assert_allclose(
        ends, [60, STEPS - 61], atol=0.1
    )  # three widths of the Gaussian have no mean at each end
    central, predicted, near, foreseen = _drawn(svg, PALETTE[1])
    assert len(central) == len(predicted) == STEPS // EVERY - 1  # it waits at one measurement
    # heights go downwards: at the edge the central flow is at the threshold
    np.testing.assert_allclose(central[-10:, 1], threshold[-1, 1], rtol=1e-4)
    gradient, free, far = _drawn(svg, PALETTE[2])
    assert gradient[-1, 1] < threshold[-1, 1] - 10
    assert near[-1, 1] > far[-1, 1]
    assert len(free) == len(gradient)
    assert foreseen[0, 0] == pytest.approx(central[21, 0])  # a variance of 0 has no place on its axis


def test_the_mean_loss_is_drawn_over_the_faint_loss(plot: Plot) -> None:
    assert plot(_write("demo"), "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    _, _, loss, mean, _ = _drawn(svg, PALETTE[0])
    late = mean[0, 0]
    assert np.abs(np.diff(mean[:, 1])).sum() < 0.1 * np.abs(np.diff(loss[loss[:, 0] > late, 1])).sum()
    assert re.search(rf"stroke: {PALETTE[0]}; stroke-opacity: 0.3", svg, re.IGNORECASE)


def test_a_quadratic_model_is_not_joined_to_the_one_before_and_explodes_out_of_the_picture(plot: Plot) -> None:
    assert plot(_write("demo"), "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    (path,) = re.findall(rf'<path d="([^"]*)" clip-path[^>]*stroke: {PALETTE[3]}', svg, re.IGNORECASE)
    assert path.count("M") >= 3  # its losses below zero from step 300 on are not there
    assert "cut off above 1.5" in _texts(svg)


def test_flows_of_several_runs_have_the_colours_of_their_runs(plot: Plot) -> None:
    assert plot(_write("first"), _write("second"), _write("plain", flows=False), "-o", "all.svg") == 0
    svg = Path("all.svg").read_text()
    assert set(_texts(svg)) >= NAMES
    first, second, plain = (_drawn(svg, colour) for colour in PALETTE[:3])
    assert len(first) == len(second) == 2 + 1 + 2 + 3 + 1 + 3
    assert len(plain) == 2
    assert _drawn(svg, SHARED)


@pytest.mark.parametrize("arguments", [("--ratio",), ("--x", "eta-step"), ("--steps", "100:300"), ("--x", "time")])
def test_flows_are_drawn_over_whatever_the_run_is(plot: Plot, arguments: tuple[str, ...]) -> None:
    assert plot(_write("demo"), *arguments, "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    sharpness, threshold, *_ = _drawn(svg, PALETTE[0])
    central = _drawn(svg, PALETTE[1])[0]
    np.testing.assert_allclose(central[-5:, 1], threshold[-1, 1], rtol=1e-4)
    assert central[-1, 0] == pytest.approx(sharpness[-1, 0])


@pytest.mark.parametrize("flows", [True, False], ids=["no rows", "no tables"])
def test_a_run_without_flows_is_drawn_as_ever(plot: Plot, flows: bool) -> None:
    assert plot(_write("demo", flows=flows, rows=False), "-o", "demo.svg") == 0
    svg = Path("demo.svg").read_text()
    assert len(_drawn(svg, PALETTE[0])) == 3
    assert not NAMES & set(_texts(svg))


def test_a_flow_is_not_drawn_beside_another_matrix(plot: Plot) -> None:
    assert plot(_write("demo"), "--table", "gradient_flow", "-o", "demo.svg") == 0
    assert len(_drawn(Path("demo.svg").read_text(), PALETTE[1])) == 3
