"""Each chart draws the rows that it says, and the threshold stands where it belongs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eostui.dashboard.feed import Feed
from eostui.dashboard.panels import Panel, marks_of, panels_of
from eostui.dashboard.widgets.trace import Trace
from tests.dashboard.conftest import FeedOf
from tests.dashboard.runs import EVERY, Run, adaptive, descent, minibatches, train


def _traces(feed: Feed) -> dict[str, list[str]]:
    """The labels in each chart, from the least important to the most."""
    return {panel.title: [trace.label for trace in panel.traces(feed)] for panel in panels_of(feed)}


def _panel(feed: Feed, id: str) -> Panel:
    return next(panel for panel in panels_of(feed) if panel.id == id)


def _trace(feed: Feed, panel: str, label: str) -> Trace:
    return next(trace for trace in _panel(feed, panel).traces(feed) if trace.label == label)


def test_an_adaptive_optimizer_is_at_the_edge_of_its_preconditioned_sharpness(feed_of: FeedOf) -> None:
    assert _traces(feed_of(adaptive())) == {
        "Preconditioned sharpness": ["λ3", "λ2", "38/η", "λ1"],
        "Sharpness": ["λ3", "λ2", "λ1"],
        "Loss": ["train"],
        "Gauss–Newton": ["λ3", "λ2", "λ1"],
    }


@pytest.mark.parametrize("threshold_on", [None, "hessian", "sharpness", 3, ["preconditioned"]])
def test_the_threshold_is_the_hessians_unless_the_file_says_otherwise(feed_of: FeedOf, threshold_on: object) -> None:
    run = descent()
    said = {} if threshold_on is None else {"threshold_on": threshold_on}
    feed = feed_of(dataclasses.replace(run, environment={**run.environment, **said}))
    assert feed.threshold_on == "hessian"
    assert _traces(feed) == {
        "Sharpness": ["λ3", "λ2", "2/η", "λ1"],
        "Loss": ["test", "train"],
        "Gauss–Newton": ["λ3", "λ2", "2/η", "λ1"],
    }


@pytest.mark.parametrize("formula", ["n/a", "full-batch n/a"])
def test_where_there_is_no_threshold_none_is_drawn(feed_of: FeedOf, formula: str) -> None:
    feed = feed_of(descent(formula=formula, threshold=float("nan")))
    assert _traces(feed)["Sharpness"] == ["λ3", "λ2", "λ1"]


def test_before_the_first_update_there_is_no_p_and_nothing_is_missing(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive())
    trace = _trace(feed, "preconditioned", "λ1")
    assert trace.x[0] == EVERY
    assert np.isfinite(trace.y).all()
    feed.seek(0)
    assert len(_trace(feed, "preconditioned", "λ1").x) == 0


def test_a_measurement_of_p_that_failed_later_is_a_gap(feed_of: FeedOf) -> None:
    run = adaptive()
    next(columns for table, columns in run.rows.items() if table.name == "preconditioned")["eigenvalues"][5] = np.nan
    assert np.isnan(_trace(feed_of(run), "preconditioned", "λ1").y).sum() == 1


def test_minibatches_have_the_loss_over_the_full_batch_in_front_of_their_own(feed_of: FeedOf) -> None:
    feed = feed_of(minibatches())
    traces = _panel(feed, "loss").traces(feed)
    assert [(trace.label, trace.role) for trace in traces] == [
        ("test", "test-loss"),
        ("minibatch", "batch-loss"),
        ("full batch", "loss"),
    ]
    assert len(traces[2].x) == len(traces[1].x) / EVERY
    assert "reference line full-batch 2/η" in _panel(feed, "sharpness").definition(feed)


def test_a_run_without_a_test_set_has_no_word_of_it(feed_of: FeedOf) -> None:
    run = descent()
    rows = {
        table: {name: c[:0] for name, c in columns.items()} if table.name == "test" else columns
        for table, columns in run.rows.items()
    }
    feed = feed_of(dataclasses.replace(run, rows=rows))
    assert _traces(feed)["Loss"] == ["train"]
    assert "test" not in _panel(feed, "loss").definition(feed)


def test_a_run_of_losses_alone_is_drawn(feed_of: FeedOf) -> None:
    assert _traces(feed_of(Run({}, train(np.full(20, 10.0))))) == {"Loss": ["train"]}


def test_a_change_of_the_step_size_is_marked_in_short(feed_of: FeedOf) -> None:
    changes = (
        (50, "lr", {"lr": 0.1, "previous": 1 / 6, "threshold": 20.0}),
        (60, "lr", {"lr": None, "previous": "much"}),
        (70, "forecast", {"text": "slow"}),
    )
    feed = feed_of(dataclasses.replace(descent(), events=changes))
    assert [(mark.x, mark.label) for mark in marks_of(feed)] == [(50, "η 0.1667 → 0.1"), (60, "η ? → ?")]
