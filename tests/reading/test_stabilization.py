"""The cycle of the sharpness that self-stabilization predicts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.reading.charts import LinePicture, pictures_of
from eostui.reading.series import series_of
from eostui.reading.stabilization import cycle, predicted_cycle
from eostui.store import TRAIN
from tests.instruments.runs import config
from tests.reading.given import GivenFeed

ALPHA, BETA, LR = 0.02, 8.0, 0.1


def _feed(last: int) -> GivenFeed:
    """A run of so many steps that measures every ten of them."""
    scope = Scope.of(config(lr=LR))
    names = ("hessian", "oscillation", "self-stabilization")
    feed = GivenFeed(series_of([TRAIN, *(INSTRUMENTS[name].table(scope) for name in names)]), {}, {})
    steps, measured = np.arange(last + 1), np.arange(0, last + 1, 10)
    feed.series["train"].extend({"step": steps, "lr": np.full(len(steps), LR), "threshold": np.full(len(steps), 20.0)})
    period = 2 * math.pi / (LR * math.sqrt(2 * ALPHA))
    feed.series["self_stabilization"].extend(
        {
            "step": measured,
            "alpha": np.full(len(measured), ALPHA),
            "beta": np.full(len(measured), BETA),
            "period": np.full(len(measured), period),
        }
    )
    wide = np.full((len(measured), 3), np.nan)
    wide[:, 0] = 0.01
    feed.series["oscillation"].extend({"step": measured, "oscillation": wide})
    values = wide + 20.5
    feed.series["hessian"].extend(
        {
            **{"step": measured, "eigenvalues": values, "residuals": wide, "errors": wide},
            **{"products": np.zeros(len(measured), np.int64), "certified": np.ones(len(measured), np.int64)},
        }
    )
    return feed


def test_the_cycle_is_its_recursion_and_keeps_what_it_must() -> None:
    x, y, values = 0.01, 0.5, cycle(0.01, 0.5, ALPHA, BETA, LR, 400)
    for value in values:
        assert value == pytest.approx(y, rel=1e-12, abs=1e-15)
        x, y = -(1 + LR * y) * x, y + LR * (ALPHA - BETA * x * x / 2)
    assert values.max() > 0.5
    assert values.min() < -0.3  # it goes round
    delta = math.sqrt(2 * ALPHA / BETA)
    np.testing.assert_allclose(cycle(delta, 0.0, ALPHA, BETA, LR, 50), 0.0, atol=1e-12)


def test_it_begins_at_the_newest_measurement_that_is_a_period_old() -> None:
    feed = _feed(600)
    trace = predicted_cycle(feed)
    assert trace is not None
    period = 2 * math.pi / (LR * math.sqrt(2 * ALPHA))
    assert trace.x[0] == 10 * math.floor((600 - period) / 10)
    assert trace.x[-1] == trace.x[0] + math.ceil(period)
    assert trace.y[0] == pytest.approx(20.51)
    np.testing.assert_allclose(trace.y, 20 + cycle(0.01, 0.51, ALPHA, BETA, LR, len(trace.x) - 1))
    picture = next(picture for picture in pictures_of(feed) if picture.name == "sharpness")
    assert isinstance(picture, LinePicture)
    assert "predicted cycle" in [drawn.label for drawn in picture.traces(feed)]
    assert "predicted cycle" in picture.definition(feed)


def test_there_is_none_before_a_period_is_over() -> None:
    assert predicted_cycle(_feed(200)) is None
