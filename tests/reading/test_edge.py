"""How close a run came to its threshold is what its columns say, and no more than they say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from eostui.reading.edge import Edge, edge_of, edge_of_run
from eostui.reading.series import Series
from eostui.store import TRAIN, RunFile, eigenvalue_table
from tests.reading.given import GivenFeed

EVERY = 10


def _edge(
    eigenvalues: Sequence[float],
    thresholds: Sequence[float] | float = 100.0,
    *,
    table: str = "hessian",
    batch_size: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Edge:
    """The edge of a run measured every ten steps, with the threshold of each of those steps, 2/η."""
    measured = EVERY * np.arange(len(eigenvalues))
    threshold = np.repeat(np.broadcast_to(thresholds, len(eigenvalues)), EVERY).astype(float)
    train, spectrum = Series(TRAIN), Series(eigenvalue_table(table, "", 2))
    others: dict[str, np.ndarray] = dict.fromkeys(("time", "loss", "accuracy", "grad_norm"), np.zeros(len(threshold)))
    train.extend({"step": np.arange(len(threshold)), "lr": 2 / threshold, "threshold": threshold, **others})
    first = np.array(eigenvalues, dtype=float)[:, None]
    rows = np.hstack([first, first - 1])
    others = {"residuals": rows, "errors": rows, "products": measured, "certified": 1 + 0 * measured}
    spectrum.extend({"step": measured, "eigenvalues": rows, **others})
    said = {"threshold": "2/η", "threshold_on": table} if environment is None else environment
    return edge_of(GivenFeed({"train": train, table: spectrum}, {"batch_size": batch_size}, said))


def test_it_is_counted_from_the_first_measurement_at_the_threshold_on() -> None:
    edge = _edge([40, 80, 100, 110, 90])
    assert edge.crossing == 20
    assert (edge.mean, edge.low, edge.high) == pytest.approx((1.0, 0.9, 1.1))
    assert (edge.largest, edge.largest_at) == pytest.approx((1.1, 30))
    assert edge.text == (
        "sharpness ÷ 2/η: mean 1.000 from step 20 on, where it first was 1 or more; 0.900 to 1.100 (step 30)"
    )


def test_a_run_that_stayed_below_has_a_largest_and_no_mean() -> None:
    edge = _edge([40, 90, 85])
    assert edge.crossing is None
    assert all(math.isnan(value) for value in (edge.mean, edge.low, edge.high))
    assert (edge.largest, edge.largest_at) == pytest.approx((0.9, 10))
    assert edge.text == "sharpness ÷ 2/η: below 1 throughout, at most 0.900 (step 10)"


def test_what_is_not_finite_is_no_measurement() -> None:
    edge = _edge([math.nan, 50, math.inf, 120, math.nan])
    assert edge.measured == 2
    assert edge.crossing == 30
    assert (edge.mean, edge.largest) == pytest.approx((1.2, 1.2))


@pytest.mark.parametrize("threshold", [math.nan, math.inf])
def test_without_a_threshold_there_is_nothing_to_say(threshold: float) -> None:
    assert _edge([50, 120], threshold).measured == 0
    assert _edge([50, 120], threshold).text == "sharpness ÷ 2/η: nothing to compare"


def test_each_measurement_is_compared_with_the_threshold_in_force_at_its_step() -> None:
    edge = _edge([90, 110, 110, 190, 210], [100, 100, 200, 200, 200])
    assert edge.crossing == 10
    assert edge.low == pytest.approx(110 / 200)
    assert edge.lr_changes == (20,)
    assert edge.text.endswith("; another η from step 20 on")


def test_a_schedule_is_counted_rather_than_listed() -> None:
    assert _edge([50, 50, 50], [100, 110, 120]).text.endswith("; 2 changes of η from step 10 on")


def test_an_adaptive_optimizer_is_judged_by_its_preconditioned_sharpness() -> None:
    edge = _edge([math.nan, 3000, 3900], 3800.0, table="preconditioned")
    assert edge.crossing == 20
    assert edge.text.startswith("preconditioned sharpness ÷ 2/η: mean 1.026")


def test_with_minibatches_the_threshold_is_called_a_reference() -> None:
    edge = _edge([50, 120], batch_size=32, environment={"threshold": "full-batch 2/η"})
    assert edge.reference
    assert edge.text.startswith("sharpness ÷ full-batch 2/η: ")
    assert edge.text.endswith("; no threshold with minibatches, a reference")


def test_a_run_without_the_table_or_without_rows_has_nothing_measured() -> None:
    assert edge_of(GivenFeed({}, {}, {"threshold": "n/a"})).text == "sharpness ÷ n/a: nothing to compare"
    assert _edge([]).measured == 0


def test_a_recorded_run_agrees_with_its_own_columns(edge_run: RunFile) -> None:
    """Written before files said which table their threshold is for."""
    assert "threshold_on" not in edge_run.environment
    edge = edge_of_run(edge_run)
    steps = edge_run.read("hessian")["step"]
    ratio = edge_run.read("hessian")["eigenvalues"][:, 0] / edge_run.read("train")["threshold"][steps]
    first = int(np.argmax(ratio >= 1))
    assert edge.crossing == steps[first]
    assert edge.mean == ratio[first:].mean()
    assert edge.largest == ratio.max()
    assert edge.lr_changes == (501,)
