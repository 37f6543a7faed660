"""The whole run in a few rows."""

from __future__ import annotations

import numpy as np
import pytest
from textual.app import App, ComposeResult

from eostui.dashboard.widgets.canvas import GlyphName
from eostui.dashboard.widgets.overview import Extent, Overview
from eostui.reading.trace import Mark

STEPS = np.arange(101)
RUN = Extent(0, 100, STEPS, np.linspace(0, 1, 101), None, [Mark(50, "η 1 → 2", glyph="η")])


def rows(extent: Extent, size: tuple[int, int], glyphs: GlyphName = "braille") -> list[str]:
    overview = Overview()
    overview.set_reactive(Overview.glyphs, glyphs)
    overview._extent = extent
    cells = overview.draw(*size)
    return ["".join(row) for row in cells.characters]


def test_in_one_row_it_is_a_sparkline() -> None:
    (row,) = rows(RUN, (50, 1))
    assert row[0] == "▁"
    assert row[-1] == "▇", "the edge is at four fifths of the row"
    assert list(row) == sorted(row)


@pytest.mark.parametrize("glyphs", ["braille", "ascii"])
def test_in_five_rows_it_has_a_bar_for_the_window_and_marks_on_the_axis(glyphs: GlyphName) -> None:
    extent = Extent(0, 100, STEPS, np.ones(101), (50, 100), RUN.marks)
    top, _, bar, axis, bottom = rows(extent, (52, 5), glyphs)
    assert "whole run" in top
    assert axis[1:-1].startswith("0 ")
    assert axis[1:-1].endswith(" 100")
    assert axis[1 + 25] == "η"
    across, full, first, last = "-#[]" if glyphs == "ascii" else "─━┝┥"
    assert bar[1:-1] == across * 25 + first + full * 23 + last
    assert rows(RUN, (52, 5), glyphs)[2][1:-1] == across * 50, "all of it is shown"
    assert len({len(row) for row in (top, bar, axis, bottom)}) == 1


def test_where_nothing_was_measured_between_two_values_the_earlier_one_holds() -> None:
    extent = Extent(0, 100, np.array([0, 100]), np.array([1.0, 0.5]))
    (row,) = rows(extent, (40, 1))
    assert row[:-1] == "▇" * 39
    assert row[-1] == "▄"


def test_a_replay_shows_the_moment_that_it_has_reached_in_the_whole_run() -> None:
    extent = Extent(0, 100, STEPS[:31], np.ones(31), position=30.0)
    (row,) = rows(extent, (50, 1))
    assert row.index("┃") == 15
    assert row[20:].strip() == ""


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (2, 1), (20, 2), (9, 5)])
@pytest.mark.parametrize(
    "extent",
    [Extent(), RUN, Extent(0, 100, STEPS, np.full(101, np.nan)), Extent(5, 5, np.array([5]), np.array([1.0]))],
)
def test_little_room_and_nothing_to_draw_are_no_trouble(size: tuple[int, int], extent: Extent) -> None:
    assert len(rows(extent, size)) == size[1]


class _App(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield Overview()

    def on_overview_pointed(self, message: Overview.Pointed) -> None:
        self.said.append(round(message.step))

    def on_overview_stretched(self, message: Overview.Stretched) -> None:
        self.said.append((round(message.first), round(message.last)))


async def test_a_click_asks_for_a_step_and_a_drag_for_a_stretch() -> None:
    app = _App()
    async with app.run_test(size=(53, 5)) as pilot:
        overview = app.query_one(Overview)
        overview.show(RUN)
        await pilot.click(Overview, offset=(26, 1))
        await pilot.mouse_down(Overview, offset=(1, 2))
        await pilot.hover(Overview, offset=(26, 2))
        await pilot.mouse_up(Overview, offset=(26, 2))
        await pilot.pause()
        assert app.said == [50, (0, 50)]
