"""Where things are on screens of every size, and how charts share pages."""

from __future__ import annotations

from itertools import product

import pytest

from eostui.dashboard.arrangement import COLUMNS, LOWEST, Arrangement, Slot, arrange, pages_of
from eostui.reading.charts import LinePicture
from eostui.store import Line, LineChart

NAMES = ("preconditioned", "sharpness", "loss", "gauss-newton", "jacobian-gram", *(f"more-{n}" for n in range(9)))
PICTURES = [LinePicture("table", LineChart(name, name, "", (Line("column", "line"),))) for name in NAMES]
HEIGHTS = (5, 14, 16, 20, 24, 30, 36, 40, 50, 60, 80)


def _grid_rows(arrangement: Arrangement) -> list[list[int]]:
    """How many columns of each row of the grid are taken by charts that begin or go on there."""
    free = [[COLUMNS] for _ in arrangement.weights]
    row = 0
    events = [Slot(arrangement.events)] if arrangement.events else []
    for slot in (*arrangement.slots, *events):
        while free[row][0] < slot.columns:
            row += 1
        for taken in range(row, row + slot.rows):
            free[taken][0] -= slot.columns
    return free


@pytest.mark.parametrize("width", [20, 50, 60, 80, 99, 100, 120, 150, 200, 300])
def test_the_charts_fill_the_grid_and_are_never_too_low(width: int) -> None:
    for height, charts, zoomed, scrubber in product(HEIGHTS, (1, 2, 3, 4, 5, 7, 12), (False, True), (False, True)):
        arrangement = arrange(width, height, charts, zoomed=zoomed, scrubber=scrubber)
        assert 1 <= len(arrangement.slots) <= charts
        assert all(row == [0] for row in _grid_rows(arrangement)), arrangement
        assert not zoomed or len(arrangement.slots) == 1
        rows = height - 3 - arrangement.overview - 3 * arrangement.readings
        lowest = rows * min(arrangement.weights) // sum(arrangement.weights)
        assert lowest >= LOWEST or len(arrangement.weights) == 1, arrangement


@pytest.mark.parametrize(
    ("size", "charts", "slots", "events", "overview"),
    [
        ((60, 16), 4, [(12, 1)], 0, 0),
        ((80, 24), 4, [(12, 1), (7, 1)], 5, 0),
        ((120, 40), 4, [(12, 1), (4, 1), (4, 1), (4, 1)], 0, 5),
        ((120, 40), 3, [(12, 1), (6, 1), (6, 1)], 0, 5),
        ((200, 60), 7, [(8, 2), (4, 1), (4, 1), *[(3, 1)] * 4], 0, 5),
        ((80, 60), 4, [(12, 1)] * 4, 0, 5),
        ((200, 20), 4, [(3, 1)] * 4, 0, 0),
    ],
)
def test_a_screen_of_some_size(
    size: tuple[int, int], charts: int, slots: list[tuple[int, int]], events: int, overview: int
) -> None:
    arrangement = arrange(*size, charts)
    assert [(slot.columns, slot.rows) for slot in arrangement.slots] == slots
    assert (arrangement.events, arrangement.overview) == (events, overview)


def test_a_replay_has_its_scroll_bar_on_a_small_screen_too() -> None:
    assert arrange(80, 24, 4, scrubber=True).overview == 1


@pytest.mark.parametrize("room", [1, 2, 3, 4, 6, 9, 12])
def test_every_chart_is_on_a_page_and_every_page_is_full_and_in_order(room: int) -> None:
    for count in range(1, len(NAMES) + 1):
        order = list(NAMES[:count])
        pages = [[picture.name for picture in page] for page in pages_of(PICTURES[:count], room)]
        assert {id for page in pages for id in page} == set(order)
        for page in pages:
            assert len(page) == min(count, room)
            assert page == sorted(page, key=order.index)
            if room > 2:
                assert {order[0], *({"loss"} & set(order))} <= set(page)
        assert len({tuple(page) for page in pages}) == len(pages)


def test_gauss_newton_gives_way_first() -> None:
    assert [[picture.name for picture in page] for page in pages_of(PICTURES[:5], 4)] == [
        ["preconditioned", "sharpness", "loss", "jacobian-gram"],
        ["preconditioned", "loss", "gauss-newton", "jacobian-gram"],
    ]
