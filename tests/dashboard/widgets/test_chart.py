"""The chart as it is on the screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from eostui.dashboard.widgets import Chart, Mark, Trace
from tests.dashboard.widgets.screen_text import (
    Stage,
    colour_of,
    headline,
    lines,
    plot_rows,
)
from tests.dashboard.widgets.traces import trace


async def test_a_spike_of_one_sample_among_a_million_is_seen() -> None:
    chart = Chart("loss")
    y = np.ones(1_000_000)
    y[500_000] = 10.0
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([trace(y)])
        rows = plot_rows(chart)
        spike = next(column for column, sign in enumerate(rows[0]) if sign == "↑")
        assert spike == pytest.approx(len(rows[0]) / 2, abs=1)
        line = next(index for index, row in enumerate(rows) if row[5] != " ")
        assert all(row[spike] != " " for row in rows[: line + 1])
        assert sum(row[5] != " " for row in rows) == 1


async def test_title_legend_and_ticks_stand_where_they_belong() -> None:
    chart = Chart("loss", log_axis=True)
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([trace([1.0, 0.1, 0.02], "train"), trace([0.5, 0.25], "test", "test-loss")])
        rows = lines(chart)
        assert headline(chart) == "loss log ─ test 0.250  train 0.0200"
        assert [row[1:8] for row in rows[1:11] if "┤" in row] == [
            "     1┤",
            "   0.3┤",
            "   0.1┤",
            "  0.03┤",
        ]
        assert rows[-1].strip("╰─╯").replace("─", " ").split() == ["step", "0", "1", "2"]


async def test_the_log_axis_is_a_toggle() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(60, 20)) as pilot:
        chart.show([trace(np.logspace(0, -4, 200))])
        assert not any("1e-4┤" in row for row in lines(chart))
        chart.log_axis = True
        await pilot.pause()
        labels = [row.split("┤")[0].strip("│ ") for row in lines(chart) if "┤" in row]
        assert labels == ["1", "0.1", "0.01", "0.001", "1e-4"]
        # Even in decades: the line falls from the first cell to the last as straight as it can.
        rows = plot_rows(chart)
        width = int(len(rows[0]) * 199 / 200)
        tops = [next(i for i, row in enumerate(rows) if row[c] != " ") for c in range(width)]
        assert np.abs(tops - np.linspace(0, 17, width)).max() < 1.1


@pytest.mark.parametrize(
    ("bad", "log", "row"),
    [(np.nan, False, 0), (np.inf, False, 0), (-np.inf, False, -1), (0.0, True, -1), (-3.0, True, -1)],
)
async def test_what_cannot_be_drawn_is_a_marked_gap(bad: float, log: bool, row: int) -> None:
    chart = Chart("loss", log_axis=log)
    y = np.full(41, 2.0)
    y[20] = bad
    async with Stage(chart).run_test(size=(55, 8)):
        chart.show([trace(y)], x_range=(0, 40))
        rows = plot_rows(chart)
        assert len(rows[0]) == 40
        assert [line.count("×") for line in rows] == [int(i == row % len(rows)) for i in range(len(rows))]
        middle = rows[row].index("×")
        line = next(line for line in rows if line.count("⠉") + line.count("⠒") + line.count("⣀") + line.count("⠤") > 30)
        assert middle in (19, 20)
        assert line[middle] in (" ", "×")
        assert line[middle - 2] != " "
        assert line[middle + 2] != " "


async def test_a_staircase_that_is_measured_is_dashed_where_it_is_level() -> None:
    chart = Chart("sharpness")
    limit = trace(np.repeat([100.0, 200.0], 200), "limit", "threshold", stepped=True)
    async with Stage(chart).run_test(size=(55, 14)):
        chart.show([limit, trace(np.linspace(0, 90, 400), "λ₁", "first")])
        rows = plot_rows(chart)
        kink = [column for column in range(40) if sum(row[column] != " " for row in rows) >= 5]
        assert kink in ([19], [20])
        upper = rows[0][kink[0] + 1 :]
        assert 0.3 < sum(cell != " " for cell in upper) / len(upper.rstrip()) < 0.7
        assert headline(chart) == "sharpness ─ λ₁ 90.0  limit 200"
        assert colour_of(chart, "limit") != colour_of(chart, "λ₁")
        assert colour_of(chart, rows[2][kink[0]]) == colour_of(chart, "limit")


def threshold(y: object) -> Trace:
    values = np.asarray(y, dtype=np.float64)
    return Trace("2/η", np.arange(len(values)), values, "threshold", stepped=True, reference=True)


def axis_of(chart: Chart) -> list[float]:
    """The values at the ticks, from the top down."""
    return [
        float(row.split("┤")[0].strip("│ ").replace("k", "e3").replace("M", "e6"))
        for row in lines(chart)
        if "┤" in row[:9]
    ]


@pytest.mark.parametrize(
    ("line", "beyond"),
    [([10, 10, 10], False), ([100, 100, 100], True), ([1e9, 100, 4], False), ([4, 5, np.inf], True)],
)
async def test_a_reference_above_the_chart_is_said_to_be_there_and_is_no_gap(line: list[float], beyond: bool) -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(60, 20)):
        chart.show([threshold(line), trace([1, 2, 3], "λ₁", "first")])
        assert max(axis_of(chart)) <= 10
        assert headline(chart).endswith("↑") == beyond
        assert "×" not in "".join(lines(chart))
        chart.cursor_step = 0
        assert ("↑" in headline(chart)) == (line[0] > 15)


async def test_a_reference_that_is_nowhere_finite_leaves_a_chart_without_values() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(60, 20)):
        chart.show([threshold([np.nan, np.inf]), trace([], "λ₁", "first")])
        assert axis_of(chart) == []
        assert "2/η inf" in lines(chart)[0]


async def test_a_logarithmic_axis_reaches_further_up_to_a_reference() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(60, 20)) as pilot:
        chart.show([threshold(np.linspace(1e6, 50, 100)), trace(np.linspace(1, 5, 100), "λ₁", "first")])
        assert max(axis_of(chart)) <= 5
        assert "2/η 50.0↑" in lines(chart)[0]
        chart.log_axis = True
        await pilot.pause()
        assert 50 <= max(axis_of(chart)) <= 1000
        assert headline(chart).endswith("2/η 50.0")


async def test_a_threshold_that_falls_at_every_one_of_many_steps_is_drawn_where_it_is() -> None:
    chart = Chart("sharpness")
    steps = np.arange(100_000)
    falling = 2 / (0.2 * np.minimum((steps + 1) / 50_000, 1))
    curve = Trace("λ₁", steps[::100], np.linspace(2, 9, 1000), "first")
    async with Stage(chart).run_test(size=(106, 42)):
        for count in (60_000, 100_000):  # followed, and at once
            chart.show([threshold(falling[:count]), Trace("λ₁", curve.x, curve.y, "first")])
        rows = plot_rows(chart)
        ticks = {float(row.split("┤")[0].strip("│ ")): y for y, row in enumerate(lines(chart)[1:-1]) if "┤" in row[:9]}
        (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
        width = len(rows[0])
        for column in range(width):
            middle = falling[int((column + 0.5) / width * len(steps))]
            expected = bottom + (middle - low) / (high - low) * (top - bottom)
            drawn = [y for y, row in enumerate(rows) if row[column] != " "]
            near = [y for y in drawn if abs(y - expected) <= 2]
            if expected >= 1:  # on the chart
                assert near, column
            else:
                assert all(y > 10 for y in drawn if expected < -3), column


async def test_where_traces_cross_the_later_one_gives_the_colour() -> None:
    chart = Chart("sharpness")
    one, other = trace(np.ones(50), "a", "loss"), trace(np.ones(50), "b", "first")
    async with Stage(chart).run_test(size=(40, 8)):
        chart.show([one, other])
        dots = next(row for row in plot_rows(chart) if row.strip()).strip()[0]
        assert colour_of(chart, dots) == colour_of(chart, "b ")
        chart.show([other, one])
        assert colour_of(chart, dots) == colour_of(chart, "a ")


async def test_an_unknown_role_is_drawn_like_any_trace() -> None:
    chart = Chart("noise")
    async with Stage(chart).run_test(size=(40, 8)):
        chart.show([trace([1, 2], "y", "batch-sharpness")])
        assert chart.get_visual_style("chart--trace").rich_style.color == colour_of(chart, "y ")


async def test_marks_are_lines_behind_the_traces_with_a_glyph_on_top() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(55, 10)):
        chart.show([trace(np.linspace(5, 0, 101))], [Mark(50, "η 0.02 → 0.01", "η"), Mark(500, "late")], (0, 100))
        rows = plot_rows(chart)
        column = rows[0].index("η")
        assert column == 20
        below = [row[column] for row in rows[1:]]
        assert set(below) - {"┆"}, "the trace is in front"
        assert below.count("┆") >= 5
        chart.cursor_step = 50
        assert "η 0.02 → 0.01" in headline(chart)


async def test_of_marks_in_one_column_the_heaviest_is_seen_and_says_what_it_is() -> None:
    chart = Chart("loss")
    marks = [Mark(50, "pause", "p"), Mark(50, "η 2/12→2/20", "η", ink="change", weight=1), Mark(50, "resume", "r")]
    async with Stage(chart).run_test(size=(55, 12)):
        chart.show([trace(np.full(101, 5.0))], marks, (0, 100))
        rows = plot_rows(chart)
        assert rows[0].strip() == "η"
        assert rows[-1].strip() == "┆η 2/12→2/20"
        assert colour_of(chart, "η 2/12→2/20") != colour_of(chart, "┆")
        chart.show([trace(np.full(101, 5.0))], [replace(mark, x=99) for mark in marks], (0, 100))
        assert plot_rows(chart)[-1].strip() == "η 2/12→2/20┆"
        chart.cursor_step = 99
        assert headline(chart).endswith("η 2/12→2/20  pause  resume")


@pytest.mark.parametrize(
    "series",
    [[], [np.nan] * 5, [3.0], [0.0] * 9, [np.inf, -np.inf], [-1.0, 0.0], [5e-324, 1.7e308], [-1.7e308, 1.7e308]],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("size", [(20, 5), (60, 20)])
async def test_every_odd_series_is_drawn(series: list[float], log: bool, size: tuple[int, int]) -> None:
    chart = Chart("loss", log_axis=log)
    async with Stage(chart).run_test(size=size):
        chart.show([trace(series)])
        rows = lines(chart)
        assert all(len(row) == size[0] for row in rows)
        if not series:
            assert "no data yet" in rows[size[1] // 2]
        else:
            cells = "".join(plot_rows(chart))
            drawable = any(np.isfinite(v) and (v > 0 or not log) for v in series)
            assert any(0x2800 < ord(c) < 0x2900 for c in cells) == drawable
            lost = any(not np.isfinite(v) or (v <= 0 and log) for v in series)
            assert ("×" in cells) == lost


async def test_any_size_shows_something_and_a_tiny_one_says_so() -> None:
    chart = Chart("loss")
    async with Stage(chart).run_test(size=(80, 24)) as pilot:
        chart.show([trace(np.sin(np.arange(500)))])
        for width, height in [(20, 5), (19, 5), (20, 4), (5, 2), (1, 1), (200, 60), (40, 12), (33, 7)]:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            rows = lines(chart)
            assert len(rows) == chart.size.height
            assert all(len(row) == width for row in rows)
            assert chart.size == (width, height)
            if width < 20 or height < 5:
                assert rows[0].strip() == "too small"[:width]
            else:
                assert headline(chart).startswith("loss")
                assert rows[-1].strip("╰─╯").replace("─", " ").split()[1] == "0"
                assert rows[0][0] == ("╭" if width >= 30 and height >= 8 else "─")


async def test_labels_are_shown_as_they_are_and_cannot_break_the_lines() -> None:
    chart = Chart("[red]loss[/]")
    async with Stage(chart).run_test(size=(60, 8)):
        chart.show([trace([1, 2], "a\x1b[31mb\n宽")])
        assert headline(chart) == "[red]loss[/] ─ a?[31mb?? 2.00"


async def test_a_legend_too_long_is_cut_between_traces() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(45, 8)):
        chart.show([trace([9.0 - k] * 3, f"λ{k}", "faint") for k in (5, 4, 3, 2, 1)])
        assert headline(chart) == "sharpness ─ λ1 8.00  λ2 7.00  λ3 6.00 …"


@pytest.mark.parametrize("log", [False, True])
async def test_following_a_run_shows_what_drawing_it_at_once_shows(log: bool) -> None:
    random = np.random.default_rng(0)
    y = np.exp(np.cumsum(random.normal(0, 0.05, 900)))
    y[random.integers(0, 900, 5)] = np.nan
    followed, at_once = Chart("loss", log_axis=log), Chart("loss", log_axis=log)
    async with Stage(followed, at_once).run_test(size=(70, 24)) as pilot:
        for count in range(20, 900, 55):
            followed.show([trace(y[:count])])
            await pilot.pause(0)
        followed.show([trace(y)])
        at_once.show([trace(y)])
        assert lines(followed) == lines(at_once)


async def test_a_replay_scrubbed_back_shows_what_was_shown_then() -> None:
    y = np.linspace(1, 50, 900)
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([trace(y[:300])])
        then = lines(chart)
        chart.show([trace(y)])
        assert lines(chart) != then
        chart.show([trace(y[:300])])
        assert lines(chart) == then


async def test_the_axes_are_held_while_data_stay_inside() -> None:
    chart = Chart("sharpness")
    random = np.random.default_rng(0)
    y = 100 + 3 * random.normal(size=2000)
    y[:100] = np.linspace(0, 100, 100)
    async with Stage(chart).run_test(size=(80, 20)):
        frames = set()
        for count in range(1510, 2000, 10):
            chart.show([trace(y[:count])])
            rows = lines(chart)
            frames.add((rows[-1], *(row[:7] for row in rows)))
        assert len(frames) <= 2


async def test_a_window_shows_its_steps_with_the_values_in_them() -> None:
    chart = Chart("loss")
    y = np.concatenate([np.full(500, 1000.0), np.linspace(1, 2, 500)])
    async with Stage(chart).run_test(size=(60, 12)):
        chart.show([trace(y)], x_range=(600, 700))
        rows = lines(chart)
        assert rows[-1].strip("╰─╯").replace("─", " ").split()[1:] == ["600", "650", "700"]
        labels = axis_of(chart)
        assert min(labels) >= 1
        assert max(labels) <= 1.5


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light", "nord"])
async def test_every_theme_gives_threshold_and_sharpness_their_colours(theme: str) -> None:
    chart = Chart("sharpness")
    app = Stage(chart)
    async with app.run_test(size=(60, 12)) as pilot:
        chart.show([trace([9, 9], "2/η", "threshold", stepped=True), trace([1, 2], "λ₁", "first")])
        first = colour_of(chart, "2/η")
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        threshold, sharpness = colour_of(chart, "2/η"), colour_of(chart, "λ₁")
        assert threshold != sharpness
        assert (threshold == first) == (theme == "textual-dark")
        if theme.startswith("ansi"):
            raw = chart.get_visual_style("chart--threshold").rich_style.color
            assert raw is not None
            assert raw.is_system_defined


async def test_ascii_glyphs_leave_nothing_but_ascii() -> None:
    chart = Chart("loss")
    y = np.linspace(1, 2, 100)
    y[50] = np.nan
    async with Stage(chart).run_test(size=(60, 12)) as pilot:
        chart.show([trace(y, "y", stepped=True)], [Mark(30, "pause", "p")])
        chart.glyphs = "ascii"
        chart.cursor_step = 70
        await pilot.pause()
        assert "".join(lines(chart)).isascii()
        with pytest.raises(ValueError, match="no glyphs 'emoji': choose one of braille, block, ascii"):
            chart.glyphs = "emoji"  # type: ignore[assignment]


def test_a_trace_of_two_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'λ₁' has x of shape \(3,\) and y of shape \(2,\)"):
        Trace("λ₁", np.arange(3), np.zeros(2), "first")


@pytest.mark.parametrize(("step", "value"), [(-1, None), (0, 1.0), (9.5, 1.0), (10, 2.0), (99, 3.0)])
@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_the_value_at_a_step_is_that_of_the_last_sample(step: float, value: float | None, kind: npt.DTypeLike) -> None:
    assert Trace("y", np.array([0, 10, 20], kind), np.array([1.0, 2.0, 3.0]), "loss").value_at(step) == value


async def test_where_nothing_was_to_be_measured_there_is_no_line_no_mark_and_no_entry() -> None:
    chart = Chart("sharpness")
    y = np.full(41, np.nan)
    y[10:31] = 2.0
    late = replace(trace(y, "λ2", "faint"), sparse=True)
    async with Stage(chart).run_test(size=(67, 8)):
        chart.show([late, trace(np.full(41, 1.0), "λ1")], x_range=(0, 40))
        assert "×" not in "".join(lines(chart))
        assert "λ2" not in lines(chart)[0]
        rows = plot_rows(chart)
        upper = next(row for row in rows if row.strip())
        drawn = [column for column, sign in enumerate(upper) if sign != " "]
        assert drawn[0] == pytest.approx(len(upper) / 4, abs=1)
        assert drawn[-1] == pytest.approx(len(upper) * 3 / 4, abs=1)
        chart.cursor_step = 20
        assert "λ2 2.0000" in headline(chart)


async def test_a_symmetric_axis_has_zero_in_its_middle() -> None:
    chart = Chart("oscillation", symmetric=True)
    async with Stage(chart).run_test(size=(60, 13)):
        chart.show([trace([0.0, 3.0, -0.5])])
        axis = axis_of(chart)
        assert axis[0] == -axis[-1] > 0
        assert lines(chart)[6].startswith("│     0┤")


async def test_names_are_brief_where_there_is_little_room_and_the_title_gives_way_to_the_values_at_the_cursor() -> None:
    chart = Chart("sharpness")
    traces = [replace(trace([1.0, 2.0], f"λ1 {name}"), brief=name) for name in ("tracked", "certified")]
    async with Stage(chart).run_test(size=(80, 8)) as pilot:
        chart.show(traces)
        assert headline(chart) == "sharpness ─ λ1 certified 2.00  λ1 tracked 2.00"
        await pilot.resize_terminal(48, 8)
        await pilot.pause()
        assert headline(chart) == "sharpness ─ certified 2.00  tracked 2.00"
        chart.cursor_step = 1
        assert headline(chart) == "step 1  certified 2.0000  tracked 2.0000"
        chart.number = 3
        assert headline(chart).startswith("3 ─ step 1  certified 2.0000")
