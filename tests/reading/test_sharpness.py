"""There is one S: certified where the solver measured, tracked elsewhere, and everything that is said of it agrees."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import pytest

from eostui.cli.headless import progress_line
from eostui.reading.edge import edge_of
from eostui.reading.feed import Feed
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.readings import readings_of
from eostui.reading.regime import Regime, present_regime
from eostui.reading.series import Series
from eostui.reading.sharpness import sharpness_of
from eostui.store import TRAIN, eigenvalue_table
from tests.reading.given import GivenFeed
from tests.reading.runs import adaptive, instrumented, table
from tests.reading.saved import FeedOf


def _feed(
    certified: dict[int, float],
    tracked: dict[int, float],
    *,
    steps: int,
    threshold: float = 60.0,
    doubtful: Sequence[int] = (),
    error: float = 0.01,
) -> GivenFeed:
    """A run of so many steps with these values of S at some of them; `doubtful` are not certified after all."""
    train, solved, followed = Series(TRAIN), Series(eigenvalue_table("hessian", "H", 1)), Series(table("tracked"))
    _train(train, 0, steps, threshold)
    at = np.array(list(certified), dtype=int)
    values = np.array(list(certified.values()), dtype=float)[:, None]
    errors = np.full_like(values, error)
    sure = np.array([step not in doubtful for step in certified], dtype=int)
    rows = {"step": at, "eigenvalues": values, "residuals": 10 * errors, "errors": errors, "products": 0 * at}
    solved.extend({**rows, "certified": sure})
    _track(followed, tracked)
    return GivenFeed({"train": train, "hessian": solved, "tracked": followed}, {}, {"threshold": "2/η"})


def _train(train: Series, start: int, stop: int, threshold: float) -> None:
    steps = np.arange(start, stop)
    others = dict.fromkeys(("time", "accuracy", "grad_norm"), np.zeros(len(steps)))
    level = np.full(len(steps), threshold)
    train.extend({"step": steps, "lr": 2 / level, "threshold": level, "loss": np.full(len(steps), 0.5), **others})


def _track(followed: Series, tracked: dict[int, float]) -> None:
    at, values = np.array(list(tracked), dtype=int), np.array(list(tracked.values()), dtype=float)
    followed.extend({"step": at, "sharpness": values, "residual": 0 * values, "certified": 0 * at})


def _reading(feed: Feed, label: str) -> float:
    (reading,) = (reading for reading in readings_of(feed) if reading.label == label)
    return float(reading.values(feed)[-1])


def test_every_word_and_number_says_below_where_the_tracked_sharpness_has_fallen_below() -> None:
    """Step 20 of fc-tanh on cifar10-1k at η = 2/60: one certified value, long out of date."""
    falling = dict(zip(range(21), np.linspace(77.3, 50.55, 21), strict=True))
    feed = _feed({0: 77.3}, falling, steps=21)
    present = PresentSharpness.of(feed)
    assert present is not None
    assert (present.value, present.step, present.certified, present.since) == (50.55, 20, False, 20)
    assert present.ratio == pytest.approx(50.55 / 60)
    assert present.text == "certified 20 steps ago ±0.010"
    assert _reading(feed, "sharpness") == 50.55
    assert _reading(feed, "S/thresh") == pytest.approx(50.55 / 60)
    assert present_regime(feed) is not Regime.ABOVE
    assert "sharpness 50.55  2/η 60" in progress_line(feed).plain
    assert "1 of 21 values certified, 20 tracked" in edge_of(feed).text


def test_before_anything_was_measured_stands_a_dash() -> None:
    feed = _feed({}, {}, steps=3)
    assert PresentSharpness.of(feed) is None
    assert progress_line(feed).plain == "step 2  loss 0.5  accuracy 0.000  sharpness –  2/η 60"


def test_a_few_steps_later_the_regime_is_below_the_edge() -> None:
    falling = dict(zip(range(26), np.linspace(77.3, 44.0, 26), strict=True))
    assert present_regime(_feed({0: 77.3}, falling, steps=26)) is Regime.FLATTENING


def test_it_is_the_solvers_value_at_its_steps_and_the_tracked_one_at_all_others() -> None:
    known = sharpness_of(_feed({0: 10, 3: 13, 9: 19}, {0: 9.9, 1: 11, 2: 12, 3: 12.9, 4: 14}, steps=10))
    assert known.steps.tolist() == [0, 1, 2, 3, 4, 9]
    assert known.values.tolist() == [10, 11, 12, 13, 14, 19]
    assert known.certified.tolist() == [1, 0, 0, 1, 0, 1]
    np.testing.assert_allclose(known.ratios, known.values / 60)


def test_rows_that_come_late_take_their_place() -> None:
    feed = _feed({0: 10, 6: 16}, {0: 10, 1: 11}, steps=2)
    assert math.isnan(sharpness_of(feed).thresholds[-1]) is False
    _train(feed.series["train"], 2, 7, 120.0)
    _track(feed.series["tracked"], {2: 12, 3: 13, 4: 14})
    known = sharpness_of(feed)
    assert known.steps.tolist() == [0, 1, 2, 3, 4, 6]
    assert known.values.tolist() == [10, 11, 12, 13, 14, 16]
    assert known.thresholds.tolist() == [60, 60, 120, 120, 120, 120]


def test_a_replay_that_goes_back_knows_no_more_than_it_shows(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented())
    whole = sharpness_of(feed).values.copy()
    for step in (300, 120, 121, 122, 10, 399):
        feed.seek(step)
        known = sharpness_of(feed)
        assert known.steps[-1] == step
        np.testing.assert_array_equal(known.values, whole[: step + 1])


def test_a_replay_knows_the_same_wherever_it_comes_from(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented())
    for step in (390, 395, 3, 391, 390, 0, 20):
        feed.seek(step)
        straight = feed_of(instrumented())
        straight.seek(step)
        known, expected = sharpness_of(feed), sharpness_of(straight)
        for name in ("steps", "values", "thresholds", "ratios", "solved", "certified"):
            np.testing.assert_array_equal(getattr(known, name), getattr(expected, name), err_msg=f"{name} at {step}")


def test_of_an_adaptive_optimizer_nothing_is_known_before_there_is_a_preconditioner(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive(), start=0)
    assert PresentSharpness.of(feed) is None
    feed.seek(10)
    present = PresentSharpness.of(feed)
    assert present is not None
    assert (present.step, present.certified) == (10, True)
    assert present.text == f"certified ±{1e-4 * present.value:.3f}"


@pytest.mark.parametrize(
    ("certified", "doubtful", "text"),
    [
        ({}, [], "tracked, never certified"),
        ({0: 10}, [0], "not certified"),
        ({0: 10, 5: 15}, [5], "certified 7 steps ago ±0.010, not certified since"),
        ({7: 17}, [], "certified ±0.010"),
        ({6: 16}, [], "certified 1 step ago ±0.010"),
    ],
)
def test_it_says_how_well_it_is_known(certified: dict[int, float], doubtful: list[int], text: str) -> None:
    present = PresentSharpness.of(_feed(certified, {1: 11, 7: 17}, steps=8, doubtful=doubtful))
    assert present is not None
    assert present.text == text


def test_a_file_without_estimates_has_the_residual_for_an_error() -> None:
    present = PresentSharpness.of(_feed({0: 10}, {}, steps=1, error=math.nan))
    assert present is not None
    assert present.text == "certified"
    feed = _feed({0: 10}, {}, steps=1, error=math.nan)
    feed.series["hessian"].all("residuals")[:] = 0.2
    present = PresentSharpness.of(feed)
    assert present is not None
    assert present.text == "certified ±0.20"


def test_a_threshold_that_nothing_is_below_is_exceeded_and_one_out_of_reach_is_not() -> None:
    assert sharpness_of(_feed({0: 10}, {}, steps=1, threshold=-3.0)).ratios[0] == math.inf
    assert sharpness_of(_feed({0: 10}, {}, steps=1, threshold=math.inf)).ratios[0] == 0.0
    assert math.isnan(sharpness_of(_feed({0: 10}, {}, steps=1, threshold=math.nan)).ratios[0])
    assert math.isnan(sharpness_of(_feed({0: math.nan}, {}, steps=1)).ratios[0])


def test_a_million_rows_take_no_time_to_follow() -> None:
    count = 1_000_000
    feed = _feed({0: 10.0}, {}, steps=count)
    rows = {"step": np.arange(count), "sharpness": np.full(count, 50.0), "residual": np.zeros(count)}
    feed.series["tracked"].extend({**rows, "certified": np.zeros(count, dtype=int)})
    present_regime(feed)
    times = []
    for step in range(count, count + 9):
        _train(feed.series["train"], step, step + 1, 60.0)
        _track(feed.series["tracked"], {step: 51.0})
        start = time.perf_counter()
        present = PresentSharpness.of(feed)
        present_regime(feed)
        times.append(time.perf_counter() - start)
    assert present is not None
    assert (present.value, present.since) == (51.0, count + 8)
    assert sorted(times)[len(times) // 2] < 0.01
