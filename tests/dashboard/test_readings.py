"""A reading is there when its column is, and is what its definition says."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.feed import Feed
from eostui.dashboard.readings import Reading, readings_of
from tests.dashboard.conftest import FeedOf
from tests.dashboard.runs import adaptive, descent, minibatches, scheduled


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
