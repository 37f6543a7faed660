"""Several runs in the same charts."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from eostui.reading.axes import AXES
from eostui.reading.comparison import Comparison
from eostui.reading.feed import Feed
from eostui.reading.replay import ReplayFeed
from eostui.reading.trace import Trace
from eostui.store import TRAIN
from tests.reading.runs import Run, adaptive, descent
from tests.reading.saved import FeedOf


def _named(feed: ReplayFeed, name: str) -> ReplayFeed:
    feed.name = name
    return feed


@pytest.fixture
def comparison(feed_of: FeedOf) -> Comparison:
    """Runs with η = 0.2 and 0.1, of 400 and 200 steps."""
    large, small = feed_of(descent(400)), feed_of(descent(200, threshold=20.0))
    return Comparison([_named(large, "large"), _named(small, "small")])


def _of(comparison: Comparison, name: str, axis: str = "step") -> dict[str, Trace]:
    chart = next(chart for chart in comparison.charts() if chart.name == name)
    return {trace.label: trace for trace in comparison.traces(chart, axis)}  # type: ignore[arg-type]


def _without(run: Run, *names: str) -> Run:
    return dataclasses.replace(run, rows={t: columns for t, columns in run.rows.items() if t.name not in names})


def test_the_share_of_the_threshold_comes_first_and_has_its_edge_at_one(comparison: Comparison) -> None:
    assert [chart.name for chart in comparison.charts()] == ["ratio", "loss", "sharpness", "test-loss", "step-size"]
    traces = _of(comparison, "ratio")
    assert list(traces) == ["edge", "small", "large"], "the first run is drawn last"
    assert (traces["edge"].x.tolist(), traces["edge"].y.tolist()) == ([0, 399], [1, 1]), "from end to end"
    assert traces["large"].y[-1] == pytest.approx(1.0)
    assert traces["small"].y[-1] == pytest.approx(1.0)
    assert len({traces[name].ink for name in ("small", "large")}) == 2


def test_over_the_sum_of_step_sizes_runs_of_different_step_sizes_lie_together(comparison: Comparison) -> None:
    traces = _of(comparison, "loss", "eta-step")
    np.testing.assert_allclose(traces["large"].x, 0.2 * np.arange(400))
    np.testing.assert_allclose(traces["small"].x, 0.1 * np.arange(200))
    assert comparison.extent("eta-step") == pytest.approx((0.0, 0.2 * 399))
    assert comparison.extent("step") == (0.0, 399.0)
    assert comparison.extent("time") == pytest.approx((0.0, 3.99))


@pytest.mark.parametrize("axis", AXES)
def test_every_chart_has_a_finite_place_for_every_sample_on_every_axis(comparison: Comparison, axis: str) -> None:
    for chart in comparison.charts():
        for trace in _of(comparison, chart.name, axis).values():
            assert np.isfinite(trace.x).all()
            assert len(trace.x) == len(trace.y)
            assert (np.diff(trace.x) >= 0).all()


def test_runs_of_different_optimizers_are_each_a_share_of_their_own_threshold(feed_of: FeedOf) -> None:
    traces = _of(Comparison([_named(feed_of(adaptive()), "adam"), _named(feed_of(descent()), "gd")]), "ratio")
    assert traces["adam"].y[-1] == pytest.approx(1.0)
    assert traces["gd"].y[-1] == pytest.approx(1.0)


def test_a_run_without_sharpness_is_in_the_charts_that_it_has_values_for(feed_of: FeedOf) -> None:
    bare = _named(feed_of(_without(descent(), "hessian", "gauss_newton", "test")), "bare")
    both = Comparison([bare, _named(feed_of(descent()), "whole")])
    assert "bare" not in _of(both, "ratio")
    assert "bare" in _of(both, "loss")
    alone = Comparison([bare, bare])
    assert [chart.name for chart in alone.charts()] == ["loss", "step-size"]


def test_without_a_threshold_no_share_of_it_is_shown(feed_of: FeedOf) -> None:
    feed = feed_of(descent(formula="n/a", threshold=math.nan))
    assert "ratio" not in [chart.name for chart in Comparison([feed, feed]).charts()]


def test_runs_without_a_row_have_an_empty_chart_and_no_extent(feed_of: FeedOf) -> None:
    empty = dataclasses.replace(descent(), rows={TRAIN: {"step": np.empty(0)}})
    feeds: list[Feed] = [feed_of(empty), feed_of(empty)]
    comparison = Comparison(feeds)
    assert comparison.extent("step") is None
    assert [chart.name for chart in comparison.charts()] == ["loss"]
    assert comparison.traces(comparison.charts()[0], "eta-step") == []
