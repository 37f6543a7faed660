"""A series that swings from step to step is a line through its middle, with a faint band around it."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets import Chart, Trace
from eostui.dashboard.widgets.decimate import Columns, Decimator
from tests.dashboard.widgets.screen_text import Stage, lines, plot_rows, segments


def swinging(steps: int = 20_000) -> Trace:
    """Swings between 0 and 8 around a middle that falls from 5 to 3."""
    x = np.arange(steps)
    return Trace("loss", x, np.linspace(5, 3, steps) + 3 * (-1.0) ** x, "loss")


async def test_a_swinging_series_is_a_line_within_a_faint_band() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(80, 20)):
        chart.show([swinging()], x_range=(0, 20_000))
        area = chart.area
        assert area is not None
        loss, faint = (chart.get_visual_style(f"chart--{ink}").rich_style.color for ink in ("loss", "envelope"))
        cells = [[(s, seg.style.color) for seg in row if seg.style for s in seg.text] for row in segments(chart)]
        for x in range(area.left, area.right):
            column = [cells[y][x] for y in range(area.top, area.bottom)]
            line = [y for y, (sign, colour) in enumerate(column) if sign != " " and colour == loss]
            band = [y for y, (sign, colour) in enumerate(column) if sign != " " and colour == faint]
            assert 1 <= len(line) <= 2, "the line"
            assert len(band) >= 8
            assert min(band) < line[0] < max(band)


async def test_another_line_is_seen_within_the_band() -> None:
    chart = Chart("loss")
    level = Trace("test", np.arange(0, 20_000, 100), np.full(200, 6.0), "test-loss")
    async with Stage(chart).run_test(size=(80, 20)):
        chart.show([level, swinging()], x_range=(0, 20_000))
        test = chart.get_visual_style("chart--test-loss").rich_style.color
        runs = [[seg.text for seg in row if seg.style and seg.style.color == test] for row in segments(chart)]
        drawn = max(len("".join(texts)) for texts in runs)
        assert drawn > len(plot_rows(chart)[0]) - 3


@pytest.mark.parametrize("log", [False, True])
async def test_no_spike_is_lost_in_a_band(log: bool) -> None:
    chart = Chart("loss", log_axis=log)
    one = swinging()
    y = one.y + 0.5
    y[12_345] = y[:12_000].max() + 2
    async with Stage(chart).run_test(size=(80, 20)):
        chart.show([Trace("loss", one.x, y, "loss")], x_range=(0, 20_000))
        area = chart.area
        assert area is not None
        column = area.column(12_345)
        assert column is not None
        tops = [next(i for i, row in enumerate(lines(chart)[1:-1]) if row[x] != " ") for x in (column, column - 5)]
        assert tops[0] < tops[1]


def test_the_middle_of_a_column_is_what_it_swings_around_however_it_came() -> None:
    one = swinging(1000)
    columns = Columns(0, 1000, 10)
    at_once = Decimator().update(one.x, one.y, columns, positive=False)
    followed = Decimator()
    for count in range(1, 1001, 37):
        followed.update(one.x[:count], one.y[:count], columns, positive=False)
    grown = followed.update(one.x, one.y, columns, positive=False)
    np.testing.assert_array_equal(grown.middle, at_once.middle)
    np.testing.assert_allclose(at_once.middle, np.linspace(4.9, 3.1, 10), atol=0.05)
