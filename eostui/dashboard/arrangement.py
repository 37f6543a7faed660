"""Where things are on a screen of some size: which charts, how large, and what else there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eostui.dashboard.subject import Titled

COLUMNS = 12
"""Columns of the grid: twelve can be shared evenly by one, two, three and four charts."""

LOWEST = 7
"""Rows that a chart needs: its frame, an axis, and four rows of cells to draw in."""
_NARROWEST = 40
"""Columns that a chart needs."""
_TALL = 44
"""A screen of so many rows and fewer than `_WIDE` columns has all charts above each other."""
_WIDE = 100
_LARGE = (150, 42)
"""Columns and rows from which the first chart shares its rows with two others."""
_STATUS, _FOOTER = 2, 1
_READINGS, _READINGS_FROM = 3, 50
"""Rows of the sparklines, and of the screens that have them."""
_SMALL_OVERVIEW, _OVERVIEW = 1, 5
_MOST = 11
"""Charts at once; more are a turn of the page away."""
_LATE = ("gauss-newton", "secant", "step-curvature")
"""Charts that every run may have, and that are near to what is shown already."""


@dataclass(frozen=True)
class Slot:
    """The place of one chart in the grid, in columns and rows of it."""

    columns: int
    rows: int = 1


@dataclass(frozen=True)
class Arrangement:
    """What a screen of some size shows.

    slots: the places of the charts, the first one for the chart of the sharpness.
    weights: how the height is shared by the rows of the grid.
    events: the columns of the grid that the list of events has after the last chart; none where it is 0.
    overview: rows of the overview of the whole run, and of the events beside it where `events` is 0; 0 for none.
    readings: whether there is a row of sparklines.
    """

    slots: tuple[Slot, ...]
    weights: tuple[int, ...]
    events: int = 0
    overview: int = 0
    readings: bool = False

    @property
    def events_below(self) -> bool:
        """Whether the list of events stands beside the overview."""
        return self.overview == _OVERVIEW and not self.events


def arrange(width: int, height: int, charts: int, *, zoomed: bool = False, scrubber: bool = False) -> Arrangement:
    """The arrangement for a number of charts on a screen of `width` × `height` cells.

    zoomed: one chart has all the room. scrubber: the overview is wanted on small screens, too, in one row.
    """
    readings = height >= _READINGS_FROM
    overview = _OVERVIEW if height >= 36 else _SMALL_OVERVIEW if scrubber and height >= 14 else 0
    rows = height - _STATUS - _FOOTER - overview - _READINGS * readings
    if zoomed or charts == 1 or rows < LOWEST:
        return Arrangement((Slot(COLUMNS),), (1,), 0, overview, readings)
    if rows < 2 * LOWEST + 4 or (width >= _LARGE[0] and rows < 3 * LOWEST):
        count = _share(width, min(charts, 4))
        return Arrangement((Slot(COLUMNS // count),) * count, (1,), 0, overview, readings)
    if width < _WIDE and height >= _TALL:
        count = min(charts, 1 + (rows - rows // 3) // (LOWEST + 2))
        return Arrangement((Slot(COLUMNS),) * count, (3, *(2,) * (count - 1)), 0, overview, readings)
    if width >= _LARGE[0] and height >= _LARGE[1] and charts >= 3:
        return _large(charts, rows, overview, readings=readings)
    return _hero(width, charts, rows, overview, readings=readings)


def _hero(width: int, charts: int, rows: int, overview: int, *, readings: bool) -> Arrangement:
    """The first chart over the full width, the others in rows below it, with the events where there is no room for them
    beside the overview."""
    if width < _WIDE and overview < _OVERVIEW:
        return Arrangement((Slot(COLUMNS), Slot(7)), (3, 2), COLUMNS - 7, overview, readings)
    per_row = _share(width, min(charts - 1, 3))
    below = max(min((rows - rows // 2) // (LOWEST + 1), -(-(charts - 1) // per_row)), 1)
    slots = (Slot(COLUMNS), *_rows_of(min(charts - 1, below * per_row), per_row))
    return Arrangement(slots, (3 if below == 1 else 2 * below, *(2,) * below), 0, overview, readings)


def _large(charts: int, rows: int, overview: int, *, readings: bool) -> Arrangement:
    """The first chart over two thirds of the width and two rows of the grid, two beside it, four in each row below."""
    first = (Slot(8, 2), Slot(4), Slot(4))
    rest = min(charts, _MOST) - 3
    below = min(-(-rest // 4), (rows // 2) // (LOWEST + 3))
    slots = (*first, *_rows_of(min(rest, 4 * below), 4))
    return Arrangement(slots, (3, 3, *(3,) * below), 0, overview, readings)


def _share(width: int, most: int) -> int:
    """How many charts can stand side by side, at most `most`."""
    return next(count for count in range(most, 0, -1) if width // count >= _NARROWEST or count == 1)


def _rows_of(count: int, per_row: int) -> list[Slot]:
    """Places for `count` charts, `per_row` in each row; the last row is shared evenly by what is left for it."""
    full, rest = divmod(count, per_row)
    return [Slot(COLUMNS // per_row)] * (full * per_row) + [Slot(COLUMNS // rest) for _ in range(rest)]


def pages_of(pictures: Sequence[Titled], room: int) -> list[list[Titled]]:
    """The pages for some charts, `room` of them on each, their order kept.

    The first chart, which is the sharpness with its threshold, and the loss stay, so that everything can be held
    against them; the others change, and those of `_LATE` are last. Every page is full: the last one is filled up with
    charts of the one before. With room for two the loss is on the first page. With room for one there is one chart on
    each page.
    """
    if len(pictures) <= room:
        return [list(pictures)]
    stay = [picture for picture in pictures if picture is pictures[0] or picture.name == "loss"][: room - 1]
    change = [picture for picture in pictures if picture not in stay]
    change.sort(key=lambda p: (_LATE.index(p.name) if p.name in _LATE else -1, p.name != "loss"))
    if room == 1:
        return [[picture] for picture in pictures]
    count = room - len(stay)
    starts = [min(start, len(change) - count) for start in range(0, len(change), count)]
    chosen = [[*stay, *change[start : start + count]] for start in starts]
    return [[picture for picture in pictures if picture in page] for page in chosen]
