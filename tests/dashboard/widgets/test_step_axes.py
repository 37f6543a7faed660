"""Charts over steps, their logarithm, time, and the sum of the step sizes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from eostui.dashboard.widgets import Chart, Trace
from eostui.dashboard.widgets.decimate import Columns, Decimator
from eostui.dashboard.widgets.step_ticks import step_ticks
from eostui.dashboard.widgets.view import window_over
from eostui.reading.axes import LOG_STEPS, STEPS, Axis, TabulatedAxis
from tests.dashboard.widgets.screen_text import Stage, lines, plot_rows

SLOWING = TabulatedAxis("time", "time", "seconds", np.array([0.0, 500.0, 1000.0]), np.array([0.0, 100.0, 1000.0]))
SUMMED = TabulatedAxis("eta-step", "η·step", "plain", np.array([0.0, 500.0, 1000.0]), np.array([0.0, 50.0, 550.0]))


def labels(axis: Axis, start: float, stop: float, most: int = 8) -> list[str]:
    return [label for _, label in step_ticks(axis, start, stop, most)]


def steps_axis(chart: Chart) -> list[str]:
    """The words in the lower side of the border."""
    return lines(chart)[-1].strip("╰─╯").replace("─", " ").split()


def seconds(last: float) -> Axis:
    return TabulatedAxis("time", "time", "seconds", np.array([0.0, 100.0]), np.array([0.0, last]))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (4, ["0", "1 s", "2 s", "3 s", "4 s"]),
        (90, ["0", "15 s", "30 s", "45 s", "60 s", "75 s", "90 s"]),
        (600, ["0", "2 min", "4 min", "6 min", "8 min", "10 min"]),
        (3 * 3600, ["0.0", "0.5 h", "1.0 h", "1.5 h", "2.0 h", "2.5 h", "3.0 h"]),
        (36 * 3600, ["0", "6 h", "12 h", "18 h", "24 h", "30 h", "36 h"]),
        (6 * 86400, ["0", "1 d", "2 d", "3 d", "4 d", "5 d", "6 d"]),
    ],
)
def test_time_is_written_in_seconds_minutes_hours_or_days(last: float, expected: list[str]) -> None:
    assert labels(seconds(last), 0, 100) == [text.replace("0.0", "0") for text in expected]


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 2), (3, 7.5), (0.5, 1.5), (10, 12), (0, 1_000_000)])
def test_steps_are_whole(start: float, stop: float) -> None:
    steps = [step for step, _ in step_ticks(STEPS, start, stop, 8)]
    assert steps
    assert all(step == int(step) and start <= step <= stop for step in steps)
    assert not any("." in label for label in labels(STEPS, start, min(stop, 99_999)))


def test_the_logarithm_has_powers_of_ten_and_zero() -> None:
    assert labels(LOG_STEPS, 0, 10_000) == ["0", "1", "10", "100", "1k", "10k"]


@pytest.mark.parametrize("axis", [LOG_STEPS, SLOWING, SUMMED])
async def test_a_line_that_is_straight_on_the_axis_is_straight_on_the_chart(axis: Axis) -> None:
    chart = Chart("y")
    x = np.arange(1001)
    async with Stage(chart).run_test(size=(90, 30)):
        chart.show([Trace("y", x, axis.forward(x), "loss")], x_range=(0, 1000), axis=axis)
        rows = plot_rows(chart)
        width = len(rows[0])
        drawn = [np.mean([y for y, row in enumerate(rows) if row[column] != " "]) for column in range(width)]
        slope = np.diff(drawn)
        straight = np.polyval(np.polyfit(np.arange(width), drawn, 1), np.arange(width))
        assert (slope <= 1e-9).all()
        assert np.abs(drawn - straight).max() < 1
        assert steps_axis(chart)[0] == axis.label[:6]


async def test_a_run_followed_in_time_shows_what_drawing_it_at_once_shows() -> None:
    random = np.random.default_rng(0)
    steps = np.arange(3000)
    clock = np.cumsum(random.uniform(0.1, 0.5, 3000))
    y = np.cumsum(random.normal(size=3000))
    followed, at_once = Chart("y"), Chart("y")

    def axis(count: int) -> Axis:
        return TabulatedAxis("time", "time", "seconds", steps[:count].astype(float), clock[:count])

    async with Stage(followed, at_once).run_test(size=(90, 40)):
        for count in (500, 900, 1500, 2900, 2950, 3000):
            followed.show([Trace("y", steps[:count], y[:count], "loss")], axis=axis(count))
        at_once.show([Trace("y", steps, y, "loss")], axis=axis(3000))
        assert plot_rows(followed) == plot_rows(at_once)


@pytest.mark.parametrize("axis", [STEPS, LOG_STEPS, SLOWING])
def test_new_rows_alone_are_looked_at_where_old_ones_keep_their_columns(axis: Axis) -> None:
    x, y = np.arange(1_000_000), np.random.default_rng(0).normal(size=1_000_000)
    columns = Columns(0, 1_250_000, 240, axis)
    decimator = Decimator()
    decimator.update(x[:-100], y[:-100], columns, positive=False)
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        decimator.update(x, y, columns, positive=False)
        taken.append(time.perf_counter() - start)
    anew = Decimator().update(x, y, columns, positive=False)
    np.testing.assert_array_equal(decimator.update(x, y, columns, positive=False).high, anew.high)
    assert min(taken) < 0.005


@pytest.mark.parametrize("axis", [SLOWING, SUMMED])
def test_a_window_grows_in_jumps_of_what_the_axis_counts(axis: Axis) -> None:
    spans = {round(float(axis.forward(window_over(0, last, axis)[1])), 6) for last in range(700, 1000)}
    assert len(spans) <= 8
    assert all(window_over(0, last, axis)[1] >= last for last in range(1, 1000))


async def test_the_first_sample_has_a_whole_step_and_zero_in_its_range() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(80, 14)):
        chart.show([Trace("train", np.array([0]), np.array([1.76]), "loss")])
        assert steps_axis(chart) == ["step", "0", "1"]
        ticks = [float(line.split("┤")[0].strip("│ ")) for line in lines(chart) if "┤" in line]
        assert min(ticks) == 0
        assert max(ticks) >= 3
        chart.log_axis = True
        ticks = [float(line.split("┤")[0].strip("│ ")) for line in lines(chart) if "┤" in line]
        assert max(ticks) / min(ticks) >= 5
