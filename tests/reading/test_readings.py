"""A reading is there when its column is, and is what its definition says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eostui.reading.feed import Feed
from eostui.reading.readings import Reading, readings_of
from tests.reading.runs import EVERY, adaptive, descent, instrumented, minibatches, scheduled
from tests.reading.saved import FeedOf


def _labels(feed: Feed) -> list[str]:
    return [reading.label for reading in readings_of(feed)]


def _reading(feed: Feed, label: str) -> Reading:
    return next(reading for reading in readings_of(feed) if reading.label == label)


def test_without_classes_there_is_no_accuracy(feed_of: FeedOf) -> None:
    assert _labels(feed_of(descent())) == ["loss", "accuracy", "sharpness", "S/thresh", "‖∇L‖"]
    assert _labels(feed_of(descent(accuracy=False))) == ["loss", "sharpness", "S/thresh", "‖∇L‖"]


def test_without_a_threshold_nothing_is_divided_by_it(feed_of: FeedOf) -> None:
    assert "S/thresh" not in _labels(feed_of(descent(formula="n/a", threshold=float("nan"))))


def test_an_adaptive_optimizer_has_both_kinds_of_sharpness_and_the_ratio_is_of_the_preconditioned(
    feed_of: FeedOf,
) -> None:
    feed = feed_of(adaptive())
    assert _labels(feed) == ["loss", "accuracy", "sharpness", "precond S", "S/thresh", "‖∇L‖"]
    preconditioned = _reading(feed, "precond S").values(feed)
    assert preconditioned[-1] == 3800.0
    assert _reading(feed, "sharpness").values(feed)[-1] == pytest.approx(30.0)
    ratio = _reading(feed, "S/thresh")
    np.testing.assert_array_equal(ratio.values(feed), preconditioned / 3800)
    assert ratio.definition.startswith("preconditioned sharpness divided by")
    assert "38/η" in ratio.definition


def test_each_ratio_is_to_the_threshold_of_its_own_step(feed_of: FeedOf) -> None:
    feed = feed_of(scheduled())
    train, hessian = feed.series["train"], feed.series["hessian"]
    thresholds = train["threshold"][hessian["step"]]
    np.testing.assert_array_equal(_reading(feed, "S/thresh").values(feed), hessian["eigenvalues"][:, 0] / thresholds)
    assert _reading(feed, "S/thresh").values(feed)[0] < 0.01


def test_an_infinite_threshold_is_a_ratio_of_zero_and_none_at_all_is_nan(feed_of: FeedOf) -> None:
    feed = feed_of(descent(steps=30))
    feed.series["train"].all("threshold")[:] = np.repeat([np.inf, np.nan, 0.0], 10)
    ratio = _reading(feed, "S/thresh").values(feed)
    assert ratio[0] == 0.0
    assert np.isnan(ratio[1])
    assert ratio[2] == np.inf


def test_minibatches_are_said_to_be_minibatches(feed_of: FeedOf) -> None:
    feed = feed_of(minibatches())
    for label in ("loss", "accuracy", "‖∇L‖"):
        assert "the examples of the minibatch" in _reading(feed, label).definition
    assert "full-batch 2/η, a reference only" in _reading(feed, "S/thresh").definition


def test_the_sharpness_and_its_ratio_are_the_tracked_ones_at_every_step(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented(), start=205)
    sharpness, ratio = _reading(feed, "sharpness"), _reading(feed, "S/thresh")
    np.testing.assert_array_equal(sharpness.values(feed), feed.series["tracked"]["sharpness"])
    np.testing.assert_array_equal(ratio.values(feed), feed.series["tracked"]["sharpness"] / 40)
    assert "Rayleigh quotient" in sharpness.definition
    assert "Rayleigh quotient" in ratio.definition
    assert ratio.definition.startswith("sharpness divided by")


def test_a_certified_sharpness_that_is_newer_than_the_tracked_one_is_the_present_one(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented(), start=205)
    feed.series["tracked"].shown = 195
    values = _reading(feed, "sharpness").values(feed)
    assert len(values) == 195 + 1
    assert values[-1] == feed.series["hessian"]["eigenvalues"][200 // EVERY, 0]
    feed.series["tracked"].shown = 0
    np.testing.assert_array_equal(_reading(feed, "sharpness").values(feed), feed.series["hessian"]["eigenvalues"][:, 0])


def test_the_sharpness_that_the_threshold_is_not_for_is_not_tracked(feed_of: FeedOf) -> None:
    tracked = {table: columns for table, columns in instrumented().rows.items() if table.name == "tracked"}
    run = adaptive()
    feed = feed_of(dataclasses.replace(run, rows={**run.rows, **tracked}))
    assert len(_reading(feed, "sharpness").values(feed)) == 400 / EVERY
    assert len(_reading(feed, "precond S").values(feed)) == 399
    assert "Rayleigh" not in _reading(feed, "sharpness").definition
