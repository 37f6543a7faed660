"""Every instrument in a real run, and the share of the time that measuring may take."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.instruments.catalogue import TRACKED
from tests.e2e.conftest import SMALL, Eostui

SMALL_NET = ("--arch", "fc-tanh", "--width", "5", "--data", "digits-60", "--loss", "ce", "--threads", "1")


def test_every_instrument_fills_its_table_with_numbers_that_hang_together(eostui: Eostui) -> None:
    full_batch = [name for name in TRACKED if name != "batch-sharpness"]
    done = eostui(
        "run", "--headless", *SMALL_NET, "--lr", "0.5", "--steps", "13", "--eigs", "2", "--eig-every", "4",
        "--dtype", "float64", "--track", ",".join(full_batch),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        tables = {name: run.read(name) for name in run.tables}
    measured = [0, 4, 8, 12]
    for name in full_batch:
        rows = tables[name.replace("-", "_")]
        if name == "tracked":
            assert rows["step"].tolist() == list(range(13))
        elif name == "oscillation":
            assert rows["step"].tolist() == list(range(1, 12))
        else:
            assert rows["step"].tolist() == measured
    assert tables["secant"]["step"].tolist() == list(range(1, 13))
    assert tables["secant"]["step_threshold"] == pytest.approx(2 / 0.5)
    top = tables["hessian"]["eigenvalues"][:, 0]
    assert tables["tracked"]["sharpness"][measured] == pytest.approx(top)
    assert np.isin(np.flatnonzero(tables["tracked"]["certified"]), measured).all()
    between = tables["tracked"]["sharpness"]
    assert np.isfinite(between).all()
    assert (tables["lowest"]["eigenvalue"] < 0).all()
    curvature = tables["directional"]["curvature"]
    assert ((tables["lowest"]["eigenvalue"] <= curvature) & (curvature <= 1.001 * top)).all()
    assert (tables["jacobian_gram"]["loss_curvature"] < 1).all()  # tr(diag(p) - pp^T) of ten classes is below 1
    weights, nodes = tables["spectral_density"]["weights"], tables["spectral_density"]["nodes"]
    assert np.nansum(weights, axis=1) == pytest.approx(1)
    assert np.nanmax(nodes, axis=1) == pytest.approx(top, rel=0.02)
    steady = tables["self_stabilization"]
    np.testing.assert_allclose(
        steady["delta"], np.sqrt(np.where(steady["alpha"] > 0, 2 * steady["alpha"], np.nan) / steady["beta"])
    )


def test_minibatches_have_a_sharpness_of_their_own(eostui: Eostui) -> None:
    done = eostui(
        "run", "--headless", *SMALL_NET, "--optimizer", "sgd", "--batch-size", "10", "--lr", "0.1", "--steps", "5",
        "--eig-every", "4", "--track", "batch-sharpness", "--eig-above", "inf",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        rows = run.read("batch_sharpness")
        assert not {"followed", "secant"} & set(run.tables)
    assert (rows["batch_sharpness"] > 0).all()
    assert (rows["standard_error"] > 0).all()


def test_a_share_of_the_time_makes_measuring_rarer_and_the_events_say_how_rare(eostui: Eostui) -> None:
    done = eostui(
        "run", "--headless", "--steps", "250", "--eig-every", "2", "--measure-share", "0.5", "--eigs", "4", *SMALL
    )
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        chosen = [event for event in run.events() if event.kind == "cadence"]
        hessian = run.read("hessian")["step"]
        timing = run.read("timing")
    assert chosen
    assert chosen[-1].detail["allowed"] == 0.5
    assert chosen[-1].detail["eig_every"] > 2
    assert 2 < len(hessian) < 125 / 2
    assert {int(step) % chosen[-1].detail["eig_every"] for step in hessian if step > chosen[-1].step} <= {0}
    since = np.diff(timing["time"], prepend=timing["time"][0])
    measuring = timing["measuring_share"] * since
    # Of the time between the first row and the last, but for one measurement, which is known only afterwards.
    assert measuring[1:].sum() <= 0.5 * since.sum() + measuring[1:].max()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--track", "batch-sharpness"], ["batch-sharpness", "--batch-size"]),
        (["--measure-share", "1.5"], ["--measure-share", "1.5", "0.3"]),
        (["--eig-above", "-1"], ["--eig-above", "-1", "0.75"]),
        (["--graph-memory", "-2"], ["--graph-memory", "-2"]),
        (["--search-dtype", "float16"], ["--search-dtype", "float16", "auto", "float32"]),
        (["--track", "followed"], ["--track", "followed"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(eostui: Eostui, flags: list[str], words: list[str]) -> None:
    done = eostui("run", "--headless", *flags)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert all(word in done.stderr for word in words), done.stderr
