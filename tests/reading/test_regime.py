"""The words for a run's regime mean what the help says."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from eostui.reading.regime import Regime, present_regime, regimes_of
from eostui.reading.series import Series
from eostui.store import TRAIN, eigenvalue_table
from tests.reading.given import GivenFeed
from tests.reading.runs import adaptive, descent, minibatches, scheduled
from tests.reading.saved import FeedOf


def _regime(sharpness: list[float], losses: list[float] | None = None, threshold: float = 100.0) -> Regime:
    """The regime after measurements every ten steps."""
    train, hessian = Series(TRAIN), Series(eigenvalue_table("hessian", "H", 1))
    steps = np.arange(10 * max(len(sharpness), 1))
    loss = np.full(len(steps), 0.5)
    if losses is not None:
        loss[-len(losses) :] = losses
    others: dict[str, np.ndarray] = dict.fromkeys(("time", "lr", "accuracy", "grad_norm"), np.zeros(len(steps)))
    train.extend({"step": steps, "loss": loss, "threshold": np.full(len(steps), threshold), **others})
    rows = np.array(sharpness)[:, None]
    none = np.zeros_like(rows)
    measured = 10 * np.arange(len(sharpness))
    others = {"residuals": none, "errors": none, "products": 0 * measured, "certified": 1 + 0 * measured}
    hessian.extend({"step": measured, "eigenvalues": rows, **others})
    return present_regime(GivenFeed({"train": train, "hessian": hessian}, {}, {"threshold": "2/η"}))


@pytest.mark.parametrize(
    ("sharpness", "regime"),
    [
        ([], Regime.UNKNOWN),
        ([math.nan], Regime.UNKNOWN),
        ([40], Regime.BELOW),
        ([40, 45, 50], Regime.SHARPENING),
        ([60, 50, 40], Regime.FLATTENING),
        ([50, 50.1, 50.2], Regime.STABLE),
        ([90, 95, 105, 99, 104], Regime.EDGE),
        ([10, 20, 30, 98, 101, 103, 99, 102], Regime.EDGE),
        ([130, 150, 170], Regime.ABOVE),
    ],
)
def test_the_sharpness_over_the_threshold_decides(sharpness: list[float], regime: Regime) -> None:
    assert _regime(sharpness) is regime


@pytest.mark.parametrize("losses", [[math.nan], [math.inf], [0.5, 6.0]])
def test_an_exploding_loss_is_diverging_whatever_the_sharpness(losses: list[float]) -> None:
    assert _regime([99, 101], losses) is Regime.DIVERGING


def test_a_jagged_loss_at_the_edge_is_not_diverging() -> None:
    assert _regime([99, 101, 100], [0.2, 0.5, 0.1, 0.6]) is Regime.EDGE


def test_without_a_threshold_there_is_no_edge_to_be_at() -> None:
    assert _regime([99, 101], threshold=math.nan) is Regime.NO_THRESHOLD


@pytest.mark.parametrize("threshold", [0.0, -3.0])
def test_a_threshold_that_nothing_is_below_is_exceeded(threshold: float) -> None:
    assert _regime([99, 101], threshold=threshold) is Regime.ABOVE


def test_an_infinite_threshold_is_out_of_reach() -> None:
    assert _regime([99, 101], threshold=math.inf) is Regime.SHARPENING


def test_a_network_without_any_curvature_is_stable() -> None:
    assert _regime([0.0, 0.0, 0.0]) is Regime.STABLE


def _told(regime: Regime, pattern: str) -> list[float]:
    """The numbers in the definition of a regime."""
    found = re.search(pattern, regime.definition)
    assert found, regime.definition
    return [float(number) for number in found.groups()]


def test_the_limits_that_are_told_are_those_that_decide() -> None:
    lower, upper = _told(Regime.EDGE, r"from (\S+) to (\S+) in")
    assert _told(Regime.ABOVE, r"over (\S+) in") == [upper]
    assert _told(Regime.BELOW, r"under (\S+),") == [lower]
    ratios = (lower - 0.01, lower + 0.01, upper - 0.01, upper + 0.01)
    regimes = [Regime.BELOW, Regime.EDGE, Regime.EDGE, Regime.ABOVE]
    assert [_regime([100 * ratio]) for ratio in ratios] == regimes
    for regime, sign in ((Regime.SHARPENING, 1), (Regime.FLATTENING, -1)):
        (percent,) = _told(regime, r"by over (\S+) %")
        assert _regime([50, 50 * (1 + sign * (percent + 0.1) / 100)]) is regime
        assert _regime([50, 50 * (1 + sign * (percent - 0.1) / 100)]) is Regime.STABLE
    assert _told(Regime.STABLE, r"less than (\S+) %") == [percent]
    (times,) = _told(Regime.DIVERGING, r"over (\S+) ×")
    assert _regime([50, 50], [0.1, 0.1 * (times - 0.5)]) is Regime.STABLE
    assert _regime([50, 50], [0.1, 0.1 * (times + 0.5)]) is Regime.DIVERGING


def test_an_adaptive_optimizer_is_judged_by_its_preconditioned_sharpness(feed_of: FeedOf) -> None:
    feed = feed_of(adaptive())
    assert present_regime(feed) is Regime.EDGE
    feed.seek(0)
    assert present_regime(feed) is Regime.UNKNOWN
    feed.seek(100)
    assert present_regime(feed) is Regime.SHARPENING


def test_of_minibatches_no_regime_is_claimed(feed_of: FeedOf) -> None:
    feed = feed_of(minibatches())
    assert present_regime(feed) is Regime.MINIBATCH
    assert regimes_of(feed) == [Regime.MINIBATCH]
    feed.series["train"].all("loss")[-1] = math.inf
    assert present_regime(feed) is Regime.MINIBATCH


def test_a_sharpness_that_is_not_measured_any_more_gives_no_regime(feed_of: FeedOf) -> None:
    run = descent()
    last = int(next(columns["step"][-1] for table, columns in run.rows.items() if table.name == "hessian"))
    for step, regimes in ((last, [Regime.OFF, Regime.DIVERGING]), (last - 1, None)):
        out = (step, "tracking", {"instrument": "hessian", "table": "hessian", "measures": False, "gradients": 9.0})
        feed = feed_of(dataclasses.replace(run, events=(out,)))
        assert (present_regime(feed) is Regime.OFF) == (regimes is not None)
        assert regimes is None or regimes_of(feed) == regimes


def test_the_end_of_a_schedule_is_below_the_edge(feed_of: FeedOf) -> None:
    feed = feed_of(scheduled())
    assert feed.series["train"].last("threshold") == math.inf
    assert present_regime(feed) is Regime.STABLE


def test_the_regimes_told_of_are_those_that_the_run_can_be_in(feed_of: FeedOf) -> None:
    feed = feed_of(descent())
    assert set(Regime) - set(regimes_of(feed)) == {Regime.OFF, Regime.NO_THRESHOLD, Regime.MINIBATCH}
    feed = feed_of(descent(formula="n/a", threshold=math.nan))
    assert present_regime(feed) in regimes_of(feed)
    assert Regime.EDGE not in regimes_of(feed)


def test_every_regime_has_a_word_and_a_definition_of_its_own() -> None:
    assert len({regime.word for regime in Regime}) == len(Regime)
    assert all(regime.definition for regime in Regime)
