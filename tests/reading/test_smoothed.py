"""Gaussian means of a column, beside their definition."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.reading.charts import LinePicture, pictures_of
from eostui.reading.series import Series, series_of
from eostui.reading.smoothed import Smoothed
from eostui.store import TRAIN, Line
from tests.instruments.runs import config
from tests.reading.given import GivenFeed


def _rows(values: np.ndarray, first: int = 0) -> dict[str, np.ndarray]:
    return {"step": np.arange(first, first + len(values)), "loss": values}


def _mean(values: np.ndarray, at: int, width: int) -> float:
    near = np.arange(at - 3 * width, at + 3 * width + 1)
    weights = np.exp(-(((near - at) / width) ** 2) / 2)
    return float(np.sum(weights * values[near]) / np.sum(weights))


def test_each_mean_is_the_one_of_its_definition_however_the_rows_came() -> None:
    values = np.random.default_rng(0).normal(size=400)
    whole, parts, smoothed, other = Series(TRAIN), Series(TRAIN), Smoothed(), Smoothed()
    whole.extend(_rows(values))
    first, means = smoothed.means(whole, "loss", 20)
    assert (first, len(means)) == (60, 280)
    assert means[0] == pytest.approx(_mean(values, 60, 20))
    assert means[-1] == pytest.approx(_mean(values, 339, 20))
    at = 0
    for count in (1, 118, 3, 100, 178):
        parts.extend(_rows(values[at : at + count], at))
        at += count
        _, grown = other.means(parts, "loss", 20)
        assert len(grown) == max(at - 120, 0)
        np.testing.assert_allclose(grown, means[: len(grown)], rtol=1e-12)


def test_a_replay_sees_no_mean_of_rows_that_it_has_not_come_to() -> None:
    series, smoothed = Series(TRAIN), Smoothed()
    series.extend(_rows(np.arange(300.0)))
    for shown, count in ((300, 180), (150, 30), (100, 0), (200, 80)):
        series.shown = shown
        _, means = smoothed.means(series, "loss", 20)
        assert len(means) == count
        np.testing.assert_allclose(means, np.arange(60.0, 60 + count))


def test_a_series_that_begins_again_is_smoothed_again() -> None:
    series, smoothed = Series(TRAIN), Smoothed()
    series.extend(_rows(np.zeros(200)))
    smoothed.means(series, "loss", 5)
    series.clear()
    series.extend(_rows(np.ones(50)))
    assert smoothed.means(series, "loss", 5)[1] == pytest.approx(np.ones(20))


def test_a_line_is_not_smoothed_beyond_reason() -> None:
    with pytest.raises(ValueError, match="smoothed by 0 to 1000 rows, not 1001"):
        Line("loss", "loss", smooth=1001)


def test_a_chart_has_its_means_where_they_are_wanted() -> None:
    table = INSTRUMENTS["central-flow"].table(Scope.of(config()))
    feed = GivenFeed(series_of([TRAIN, table]), {}, {})
    feed.series["train"].extend(_rows(np.ones(200)))
    feed.series["central_flow"].extend({"step": np.arange(0, 200, 50), "predicted_loss": np.ones(4)})
    picture = next(picture for picture in pictures_of(feed) if picture.name == "mean-loss")
    assert isinstance(picture, LinePicture)
    means = next(trace for trace in picture.traces(feed) if trace.label == "run's mean")
    assert (means.x[0], means.x[-1]) == (60, 139)
    assert "run's mean" not in [trace.label for trace in picture.traces(feed, smoothed=False)]
