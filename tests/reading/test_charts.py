"""Each chart draws the rows that it says, and the threshold stands where it belongs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eostui.reading.charts import DensityPicture, LinePicture, pictures_of
from eostui.reading.feed import Feed
from eostui.reading.marks import marks_of
from eostui.reading.trace import Trace
from eostui.store import STEP, Column, Line, LineChart, Table
from tests.reading.runs import EVERY, Run, adaptive, descent, instrumented, minibatches, table, train
from tests.reading.saved import FeedOf


def _traces(feed: Feed) -> dict[str, list[str]]:
    """The labels in each chart, from the least important to the most."""
    charts = [picture for picture in pictures_of(feed) if isinstance(picture, LinePicture)]
    return {picture.title: [trace.label for trace in picture.traces(feed)] for picture in charts}


def _picture(feed: Feed, name: str) -> LinePicture:
    return next(picture for picture in pictures_of(feed) if isinstance(picture, LinePicture) and picture.name == name)


def _trace(feed: Feed, picture: str, label: str) -> Trace:
    return next(trace for trace in _picture(feed, picture).traces(feed) if trace.label == label)


def test_an_adaptive_optimizer_is_at_the_edge_of_its_preconditioned_sharpness(feed_of: FeedOf) -> None:
    assert _traces(feed_of(adaptive())) == {
        "Preconditioned sharpness": ["λ₃", "λ₂", "38/η", "λ₁", ""],
        "Sharpness": ["λ₃", "λ₂", "λ₁", ""],
        "Loss": ["train"],
        "Gauss–Newton": ["λ₃", "λ₂", "λ₁", ""],
    }


@pytest.mark.parametrize("threshold_on", [None, "hessian", "sharpness", 3, ["preconditioned"]])
def test_the_threshold_is_the_hessians_unless_the_file_says_otherwise(feed_of: FeedOf, threshold_on: object) -> None:
    run = descent()
    said = {} if threshold_on is None else {"threshold_on": threshold_on}
    feed = feed_of(dataclasses.replace(run, environment={**run.environment, **said}))
    assert feed.threshold.table == "hessian"
    assert _traces(feed) == {
        "Sharpness": ["λ₃", "λ₂", "2/η", "λ₁", ""],
        "Loss": ["test", "train"],
        "Gauss–Newton": ["λ₃", "λ₂", "2/η", "λ₁", ""],
    }


@pytest.mark.parametrize("formula", ["n/a", "full-batch n/a"])
def test_where_there_is_no_threshold_none_is_drawn(feed_of: FeedOf, formula: str) -> None:
    feed = feed_of(descent(formula=formula, threshold=float("nan")))
    assert _traces(feed)["Sharpness"] == ["λ₃", "λ₂", "λ₁", ""]


def test_before_the_first_update_there_is_no_p_and_nothing_is_missing(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive())
    trace = _trace(feed, "preconditioned", "λ₁")
    assert trace.x[0] == EVERY
    assert np.isfinite(trace.y).all()
    feed.seek(0)
    assert len(_trace(feed, "preconditioned", "λ₁").x) == 0


def test_a_measurement_of_p_that_failed_later_is_a_gap(feed_of: FeedOf) -> None:
    run = adaptive()
    next(columns for table, columns in run.rows.items() if table.name == "preconditioned")["eigenvalues"][5] = np.nan
    assert np.isnan(_trace(feed_of(run), "preconditioned", "λ₁").y).sum() == 1


def test_minibatches_have_the_loss_over_the_full_batch_in_front_of_their_own(feed_of: FeedOf) -> None:
    feed = feed_of(minibatches())
    traces = _picture(feed, "loss").traces(feed)
    assert [(trace.label, trace.ink) for trace in traces] == [
        ("test", "test-loss"),
        ("minibatch", "batch-loss"),
        ("full batch", "loss"),
    ]
    assert len(traces[2].x) == len(traces[1].x) / EVERY
    assert "reference line full-batch 2/η" in _picture(feed, "sharpness").definition(feed)


def test_a_run_without_a_test_set_has_no_word_of_it(feed_of: FeedOf) -> None:
    run = descent()
    rows = {
        table: {name: c[:0] for name, c in columns.items()} if table.name == "test" else columns
        for table, columns in run.rows.items()
    }
    feed = feed_of(dataclasses.replace(run, rows=rows))
    assert _traces(feed)["Loss"] == ["train"]
    assert "test" not in _picture(feed, "loss").definition(feed)


def test_a_run_of_losses_alone_is_drawn(feed_of: FeedOf) -> None:
    assert _traces(feed_of(Run({}, train(np.full(20, 10.0))))) == {"Loss": ["train"]}


def test_a_change_of_the_step_size_is_marked_in_short(feed_of: FeedOf) -> None:
    changes = (
        (50, "lr", {"lr": 0.1, "previous": 1 / 6, "threshold": 20.0}),
        (60, "lr", {"lr": None, "previous": "much"}),
        (70, "forecast", {"text": "slow"}),
    )
    feed = feed_of(dataclasses.replace(descent(), events=changes))
    assert [(mark.x, mark.label) for mark in marks_of(feed) if mark.glyph == "η"] == [
        (50, "η 2/12 → 0.1"),
        (60, "η – → –"),
    ]


def test_everything_that_was_measured_has_a_picture(feed_of: FeedOf) -> None:
    assert _traces(feed_of(instrumented())) == {
        "Sharpness": ["λ₂", "2/η", "λ₁", "cert"],
        "Loss": ["train"],
        "Jacobian Gram": ["λ₂", "2/η", "λ₁", ""],
        "Loss curvature": ["tr ∇²_z ℓ"],
        "Oscillation": ["q₂", "δ", "q₁"],
        "Self-stabilization": ["|x| measured", "δ predicted"],
        "Directional curvature": ["2/η", "gᵀHg/gᵀg"],
        "Effective smoothness": ["2/η", "max"],
        "Batch sharpness": ["2/η", "mean"],
        "Lowest eigenvalue": ["λmin"],
        "Hessian trace": ["tr H"],
    }


def test_the_tracked_line_is_dense_and_the_certified_points_are_the_solvers(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented())
    tracked, certified = _trace(feed, "sharpness", "λ₁"), _trace(feed, "sharpness", "cert")
    assert len(tracked.x) == EVERY * len(certified.x)
    assert (tracked.points, certified.points) == (False, True)
    np.testing.assert_array_equal(certified.y, feed.series["hessian"]["eigenvalues"][:, 0])
    assert "certified" in _picture(feed, "sharpness").definition(feed)


def test_before_the_first_tracked_value_the_chart_is_as_without_them(feed_of: FeedOf) -> None:
    run = instrumented()
    rows = {t: {n: c[:0] for n, c in cs.items()} if t.name == "tracked" else cs for t, cs in run.rows.items()}
    feed = feed_of(dataclasses.replace(run, rows=rows))
    assert _traces(feed)["Sharpness"] == ["λ₂", "2/η", "λ₁", ""]
    assert "certified" not in _picture(feed, "sharpness").definition(feed)


def test_what_is_tracked_belongs_to_the_matrix_that_the_threshold_is_for(feed_of: FeedOf) -> None:
    tracked = {t: columns for t, columns in instrumented().rows.items() if t.name == "tracked"}
    run = adaptive()
    feed = feed_of(dataclasses.replace(run, rows={**run.rows, **tracked}))
    assert _traces(feed)["Preconditioned sharpness"] == ["λ₃", "λ₂", "38/η", "λ₁", "cert"]
    assert _traces(feed)["Sharpness"] == ["λ₃", "λ₂", "λ₁", ""]
    assert _trace(feed, "preconditioned", "λ₁").x[0] == 1


def test_the_density_is_that_of_the_rows_and_has_the_threshold_on_the_hessian(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented(), start=105)
    picture = next(picture for picture in pictures_of(feed) if isinstance(picture, DensityPicture))
    assert picture.densities(feed).steps.tolist() == list(range(0, 101, EVERY))
    reference = picture.reference(feed)
    assert reference is not None
    assert reference.label == "2/η"
    other = feed_of(dataclasses.replace(instrumented(), environment={"threshold": "n/a"}))
    assert picture.reference(other) is None


def _with(feed_of: FeedOf, *tables: Table, rows: int = 1) -> Feed:
    """Gradient descent with more tables, of zeros."""
    run = descent()
    more = {
        table: {c.name: np.zeros((rows, c.width) if c.width else rows, c.dtype) for c in table.columns}
        for table in tables
    }
    return feed_of(dataclasses.replace(run, rows={**run.rows, **more}))


@pytest.mark.parametrize(
    "columns", [(), (Column("oscillation", "", dtype="S4"),), (Column("oscillation", "", dtype="int64"),)]
)
@pytest.mark.parametrize("charts", [None, table("oscillation").charts])
def test_a_table_without_numbers_to_draw_has_no_chart(
    feed_of: FeedOf, columns: tuple[Column, ...], charts: tuple[LineChart, ...] | None
) -> None:
    feed = _with(feed_of, Table("oscillation", "", (STEP, *columns), charts))
    assert list(_traces(feed)) == ["Sharpness", "Loss", "Gauss–Newton"]


def test_a_table_that_says_nothing_is_drawn_by_its_columns(feed_of: FeedOf) -> None:
    columns = (
        Column("reward", ""),
        Column("noise_scale", ""),
        Column("standard_error", ""),
        Column("count", "", dtype="int64"),
    )
    feed = _with(
        feed_of,
        Table("my_metrics", "what I log", (STEP, *columns)),
        Table("wide", "", (STEP, Column("x", "", width=3))),
    )
    traces = _traces(feed)
    assert traces["My metrics"] == ["noise scale", "reward"]
    assert traces["Wide"] == ["x₃", "x₂", "x₁"]
    assert _picture(feed, "my-metrics").definition(feed) == "what I log"


def test_two_charts_of_one_name_are_drawn_once(feed_of: FeedOf) -> None:
    chart = LineChart("loss", "Another", "", (Line("x", "x"),))
    feed = _with(feed_of, Table("other", "", (STEP, Column("x", "")), (chart,)))
    assert list(_traces(feed)) == ["Sharpness", "Loss", "Gauss–Newton"]


def test_an_adapted_cadence_is_told_and_is_no_mark(feed_of: FeedOf) -> None:
    detail = {"eig_every": 1000, "tracked_every": 2, "share": 0.3}
    events = ((50, "cadence", {"eig_every": 20}), (60, "cadence", detail))
    feed = feed_of(dataclasses.replace(descent(), events=events))
    assert {mark.glyph for mark in marks_of(feed)} == {"e"}
    assert feed.cadence == "certified every 1,000, tracked every 2"
    feed.seek(55)
    assert feed.cadence == "certified every 20"
    feed.seek(0)
    assert feed.cadence == ""
    assert feed_of(dataclasses.replace(descent(), events=((5, "cadence", {"eig_every": "often"}),))).cadence == ""
