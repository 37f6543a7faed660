"""The heat strip as it is on the screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rich.color import ColorSystem
from textual import on

from eostui.dashboard.widgets import Densities, HeatStrip, Mark, Trace
from eostui.dashboard.widgets.canvas import GlyphName
from tests.dashboard.widgets.screen_text import Repaints, Stage, headline, lines, plot_rows, segments


def rising(rows: int = 40, every: int = 10) -> Densities:
    """A bulk at zero, and one outlier of a share of 1e-6, which rises to 40 and stays there."""
    top = np.minimum(2.0 + 2.0 * np.arange(rows), 40.0)
    nodes = np.stack([np.full(rows, -0.5), np.zeros(rows), top, np.full(rows, np.nan)], axis=1)
    weights = np.broadcast_to([0.01, 0.989999, 1e-6, np.nan], nodes.shape)
    return Densities(every * np.arange(rows), nodes, weights)


def first(densities: Densities, rows: int) -> Densities:
    return Densities(densities.steps[:rows], densities.nodes[:rows], densities.weights[:rows])


class Listening(Stage):
    @on(HeatStrip.CursorMoved)
    def hear(self, message: HeatStrip.CursorMoved) -> None:
        self.heard.append((message.control, message.step))


async def test_an_outlier_is_seen_to_rise_and_a_larger_share_is_fuller() -> None:
    strip = HeatStrip("density", "λ", glyphs="ascii")
    async with Stage(strip).run_test(size=(55, 22)):
        strip.show(rising(), x_range=(0, 400))
        rows = plot_rows(strip)
        bulk = next(index for index, row in enumerate(rows) if "@" in row)
        assert rows[bulk] == "@" * 40
        tops = [next(index for index in range(bulk) if rows[index][column] == ".") for column in range(40)]
        assert tops == sorted(tops, reverse=True)
        assert tops[0] > 5
        assert tops[-1] == 0
        assert headline(strip).endswith(" share 1e-6 .:-=+*%#@ 1")
        assert "".join(lines(strip)).replace("λ", "").isascii()


async def test_the_last_measurement_is_held_until_now_and_no_further() -> None:
    strip = HeatStrip("density", "λ", glyphs="ascii")
    async with Stage(strip).run_test(size=(55, 12)):
        for until, columns in ((100, 10), (290, 29)):
            strip.show(rising(rows=5), x_range=(0, 400), until=until)
            assert len(next(row for row in plot_rows(strip) if "@" in row).rstrip()) == pytest.approx(columns, abs=1)


async def test_a_measurement_that_failed_is_a_marked_gap() -> None:
    densities = rising()
    densities.nodes[20] = np.nan
    strip = HeatStrip("density", "λ")
    async with Stage(strip).run_test(size=(55, 12)):
        strip.show(densities, x_range=(0, 400))
        assert plot_rows(strip)[0].index("×") in (19, 20)
        assert all(row[20] == " " for row in plot_rows(strip)[1:])


async def test_the_axis_is_held_still_until_the_data_leave_it() -> None:
    def axis(shown: Densities) -> list[str]:
        strip.show(shown)
        return [line.partition("┤")[0] if "┤" in line else "" for line in lines(strip)]

    strip, densities = HeatStrip("density", "λ"), rising()
    async with Stage(strip).run_test(size=(55, 22)):
        held = axis(first(densities, 12))
        assert axis(first(densities, 18)) == axis(first(densities, 40)) == held
        assert axis(replace(densities, nodes=10 * densities.nodes)) != held


async def test_growing_by_a_measurement_changes_few_cells() -> None:
    strip, densities = HeatStrip("density", "λ"), rising(rows=390, every=1)
    async with Stage(strip).run_test(size=(60, 22)) as pilot:
        strip.show(first(densities, 300), x_range=(0, 400))
        await pilot.pause()
        repaints = Repaints(strip)
        for rows in range(301, 390):
            strip.show(first(densities, rows), x_range=(0, 400))
            regions = repaints.take()
            assert None not in regions
            assert sum(region.area for region in regions if region) <= 20


async def test_the_cursor_reads_the_share_of_the_highest_eigenvalue_and_of_any_other() -> None:
    strip = HeatStrip("density", "λ")
    app = Listening(strip)
    async with app.run_test(size=(90, 22)) as pilot:
        strip.show(rising(), x_range=(0, 400), until=399)
        strip.focus()
        await pilot.press("right")
        assert app.heard == [(strip, 399)]
        assert "step 399  λ 33 to 41  share 1.0e-6" in lines(strip)[0]
        await pilot.press("left", "down")
        below = lines(strip)[0]
        assert app.heard[-1] == (strip, strip.cursor_step) != app.heard[0]
        for _ in range(30):
            await pilot.press("down")
            if "share 0.990" in lines(strip)[0]:
                break
        assert "share 0.990" in lines(strip)[0]
        assert below != lines(strip)[0]
        await pilot.press("escape")
        assert strip.cursor_step is None
        assert strip.cursor_value is None


async def test_the_mouse_chooses_step_and_eigenvalue() -> None:
    strip = HeatStrip("density", "λ", glyphs="ascii")
    async with Stage(strip).run_test(size=(90, 22)) as pilot:
        strip.show(rising(), x_range=(0, 400), until=399)
        bulk = next(index for index, line in enumerate(lines(strip)) if "@@@" in line and index)
        await pilot.click(strip, offset=(40, bulk))
        assert strip.cursor_step is not None
        assert "share 0.990" in lines(strip)[0]
        assert lines(strip)[bulk][40] == "X"


async def test_what_it_is_compared_with_is_dashed_where_a_cell_is_free() -> None:
    strip = HeatStrip("density", "λ")
    threshold = Trace("2/η", np.arange(400), np.full(400, 40.0), "threshold", stepped=True, reference=True)
    async with Stage(strip).run_test(size=(55, 22)):
        strip.show(rising(), threshold, [Mark(200, "η", "η")], x_range=(0, 400))
        assert any(row.startswith("╍ ╍ ╍") for row in plot_rows(strip))
        assert "┆" in "".join(plot_rows(strip))
        far = replace(threshold, y=np.full(400, 1e6))
        strip.show(rising(), far, x_range=(0, 400))
        assert "╍" not in "".join(plot_rows(strip))


async def test_the_axis_can_be_linear() -> None:
    strip = HeatStrip("density", "λ", glyphs="ascii")
    async with Stage(strip).run_test(size=(55, 22)):
        strip.show(rising(), x_range=(0, 400))
        strip.log_axis = False
        rows = plot_rows(strip)
        tops = [next(index for index in range(20) if rows[index][column] != " ") for column in range(20)]
        assert np.abs(tops - np.linspace(17, 1, 20)).max() <= 2


@pytest.mark.parametrize(
    ("theme", "glyphs", "signs"),
    [("ansi-dark", "braille", "░█"), ("textual-dark", "ascii", ".@"), ("textual-dark", "block", "▀▄")],
)
async def test_shades_are_characters_where_there_are_no_colours_of_ones_own(
    theme: str, glyphs: GlyphName, signs: str
) -> None:
    strip = HeatStrip("density", "λ", glyphs=glyphs)
    app = Stage(strip)
    async with app.run_test(size=(55, 22)) as pilot:
        app.theme = theme
        await pilot.pause()
        strip.show(rising(), x_range=(0, 400))
        drawn = {sign for row in plot_rows(strip) for sign in row} - {" "}
        assert drawn >= set(signs[:2] if glyphs != "block" else signs[:1])
        assert drawn <= set("░▒▓█" if theme == "ansi-dark" else ".:-=+*%#@" if glyphs == "ascii" else "▀▄")


async def test_colours_differ_from_shade_to_shade_in_256_colours_too() -> None:
    for theme in ("textual-dark", "textual-light"):
        app = Stage(strip := HeatStrip("density", "λ"))
        async with app.run_test(size=(80, 22)) as pilot:
            app.theme = theme
            await pilot.pause()
            strip.show(rising(), x_range=(0, 400))
            key = [segment.style.color for segment in segments(strip)[0] if segment.style and "█" in segment.text]
            assert len(key) == 9
            assert len({colour.downgrade(ColorSystem.EIGHT_BIT).number for colour in key if colour}) >= 8


@pytest.mark.parametrize(
    ("nodes", "weights"),
    [
        (np.empty((0, 3)), np.empty((0, 3))),
        (np.full((4, 3), np.nan), np.full((4, 3), np.nan)),
        (np.zeros((1, 1)), np.ones((1, 1))),
        (np.array([[-1e308, 1e308]]), np.array([[0.5, 0.5]])),
        (np.array([[-3.0, -2.0]]), np.array([[0.0, 1.0]])),
        (np.array([[np.inf, 2.0]]), np.array([[0.5, 0.5]])),
    ],
)
async def test_every_odd_distribution_is_drawn_at_every_size(nodes: np.ndarray, weights: np.ndarray) -> None:
    strip = HeatStrip("density", "λ")
    async with Stage(strip).run_test(size=(140, 50)) as pilot:
        strip.show(Densities(10 * np.arange(len(nodes)), nodes, weights))
        strip.focus()
        await pilot.press("right", "up", "down")
        for width, height in ((5, 2), (20, 5), (33, 9)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            strip.log_axis = not strip.log_axis
            assert [len(line) for line in lines(strip)] == [width] * height


async def test_the_title_is_whole_before_the_shades_have_a_name() -> None:
    strip = HeatStrip("Spectral density", "λ")
    async with Stage(strip).run_test(size=(44, 8)) as pilot:
        strip.show(rising())
        strip.number = 10
        await pilot.pause()
        assert headline(strip).startswith("10 Spectral density ─")
        assert "share" not in headline(strip)
