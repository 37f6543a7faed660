"""The tile as it is on the screen."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets import Tile
from tests.dashboard.widgets.screen_text import Repaints, Stage, lines

BARS = " ▁▂▃▄▅▆▇█"


async def test_a_tile_has_label_value_and_sparkline() -> None:
    tile = Tile("sharpness")
    async with Stage(tile).run_test(size=(16, 10)):
        tile.show(np.arange(16.0), "15.0")
        label, value, spark = lines(tile)
        assert (label.rstrip(), value.rstrip()) == ("sharpness", "15.0")
        heights = [BARS.index(bar) for bar in spark]
        assert heights == sorted(heights)
        assert (heights[0], heights[-1]) == (1, 8)


async def test_on_two_rows_label_and_value_share_one() -> None:
    tile = Tile("sharpness")
    tile.styles.height = 2
    async with Stage(tile).run_test(size=(9, 10)):
        tile.show(np.arange(4.0), "78.7")
        assert lines(tile)[0] == "shar 78.7"
        assert lines(tile)[1].strip()


async def test_more_rows_make_a_taller_sparkline() -> None:
    tile = Tile("loss")
    tile.styles.height = 5
    async with Stage(tile).run_test(size=(10, 10)):
        tile.show(np.linspace(0, 1, 10), "1")
        assert [row[-1] for row in lines(tile)[2:]] == ["█", "█", "█"]
        assert [row[0] for row in lines(tile)[2:]] == [" ", " ", "▁"]


async def test_a_spike_in_a_long_history_is_seen_and_a_gap_is_marked() -> None:
    tile = Tile("loss")
    values = np.zeros(100_000)
    values[52_500] = 1.0
    values[12_500] = np.nan
    async with Stage(tile).run_test(size=(20, 10)):
        tile.show(values, "0")
        spark = lines(tile)[2]
        assert spark.count("█") == 1
        assert spark.index("█") == 10
        assert spark.index("×") == 2


@pytest.mark.parametrize("values", [[], [np.nan], [2.0], [0.0] * 30, [np.inf, -np.inf], [-1e308, 1e308]])
@pytest.mark.parametrize("height", [1, 2, 3])
async def test_every_odd_history_is_drawn(values: list[float], height: int) -> None:
    tile = Tile("loss")
    tile.styles.height = height
    async with Stage(tile).run_test(size=(9, 10)):
        tile.show(np.array(values), "?")
        assert [len(row) for row in lines(tile)] == [9] * height


async def test_a_growing_history_changes_few_cells() -> None:
    tile = Tile("sharpness")
    values = np.sin(np.arange(1000) / 20)
    async with Stage(tile).run_test(size=(20, 10)) as pilot:
        tile.show(values[:810], "1.0")
        await pilot.pause()
        repaints = Repaints(tile)
        for count in range(820, 1000, 10):
            tile.show(values[:count], "1.0")
            regions = repaints.take()
            assert None not in regions
            assert sum(region.area for region in regions if region) <= 2


async def test_ascii_bars_are_ascii() -> None:
    tile = Tile("loss", glyphs="ascii")
    async with Stage(tile).run_test(size=(20, 10)):
        tile.show(np.array([*range(10), np.nan], dtype=float), "9.0")
        assert "".join(lines(tile)).isascii()
        assert "x" in lines(tile)[2]


@pytest.mark.parametrize("height", [2, 3])
async def test_a_number_that_does_not_fit_is_written_shorter_and_never_cut(height: int) -> None:
    forms = ("-8.1374e+21", "-8.14e+21", "-8.1e+21", "-8e+21")
    for width in range(4, 13):
        tile = Tile("S/thresh")
        tile.styles.height = height
        tile.styles.min_width = 0
        async with Stage(tile).run_test(size=(width, 10)):
            tile.show(np.array([-8.1374e21]), *forms)
            shown = lines(tile)[height - 2].split()[-1]
            assert shown == next((form for form in forms if len(form) <= width), "–")
