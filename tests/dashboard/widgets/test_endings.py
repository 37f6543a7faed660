"""Lines are named at their right end, and certified values have a rug."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets import Chart, Trace
from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from tests.dashboard.widgets.screen_text import Repaints, Stage, colour_of, headline, lines, plot_rows
from tests.dashboard.widgets.test_references import at_the_edge


def flat(label: str, value: float, ink: str = "loss", reference: bool = False) -> Trace:
    return Trace(label, np.arange(100), np.full(100, value), ink, stepped=reference, reference=reference)


def endings(chart: Chart) -> list[tuple[int, str]]:
    """The row and the text of each name at the right end."""
    area = chart.area
    assert area is not None
    texts = [line[area.right :].strip("│| ") for line in lines(chart)[area.top : area.bottom]]
    return [(row, text) for row, text in enumerate(texts) if text]


async def test_lines_are_named_at_their_right_end_in_their_own_colours() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 20)):
        line = flat("2/η", 12.0, "threshold", reference=True)
        chart.show([flat("λ2", 3.0, "mode-2"), line, flat("λ1", 8.0, "mode-1")])
        assert [text for _, text in endings(chart)] == ["◂2/η 12.0", "◂λ1 8.00", "◂λ2"]
        rows = plot_rows(chart)
        assert all(rows[row].strip() for row, _ in endings(chart)), "each beside its line"
        assert colour_of(chart, "◂2/η") == colour_of(chart, "2/η ")
        assert colour_of(chart, "◂λ1") == colour_of(chart, "λ1 ")


async def test_a_name_stands_still_while_its_line_jumps_up_and_down() -> None:
    chart = Chart("loss")
    y = np.linspace(0, 10, 1000)
    y[500:] = 5 + 4 * (-1.0) ** np.arange(500)
    async with Stage(chart).run_test(size=(80, 20)):
        rows = set()
        for count in range(950, 1000):
            chart.show([Trace("y", np.arange(count), y[:count], "loss")], x_range=(0, 1000))
            rows |= {row for row, _ in endings(chart)}
        assert len(rows) == 1


async def test_names_never_overlap_and_the_reference_keeps_its_row() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 20)):
        line = flat("2/η", 12.0, "threshold", reference=True)
        lesser = [flat(f"λ{k}", 12.0 - 0.01 * k, f"mode-{k}") for k in (4, 3, 2)]
        chart.show([*lesser, line, flat("λ1", 12.0, "mode-1"), flat("high", 16.0)])
        named = endings(chart)
        (row,) = (row for row, text in named if "2/η" in text)
        assert set(plot_rows(chart)[row]) & {"⣀", "⠤", "⠒", "⠉", "⠭", "⠛", "⣤"}
        assert [text.split()[0] for _, text in named] == ["◂high", "◂λ1", "◂2/η", "◂λ2", "◂λ3"]


@pytest.mark.parametrize(("width", "text"), [(130, "◂a long name…"), (70, "◂a long n…"), (45, "◂a lo…"), (38, "")])
async def test_a_name_is_cut_as_there_is_room(width: int, text: str) -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(width, 12)):
        chart.show([flat("a long name of a line", 1.0)])
        assert [name for _, name in endings(chart)] == ([text] if text else [])


async def test_the_room_for_names_is_held_while_values_change() -> None:
    chart = Chart("sharpness")
    y = np.sin(np.arange(1000) / 60)
    async with Stage(chart).run_test(size=(80, 20)) as pilot:
        chart.show([Trace("y", np.arange(510), y[:510], "loss")])
        await pilot.pause()
        left = chart.area
        repaints = Repaints(chart)
        for count in range(520, 600, 10):
            chart.show([Trace("y", np.arange(count), y[:count], "loss")])
            assert sum(region.area for region in repaints.take() if region) < 40
        assert chart.area == left


async def test_of_two_lines_in_one_row_the_smaller_is_named_below() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 12)):
        chart.show([flat("low", 0.0), flat("high", 10.0), flat("λ2", 5.0, "mode-2"), flat("λ1", 5.1, "mode-1")])
        assert [text.split()[0] for _, text in endings(chart)] == ["◂high", "◂λ1", "◂λ2", "◂low"]


async def test_a_reference_above_the_chart_is_named_in_its_top_row() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 20)):
        chart.show([flat("2/η", 100.0, "threshold", reference=True), flat("λ1", 1.0, "mode-1")])
        assert endings(chart)[0] == (0, "↑2/η 100")


@pytest.mark.parametrize(("glyphs", "tick"), [("braille", "┴"), ("block", "┴"), ("ascii", "^")])
async def test_certified_values_are_a_rug_and_cover_no_line(glyphs: GlyphName, tick: str) -> None:
    chart = Chart("sharpness", glyphs=glyphs)
    async with Stage(chart).run_test(size=(80, 14)):
        line = Trace("λ1", np.arange(401), np.linspace(0, 100, 401), "mode-1")
        steps = np.arange(0, 401, 100)
        certified = Trace("cert", steps, steps / 4.0, "certified", points=True)
        chart.show([line], x_range=(0, 400))
        alone = plot_rows(chart)
        chart.show([line, certified], x_range=(0, 400))
        rug = lines(chart)[-2]
        assert rug.count(tick) == 5
        assert rug[1:8].strip("|│ -─") == "cert"
        area = chart.area
        assert area is not None
        ticks = [column for column, sign in enumerate(rug) if sign == tick]
        assert ticks == [area.column(step) for step in steps.tolist()]
        within = plot_rows(chart)
        assert len(within) == len(alone) - 1
        assert ["".join(column).strip() != "" for column in zip(*within, strict=True)] == [True] * len(within[0])
        assert set("".join(within)) <= set(GLYPHS[glyphs].table)
        chart.cursor_step = 250
        assert "cert 50.000" in headline(chart)


async def test_of_many_certified_values_each_column_that_has_one_has_a_tick() -> None:
    chart = Chart("sharpness")
    async with Stage(chart).run_test(size=(80, 14)):
        chart.show(at_the_edge())
        area = chart.area
        assert area is not None
        ticks = [i for i, sign in enumerate(lines(chart)[-2]) if sign == "┴"]
        assert set(ticks) == {area.column(step) for step in range(0, 1020, 20)}
