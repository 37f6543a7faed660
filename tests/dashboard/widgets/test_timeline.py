"""What mouse and keys do to a picture over the steps, and what they ask the screen for."""

from __future__ import annotations

import numpy as np
import pytest
from textual import events, on

from eostui.dashboard.widgets import Chart, Densities, HeatStrip, Timeline, Trace
from eostui.dashboard.widgets.view import Area
from tests.dashboard.looking import turn
from tests.dashboard.widgets.screen_text import Stage, colour_of, headline, lines, plot_rows, segments


class Listening(Stage):
    @on(Timeline.CursorMoved)
    def hear_cursor(self, message: Timeline.CursorMoved) -> None:
        self.heard.append(("cursor", message.step, message.pinned))

    @on(Timeline.Zoomed)
    def hear_zoom(self, message: Timeline.Zoomed) -> None:
        self.heard.append(("zoom", message.step, message.factor))

    @on(Timeline.Panned)
    def hear_pan(self, message: Timeline.Panned) -> None:
        self.heard.append(("pan", message.columns))

    @on(Timeline.Selected)
    def hear_selection(self, message: Timeline.Selected) -> None:
        self.heard.append(("selected", message.first, message.last))


def chart() -> Chart:
    shown = Chart("loss")
    shown.show([Trace("y", np.arange(1000), np.linspace(2, 1, 1000), "loss")], x_range=(0, 1000))
    return shown


def strip() -> HeatStrip:
    shown = HeatStrip("density", "λ")
    steps = np.arange(0, 1000, 10)
    nodes = np.broadcast_to([0.0, 5.0], (100, 2))
    shown.show(Densities(steps, nodes, np.full((100, 2), 0.5)), x_range=(0, 1000), until=999)
    return shown


def area_of(timeline: Timeline) -> Area:
    area = timeline.area
    assert area is not None
    return area


@pytest.mark.parametrize("make", [chart, strip])
async def test_the_wheel_asks_for_fewer_or_more_steps_around_the_mouse(make: type[Timeline]) -> None:
    shown = make()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        x = area_of(shown).left + 20
        await turn(pilot, shown, events.MouseScrollUp, x)
        await turn(pilot, shown, events.MouseScrollDown, x)
        step = area_of(shown).step(x)
        assert app.heard == [("zoom", step, 1 / 1.25), ("zoom", step, 1.25)]


@pytest.mark.parametrize("make", [chart, strip])
async def test_shift_with_wheel_or_arrows_asks_for_other_steps(make: type[Timeline]) -> None:
    shown = make()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        shown.focus()
        await pilot.press("shift+left", "shift+right")
        await turn(pilot, shown, events.MouseScrollUp, 30, shift=True)
        await turn(pilot, shown, events.MouseScrollRight, 30)
        assert app.heard == [("pan", -10), ("pan", 10), ("pan", -4), ("pan", 4)]


@pytest.mark.parametrize("make", [chart, strip])
async def test_dragging_selects_steps_and_shows_them_meanwhile(make: type[Timeline]) -> None:
    shown = make()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        area = area_of(shown)
        left, right = area.left + 10, area.left + 30
        await pilot.hover(shown, offset=(right, 4))
        await pilot.mouse_down(shown, offset=(right, 4))
        await pilot.hover(shown, offset=(left, 5))
        tint = shown.get_visual_style(shown.TINT or "").rich_style.bgcolor
        row = [segment.style for segment in segments(shown)[3] for _ in segment.text]
        tinted = [x for x, style in enumerate(row) if style is not None and style.bgcolor == tint]
        assert tinted == list(range(left, right + 1))
        app.heard.clear()
        await pilot.mouse_up(shown, offset=(left, 5))
        await pilot.pause()
        assert app.heard == [("selected", area.step(left), area.step(right))]
        assert not shown.pinned
        row = [segment.style for segment in segments(shown)[3] for _ in segment.text]
        assert not any(style is not None and style.bgcolor == tint for style in row)


@pytest.mark.parametrize("make", [chart, strip])
async def test_a_click_pins_the_cursor_and_a_second_one_frees_it(make: type[Timeline]) -> None:
    shown = make()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        area = area_of(shown)
        x = area.left + 20
        await pilot.hover(shown, offset=(x - 5, 4))
        assert shown.cursor_step == round(area.step(x - 5))
        await pilot.click(shown, offset=(x, 4))
        pinned = round(area.step(x))
        assert (shown.cursor_step, shown.pinned) == (pinned, True)
        assert app.heard[-1] == ("cursor", pinned, True)
        await pilot.hover(shown, offset=(x + 9, 4))
        assert shown.cursor_step == pinned
        await pilot.click(shown, offset=(x + 9, 4))
        assert (shown.cursor_step, shown.pinned) == (round(area.step(x + 9)), False)
        await pilot.hover(shown, offset=(x, 4))
        assert shown.cursor_step == pinned


async def test_escape_frees_and_removes_a_pinned_cursor() -> None:
    shown = chart()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        await pilot.click(shown, offset=(30, 4))
        await pilot.press("escape")
        assert (shown.cursor_step, shown.pinned) == (None, False)
        assert app.heard[-1] == ("cursor", None, False)


async def test_the_arrows_move_a_pinned_cursor() -> None:
    shown = chart()
    async with Listening(shown).run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        await pilot.click(shown, offset=(30, 4))
        before = shown.cursor_step
        await pilot.press("right")
        assert shown.cursor_step is not None
        assert before is not None
        assert shown.cursor_step > before
        assert shown.pinned


async def test_beside_the_plot_the_mouse_moves_no_cursor() -> None:
    shown = chart()
    app = Listening(shown)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.hover(shown, offset=(2, 4))
        await pilot.click(shown, offset=(2, 4))
        assert app.heard == []


@pytest.mark.parametrize("make", [chart, strip])
async def test_the_focus_and_the_key_are_seen_in_the_border(make: type[Timeline]) -> None:
    first, second = make(), make()
    async with Stage(first, second).run_test(size=(80, 24)) as pilot:
        first.number, second.number = 1, 2
        second.focus()
        await pilot.pause()
        assert [headline(one).split()[0] for one in (first, second)] == ["1", "2"]
        assert colour_of(first, "╭") != colour_of(second, "╭")
        assert lines(first)[-1][0] == "╰"
        assert len({row[-1] for row in lines(first)[1:-1]}) == 1
        first.focus()
        await pilot.pause()
        focused = colour_of(first, "╭")
        second.focus()
        await pilot.pause()
        assert colour_of(second, "╭") == focused
        assert plot_rows(second)
