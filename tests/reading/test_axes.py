"""What the horizontal axis of a chart counts."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.reading.axes import AXES, LOG_STEPS, STEPS, Axis, axis_of
from eostui.reading.feed import Feed, Notice
from eostui.reading.series import Series
from eostui.store import TRAIN, Table


class Known(Feed):
    """A feed that has some rows of `train`."""

    def __init__(self, table: Table, columns: dict[str, object]) -> None:
        super().__init__()
        self.series = {TRAIN.name: Series(table)}
        self.series[TRAIN.name].extend({name: np.asarray(values) for name, values in columns.items()})

    def poll(self) -> list[Notice]:
        return []

    def close(self) -> None:
        pass


def measured(lr: object, time: object) -> dict[str, Axis]:
    """Every axis of a run with these step sizes and times at the steps 0, 1, …"""
    feed = Known(TRAIN, {"step": np.arange(len(np.asarray(lr))), "lr": lr, "time": time})
    return {name: axis_of(name, feed) for name in AXES}


def test_time_is_that_of_the_rows_and_goes_on_at_the_mean_speed() -> None:
    axis = measured(np.full(5, 0.1), [1, 2, 4, 8, 9])["time"]
    np.testing.assert_allclose(axis.forward([0, 1, 2, 3, 4, 2.5, 6]), [1, 2, 4, 8, 9, 6, 13])
    np.testing.assert_allclose(axis.inverse([1, 2, 4, 8, 9, 6, 13]), [0, 1, 2, 3, 4, 2.5, 6])


def test_eta_step_is_what_the_step_sizes_before_a_step_add_up_to() -> None:
    axis = measured([0.5, 0.5, 0.25, 1.0], np.arange(4))["eta-step"]
    np.testing.assert_allclose(axis.forward([0, 1, 2, 3]), [0, 0.5, 1.0, 1.25])
    assert axis.label == "η·step"


@pytest.mark.parametrize("rows", [0, 1])
def test_with_fewer_than_two_rows_the_axis_counts_steps(rows: int) -> None:
    axes = measured(np.ones(rows), np.ones(rows))
    assert axes["time"] is axes["eta-step"] is axes["step"] is STEPS
    assert axes["log-step"] is LOG_STEPS


def test_times_that_stand_still_or_are_missing_leave_a_rising_axis() -> None:
    axis = measured(np.ones(6), [0, 1, 1, np.nan, 0.5, 3])["time"]
    assert (np.diff(axis.forward(np.arange(6.0))) > 0).all()
    assert measured(np.ones(6), np.full(6, np.nan))["time"] is STEPS


def test_forward_and_inverse_undo_each_other_in_a_long_run() -> None:
    random = np.random.default_rng(0)
    count = 50_000
    axes = measured(random.uniform(0.1, 1, count), np.cumsum(random.uniform(0.1, 1, count)))
    steps = np.linspace(0, 1.2 * count, 97)
    for axis in axes.values():
        np.testing.assert_allclose(axis.inverse(axis.forward(steps)), steps, rtol=1e-9, atol=1e-6)


def test_a_run_without_such_a_column_counts_steps() -> None:
    feed = Known(TRAIN.without("lr").without("time"), {"step": np.arange(9)})
    assert axis_of("time", feed) is axis_of("eta-step", feed) is STEPS
