"""The cursor of a chart: keys, what it reads off, and who is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from textual import on

from eostui.dashboard.widgets import Chart, Mark, Trace
from tests.dashboard.widgets.screen_text import (
    Stage,
    headline,
    lines,
    plot_left,
    plot_rows,
    segments,
)
from tests.dashboard.widgets.traces import trace


class Listening(Stage):
    @on(Chart.CursorMoved)
    def hear(self, message: Chart.CursorMoved) -> None:
        self.heard.append((message.control, message.step))


async def test_the_cursor_reads_exact_values_and_tells_the_app() -> None:
    chart = Chart("sharpness")
    x = np.arange(0, 1000, 10)
    app = Listening(chart)
    async with app.run_test(size=(100, 12)) as pilot:
        chart.show([trace(np.arange(1000) / 7, "a"), Trace("b", x, x.astype(np.float64), "first")])
        chart.focus()
        await pilot.press("ctrl+end")
        assert headline(chart) == "sharpness ─ step 999  b 990.00  a 142.71"
        await pilot.press("ctrl+home")
        assert chart.cursor_step == 0
        await pilot.press("right", "right", *["right"] * 10, "left")
        column = plot_left(chart) + 11
        assert all(line[column] in "│⠁⠈⠉⣀⠤⠒⠔⠊⡠⢀" or 0x2800 < ord(line[column]) < 0x2900 for line in lines(chart)[1:-1])
        step = chart.cursor_step
        assert step is not None
        assert abs(step - 11.5 / len(plot_rows(chart)[0]) * 1000) <= 0.5
        assert f"step {step:.0f}  b {step // 10 * 10:.2f}"[:12] in headline(chart)
        assert len(app.heard) == 15
        await pilot.press("escape")
        assert app.heard[14:] == [(chart, step), (chart, None)]
        assert chart.cursor_step is None


async def test_the_cursor_moves_by_single_steps_where_there_are_few() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(80, 10)) as pilot:
        chart.show([trace([5, 4, 3, 2, 1])])
        chart.focus()
        seen = []
        for key in ("left", "left", "left", "right", "right", "right"):
            await pilot.press(key)
            seen.append(chart.cursor_step)
        assert seen == [4, 3, 2, 3, 4, 4]


async def test_a_cursor_set_by_the_app_is_shown_and_not_told_back() -> None:
    charts = Chart("loss"), Chart("sharpness")
    app = Listening(*charts)
    async with app.run_test(size=(60, 24)) as pilot:
        for chart in charts:
            chart.show([trace(np.arange(100.0))])
            chart.cursor_step = 42
        await pilot.pause()
        assert all("step 42  y 42.000" in lines(chart)[0] for chart in charts)
        assert app.heard == []


async def test_escape_without_a_cursor_is_left_to_the_app() -> None:
    class Escaping(Stage):
        BINDINGS = [("escape", "hear", "Hear")]  # noqa: RUF012

        def action_hear(self) -> None:
            self.heard.append("escape")

    chart = Chart("loss")
    app = Escaping(chart)
    async with app.run_test(size=(60, 12)) as pilot:
        chart.show([trace([1.0, 2.0])])
        chart.focus()
        await pilot.press("left", "escape")
        assert app.heard == []
        await pilot.press("escape")
        assert app.heard == ["escape"]


async def test_a_cursor_that_moves_leaves_the_picture_that_a_new_chart_would_draw() -> None:
    all_steps = [trace(np.sin(np.arange(600) / 30), label=name, role=name) for name in ("first", "second")]
    marks = [Mark(200, "η 0.1 → 0.2", glyph="η", ink="change", weight=1), Mark(400, "pause", glyph="p")]
    moved, fresh = Chart("moved"), Chart("moved")
    async with Stage(moved, fresh).run_test(size=(90, 40)) as pilot:
        for shown in (600, 500):
            traces = [replace(one, x=one.x[:shown], y=one.y[:shown]) for one in all_steps]
            moved.show(traces, marks)
            for step in (10.0, 200.0, 401.0, None, 333.0):
                moved.cursor_step = step
                fresh.show([replace(one) for one in traces], marks)
                fresh.cursor_step = step
                await pilot.pause()
                assert lines(moved) == lines(fresh)
        before = segments(moved)[0]
        (moved if fresh.has_focus else fresh).focus()
        await pilot.pause()
        assert segments(moved)[0] != before, "the frame of the chart in focus has another colour"
