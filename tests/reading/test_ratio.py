"""Curves as shares of the threshold."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from eostui.reading.charts import LinePicture, pictures_of
from eostui.reading.ratio import Ratios
from eostui.reading.replay import ReplayFeed
from eostui.reading.trace import Trace
from eostui.store import TRAIN, RunFile
from tests.reading.runs import descent
from tests.reading.saved import FeedOf


def _traces(feed: ReplayFeed) -> list[Trace]:
    picture = pictures_of(feed)[0]
    assert isinstance(picture, LinePicture)
    return list(picture.traces(feed))


def _same(one: list[Trace], other: list[Trace]) -> None:
    assert [trace.label for trace in one] == [trace.label for trace in other]
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left.x, right.x)
        np.testing.assert_array_equal(left.y, right.y)


def test_what_is_divided_as_the_run_grows_and_goes_back_is_what_is_divided_at_once(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=0)
    kept = Ratios(feed)
    for step in (0, 1, 40, 500, 501, 502, 699, 600, 30, 699):
        feed.seek(step)
        _same(kept.of(_traces(feed)), Ratios(feed).of(_traces(feed)))


def test_each_value_is_divided_by_the_threshold_in_force_at_its_step(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=699)
    divided = {trace.label: trace for trace in Ratios(feed).of(_traces(feed))}
    hessian = feed.series["hessian"]
    threshold = feed.series["train"]["threshold"][hessian["step"]]
    np.testing.assert_allclose(divided["λ₁"].y[-len(threshold) :], hessian["eigenvalues"][:, 0] / threshold)
    np.testing.assert_allclose(divided["2/η"].y, 1.0)


def test_without_a_positive_threshold_no_share_is_claimed(feed_of: FeedOf) -> None:
    for threshold in (math.nan, 0.0, -3.0):
        run = descent(20, formula="n/a" if math.isnan(threshold) else "2/η")
        rows = {
            table: columns | {"threshold": np.full(20, threshold)} if table.name == TRAIN.name else columns
            for table, columns in run.rows.items()
        }
        feed = feed_of(dataclasses.replace(run, rows=rows))
        for trace in Ratios(feed).of(_traces(feed)):
            assert np.isnan(trace.y).all()


def test_a_trace_without_samples_stays_one(edge_run: RunFile) -> None:
    empty = Trace("x", np.empty(0), np.empty(0), "loss")
    assert Ratios(ReplayFeed(edge_run)).of([empty]) == [empty]
