"""The path of a run through a plane, as it is on the screen."""

from __future__ import annotations

import numpy as np
from textual import on

from eostui.dashboard.widgets import PhasePortrait
from eostui.reading.phase import NOWHERE, Path
from tests.dashboard.widgets.screen_text import Stage, colour_of, headline, lines

STRAIGHT = Path(np.arange(11), np.linspace(3.0, 2.0, 11), np.linspace(0.0, 1.0, 11))
"""From the lower right to the upper left."""


class Listening(Stage):
    @on(PhasePortrait.CursorMoved)
    def hear(self, message: PhasePortrait.CursorMoved) -> None:
        self.heard.append(message.step)


def rows_with_dots(portrait: PhasePortrait) -> list[tuple[int, int]]:
    """Row and column of every cell of an ASCII plot that has a dot or the cross."""
    drawn = [line[8:-7] for line in lines(portrait)[1:-1]]
    return [(y, x) for y, line in enumerate(drawn) for x, character in enumerate(line) if character in ".':X"]


async def test_every_step_is_a_point_where_its_two_values_are() -> None:
    portrait = PhasePortrait("plane", "ηS", "d", glyphs="ascii")
    async with Stage(portrait).run_test(size=(60, 16)):
        portrait.draw_path(STRAIGHT)
        dots = rows_with_dots(portrait)
        assert len(dots) == 11
        assert [x for _, x in sorted(dots)] == sorted(x for _, x in dots)  # the higher, the further left
        assert "ηS" in lines(portrait)[-1]
        assert headline(portrait).endswith("ηS 2.00  d 1.00")
        assert "X" in lines(portrait)[1 + min(dots)[0]]


async def test_what_lies_behind_is_fainter_and_gives_way_to_the_path() -> None:
    portrait = PhasePortrait("plane", "ηS", "d")
    level = Path(np.zeros(200, np.int64), np.linspace(2.0, 3.0, 200), np.full(200, 0.05))
    async with Stage(portrait).run_test(size=(60, 16)):
        portrait.draw_path(STRAIGHT, level)
        assert "⠉" * 36 in lines(portrait)[-2]
        behind, path = (colour_of(portrait, run) for run in ("⠉" * 36, "⢀"))
        assert behind == portrait.get_visual_style("chart--envelope").rich_style.color
        assert path == portrait.get_visual_style("chart--first").rich_style.color
        assert behind != path


async def test_the_cursor_goes_along_the_path_step_by_step() -> None:
    portrait = PhasePortrait("plane", "ηS", "d", glyphs="ascii")
    app = Listening(portrait)
    async with app.run_test(size=(60, 16)) as pilot:
        portrait.draw_path(STRAIGHT)
        portrait.focus()
        await pilot.press("left", "left", "left")
        assert app.heard == [10, 9, 8]
        assert headline(portrait).endswith("step 8  ηS 2.20000  d 0.800000")
        await pilot.press("ctrl+home", "left")
        assert app.heard[-1] == 0
        await pilot.click(PhasePortrait, offset=(20, 5))
        assert app.heard[-1] == 0  # a place in the plane is no step


async def test_a_spike_and_a_missing_value_do_not_set_the_range() -> None:
    portrait = PhasePortrait("plane", "ηS", "d", glyphs="ascii")
    steps = np.arange(1000)
    up = np.where(steps % 2 == 0, 0.9, 1.1)
    up[500], up[501], up[502] = 1e30, np.nan, np.inf
    async with Stage(portrait).run_test(size=(60, 16)):
        portrait.draw_path(Path(steps, np.linspace(2.0, 3.0, 1000), up))
        assert "1.1" in "".join(lines(portrait))
        assert "e" not in "".join(line[:8] for line in lines(portrait)[1:])


async def test_without_a_point_it_says_so_and_a_small_one_is_drawn_as_far_as_it_goes() -> None:
    portrait = PhasePortrait("plane", "ηS", "d")
    async with Stage(portrait).run_test(size=(60, 16)) as pilot:
        portrait.draw_path(NOWHERE)
        assert "no data yet" in "".join(lines(portrait))
        portrait.draw_path(Path(np.array([0]), np.array([np.nan]), np.array([1.0])))
        assert "no data yet" in "".join(lines(portrait))
        portrait.draw_path(Path(np.array([0]), np.array([2.5]), np.array([1.0])))
        for size in ((20, 5), (19, 4), (200, 60)):
            await pilot.resize_terminal(*size)
            assert len(lines(portrait)) == size[1]
