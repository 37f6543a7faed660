"""The curves that theory predicts, beside runs of the real trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from eostui.store.events import TrackingChanged
from tests.e2e.conftest import Eostui

AT_THE_EDGE = (
    *("run", "--headless", "--arch", "fc-tanh", "--width", "16", "--depth", "2", "--data", "digits-200"),
    *("--loss", "mse", "--lr", "2/4", "--dtype", "float64", "--device", "cpu", "--threads", "1"),
    *("--eigs", "2", "--eig-every", "20", "--track", "none", "--search-dtype", "float32"),
)
SMALL = (
    *("run", "--headless", "--data", "digits-80", "--arch", "fc-tanh", "--width", "8", "--lr", "0.2"),
    *("--device", "cpu", "--threads", "1", "--search-dtype", "float32", "--track", "none", "--eig-every", "10"),
)


def _table(path: Path, name: str) -> dict[str, np.ndarray[Any, Any]]:
    with h5py.File(path) as file:
        return {column: values[:] for column, values in file["tables"][name].items()}


@pytest.fixture(scope="module")
def at_the_edge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a run of 801 steps that oscillates from step 300 or earlier on."""
    eostui = Eostui(tmp_path_factory.mktemp("flows"))
    assert eostui(*AT_THE_EDGE, "--steps", "801", "--flow", "central,gradient", "--name", "edge").returncode == 0
    return eostui.directory / "runs" / "edge" / "run.h5"


def test_the_run_goes_where_the_central_flow_does(at_the_edge: Path) -> None:
    """Means over steps 400 to 800, where the first cycle is over."""
    run, central = _table(at_the_edge, "train"), _table(at_the_edge, "central_flow")
    window = (central["step"] >= 400) & (central["step"] <= 800)
    loss = run["loss"][400:801].mean()
    assert central["predicted_loss"][window].mean() == pytest.approx(loss, rel=0.04)
    assert central["variances"][window, 0].mean() == pytest.approx(
        central["measured_variances"][window, 0].mean(), rel=0.35
    )
    np.testing.assert_allclose(central["eigenvalues"][window, 0], 4.0, rtol=5e-3)
    gradient = _table(at_the_edge, "gradient_flow")
    assert gradient["eigenvalues"][-1, 0] > 4.4
    assert central["distance"][-1] < 0.9 * gradient["distance"][-1]
    assert np.array_equal(central["step"], np.arange(0, 801, 20))
    np.testing.assert_allclose(central["time"], 0.5 * central["step"])


def test_a_figure_of_the_run_has_the_flows(at_the_edge: Path, eostui: Eostui) -> None:
    done = eostui("plot", str(at_the_edge), "-o", "edge.svg")
    assert done.returncode == 0, done.stderr
    svg = (eostui.directory / "edge.svg").read_text()
    for said in ("central flow", "gradient flow", "mean loss over 20 steps", "variance"):
        assert f">{said}</text>" in svg
    assert "local quadratic model" not in svg


def test_a_flow_changes_nothing_of_the_training(at_the_edge: Path, eostui: Eostui) -> None:
    assert eostui(*AT_THE_EDGE, "--steps", "60", "--name", "plain").returncode == 0
    plain = eostui.directory / "runs" / "plain" / "run.h5"
    for column in ("loss", "grad_norm", "accuracy"):
        assert np.array_equal(_table(plain, "train")[column], _table(at_the_edge, "train")[column][:60])
    for name in ("central_flow", "gradient_flow"):
        assert len(_table(plain, name)["step"]) == 0  # a run that can have flows has their tables


def test_flows_begin_and_end_while_a_run_goes_on(eostui: Eostui) -> None:
    eostui.start(*SMALL, "--steps", "1000000", "--name", "demo")
    eostui.wait_for(lambda run: run.length("train") > 20, "demo")
    assert "there is no flow 'centrl' (did you mean central?)" in eostui("control", "demo", "flow", "centrl").stderr
    told = eostui("control", "demo", "flow", "central,gradient")
    assert told.returncode == 0
    assert "central-flow is measured from step" in told.stdout
    assert "gradient-flow is measured from step" in told.stdout
    assert "as before" in eostui("control", "demo", "flow", "gradient,central").stdout
    eostui.wait_for(lambda run: bool(run.length("central_flow") > 3), "demo")
    assert "gradient-flow is not measured from step" in eostui("control", "demo", "flow", "central").stdout
    assert "`flow central` begins it" in eostui("control", "demo", "track", "central-flow").stderr
    assert "central-flow is not measured" in eostui("control", "demo", "flow", "none").stdout
    assert eostui("control", "demo", "stop").returncode == 0
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        changes = [event.what for event in run.events() if isinstance(event.what, TrackingChanged)]
    assert [(change.instrument, change.measures) for change in changes] == [
        ("central-flow", True),
        ("gradient-flow", True),
        ("gradient-flow", False),
        ("central-flow", False),
    ]
    rows = _table(eostui.directory / "runs" / "demo" / "run.h5", "central_flow")
    begun = np.isfinite(rows["origin"])
    assert begun.any()
    assert np.all(rows["origin"][begun] > 20)
    assert np.all(rows["distance"][begun] < 0.1)  # before the edge the run follows it


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--flow", "centrl"), "--flow: there is no 'centrl' (did you mean central?)"),
        (("--flow", "central", "--optimizer", "momentum"), "--flow central: the central flow is not known with mome"),
        (("--flow", "gradient", "--optimizer", "adamw"), "is not known with decoupled weight decay"),
        (
            ("--flow", "gradient", "--optimizer", "sgd", "--batch-size", "10"),
            "of minibatches no averaged flow is known",
        ),
    ],
)
def test_what_no_run_can_have_is_refused_before_it_begins(eostui: Eostui, given: tuple[str, ...], said: str) -> None:
    refused = eostui("run", "--headless", "--data", "digits-80", "--arch", "fc-tanh", *given)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (eostui.directory / "runs").exists()
