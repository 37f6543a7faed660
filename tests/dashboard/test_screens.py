"""The dashboard on a saved run, key by key."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from eostui.dashboard.app import Dashboard
from eostui.dashboard.flow_offer import FlowOffer
from eostui.dashboard.screens.flows import FlowsScreen
from eostui.dashboard.screens.go_to import GoToScreen, parse_place
from eostui.dashboard.screens.help import HelpScreen
from eostui.dashboard.screens.leave import Leave, LeaveScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.step_size import StepSizeScreen
from eostui.dashboard.screens.watch import FRAMES_PER_SECOND
from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.key_line import KeyLine
from eostui.dashboard.widgets.status_line import StatusLine
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.replay import ReplayFeed
from eostui.reading.step_size import StepSize
from eostui.store import RunFile
from tests.dashboard.looking import charts_of, text_of, tiles_of, until
from tests.dashboard.widgets.screen_text import lines

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture
def dashboard(edge_run: RunFile) -> Dashboard:
    feed = ReplayFeed(edge_run, start=400)
    feed.playing = False
    return Dashboard(feed)


def _feed(pilot: Pilot[Any]) -> ReplayFeed:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, ReplayScreen)
    return screen.replay


@pytest.mark.parametrize("size", SIZES)
async def test_everything_that_matters_is_on_the_screen(dashboard: Dashboard, size: tuple[int, int]) -> None:
    async with dashboard.run_test(size=size) as pilot:
        await until(pilot, lambda: "step 400" in text_of(pilot) and "play" in text_of(pilot))
        text = text_of(pilot)
        for word in (
            "AT THE EDGE",
            "S/threshold",
            "0.98",
            "η 2/12 → edge",
            "12.0",
            "1 Sharpness",
            "2 Loss",
            "replay held",
        ):
            assert word in text, word
        assert all(chart.size.height >= 7 for chart in charts_of(pilot))
        assert len(charts_of(pilot)) == (2 if size == (80, 24) else 3)
        await until(pilot, lambda: len(tiles_of(pilot)) == (7 if size == (200, 60) else 0))


async def test_a_resized_window_is_filled_again(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: max(chart.size.width for chart in charts_of(pilot)) == 80)
        assert "step 400" in text_of(pilot)


async def test_keys_move_the_replay(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("full_stop")
        assert _feed(pilot).step == 401
        await pilot.press("comma", "comma")
        assert _feed(pilot).step == 399
        await pilot.press("dollar_sign")
        assert _feed(pilot).at_end
        await pilot.press("home")
        assert _feed(pilot).step == 0
        await pilot.press("right_square_bracket")
        assert _feed(pilot).step > 0
        await pilot.press("plus")
        assert _feed(pilot).speed == 2.0
        await pilot.press("space")
        assert _feed(pilot).playing
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_home_and_end_move_the_replay_and_not_the_cursor_of_the_chart_in_focus(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.focused, Chart))
        chart = pilot.app.focused
        assert isinstance(chart, Chart)
        await pilot.press("end")
        assert _feed(pilot).at_end
        await pilot.press("home")
        assert _feed(pilot).step == 0
        assert chart.cursor_step is None
        await pilot.press("end", "ctrl+home")
        assert _feed(pilot).at_end
        cursor: float | None = chart.cursor_step
        assert cursor == 0
        await pilot.press("ctrl+end")
        assert chart.cursor_step == _feed(pilot).last_step


@pytest.mark.parametrize(("typed", "step"), [("250", 250), ("0%", 0), ("50 %", 350)])
async def test_going_to_a_step_or_a_percentage(dashboard: Dashboard, typed: str, step: int) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("g")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        pilot.app.screen.query_one(Input).value = typed
        await pilot.press("enter")
        await until(pilot, lambda: abs(_feed(pilot).step - step) <= 1)


async def test_a_place_that_is_none_is_said_in_place(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("g")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await pilot.press(*"99999", "enter")
        await until(pilot, lambda: "no place in this run" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        assert _feed(pilot).step == 400


@pytest.mark.parametrize("typed", ["", "x", "-1", "101%", "1e400", "nan%", "5.5"])
def test_nonsense_is_no_place(typed: str) -> None:
    with pytest.raises(ValueError, match="0% to 100%"):
        parse_place(typed, 700)


async def test_before_the_first_step_the_present_place_is_said_in_words(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(GoToScreen(-1, -1))
        await until(pilot, lambda: "Go to a step, now before step 0 of –" in text_of(pilot))


def test_in_a_run_without_steps_no_place_is_named() -> None:
    with pytest.raises(ValueError, match="ended before step 0"):
        parse_place("0", -1)


async def test_the_help_explains_every_number_and_every_regime(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 140)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.pause()
        text = text_of(pilot)
        words = ("sharpness", "steps/s", "diverging", "at the edge", "r averages", "never bridged", "faster")
        for word in (*words, "Home", "$ End", "Ctrl+Home"):
            assert word in text, word
        lines = text.splitlines()
        sections = ("Keys", "Mouse", "Reading the charts", "Regimes", "Readings", "Charts", "Terminal")
        at = [next(n for n, line in enumerate(lines) if f"│  {section}" in line) for section in sections]
        assert at == sorted(at)
        assert at[0] == pilot.app.screen.query_one(".dialog").region.y + 1, "no blank lines before it"
        assert "theme eostui-dark: chosen; plotted with braille: chosen" in text
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))


async def test_a_cursor_on_one_chart_is_a_cursor_on_all(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.click("#loss", offset=(30, 8))
        await until(pilot, lambda: all(chart.cursor_step is not None for chart in pilot.app.screen.query(Chart)))
        assert len({chart.cursor_step for chart in pilot.app.screen.query(Chart)}) == 1


async def test_zoom_shows_one_chart_and_log_switches_its_axis(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        loss = pilot.app.screen.query_one("#loss", Chart)
        loss.focus()
        await pilot.press("z")
        await until(pilot, lambda: loss.size.width > 100)
        before = loss.log_axis
        await pilot.press("o")
        assert (before, loss.log_axis) == (True, False)
        await pilot.press("z")
        await until(pilot, lambda: loss.size.width < 100)


async def test_a_font_without_braille_is_served(dashboard: Dashboard) -> None:
    def braille(text: str) -> bool:
        return any("\u2801" <= character <= "\u28ff" for character in text)

    async with dashboard.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: braille(text_of(pilot)))
        await pilot.press("b", "b")
        await until(pilot, lambda: not braille(text_of(pilot)))
        await pilot.press("b")
        await until(pilot, lambda: braille(text_of(pilot)))


async def test_a_frozen_view_holds_still_while_the_clock_goes_on(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("f")
        await until(pilot, lambda: "view frozen" in text_of(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "view frozen" not in text_of(pilot))


async def test_a_changed_step_size_marks_every_chart(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=600)
    feed.playing = False
    async with Dashboard(feed).run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: "step 600" in text_of(pilot))
        assert "η 0.1 " in text_of(pilot)
        await until(pilot, lambda: "501 η 2/12 → 0.1" in text_of(pilot))
        for chart in charts_of(pilot):
            assert re.search("(?<!/)η", "".join(lines(chart)[1:])), chart.id


async def test_a_wrong_step_size_is_said_in_place_and_a_right_one_previewed(dashboard: Dashboard) -> None:
    chosen: list[float | None] = []
    async with dashboard.run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(StepSizeScreen(StepSize(0.2, 10.0, "2/η"), 1.0), chosen.append)
        await until(pilot, lambda: bool(pilot.app.screen.query("#verdict")))
        verdict = pilot.app.screen.query_one("#verdict", Label)
        await pilot.press(*"banana", "enter")
        await until(pilot, lambda: "not a step size" in str(verdict.content))
        assert chosen == []
        await pilot.press(*["backspace"] * 6, *"2", "slash", *"50")
        await until(pilot, lambda: "50" in str(verdict.content))
        await pilot.press("enter")
        await until(pilot, lambda: chosen == [0.04])


async def test_flows_are_chosen_and_what_a_run_cannot_have_says_why(dashboard: Dashboard) -> None:
    chosen: list[tuple[str, ...] | None] = []
    offers = [
        FlowOffer("central", "the central flow", "about 76", moves=False, refusal="is not known with momentum"),
        FlowOffer("gradient", "the gradient flow", "about 16", moves=True, refusal=""),
        FlowOffer("quadratic", "the Taylor model", "about 16", moves=False, refusal=""),
    ]
    async with dashboard.run_test(size=(80, 24)) as pilot:
        for keys, expected in ((("down", "space"), ("gradient", "quadratic")), (("space",), ()), ((), None)):
            pilot.app.push_screen(FlowsScreen(offers), chosen.append)
            await until(pilot, lambda: "[x] gradient: a row costs about 16" in text_of(pilot))
            assert "is not known with momentum" in text_of(pilot)
            await pilot.press("home", *keys, "enter")
            await until(pilot, lambda: bool(chosen))
            assert chosen.pop() == expected


async def test_a_schedule_that_a_step_size_would_end_is_told_of(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(60, 16)) as pilot:
        pilot.app.push_screen(StepSizeScreen(StepSize(0.001, 38000.0, "(2+2β₁)/((1−β₁)η)", scheduled=True), 2.0))
        await until(pilot, lambda: "edge ≈ 19000 ((2+2β₁)/((1−β₁)η))" in text_of(pilot))
        text = text_of(pilot)
        for line in (
            "Step size η, now 0.001",
            "edge (2+2β₁)/((1−β₁)η) =",
            "the schedule no",
            "longer applies from then on",
        ):
            assert line in text, line


@pytest.mark.parametrize(
    "present", [StepSize(0.0, math.inf, "2/η", scheduled=True), StepSize(0.1, math.nan, None), StepSize(0.1, -3, "2/η")]
)
async def test_where_nothing_is_known_of_the_threshold_nothing_is_claimed(
    dashboard: Dashboard, present: StepSize
) -> None:
    async with dashboard.run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(StepSizeScreen(present, 2.0))
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        pilot.app.screen.query_one(Input).value = "0.05"
        await pilot.pause()
        assert "nan" not in text_of(pilot)
        verdict = str(pilot.app.screen.query_one("#verdict", Label).content)
        assert verdict.rstrip(" .") == ("edge ≈ -6 (2/η)" if present.threshold == -3 else "")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_new_threshold_is_seen_while_it_is_typed_and_a_hopeless_one_is_warned_of(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.run_test(size=size) as pilot:
        await until(pilot, lambda: _feed(pilot).step == 400 and "1 Sharpness" in text_of(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, ReplayScreen)

        def preview(threshold: float | None) -> None:
            screen.charts.preview = threshold
            screen.charts.draw()

        feed = _feed(pilot)
        pilot.app.push_screen(StepSizeScreen(StepSize.of(feed), 0.5, PresentSharpness.of(feed), preview))
        await until(pilot, lambda: "new 2/η 24.0" in text_of(pilot) and "· · · ·" in text_of(pilot))
        assert "expect S to rise" in text_of(pilot)
        dialog, hero = pilot.app.screen.query_one(".dialog"), screen.query(Chart).first()
        assert dialog.region.y >= hero.region.bottom
        pilot.app.screen.query_one(Input).value = "1e9"
        verdict = pilot.app.screen.query_one("#verdict", Label)
        await until(pilot, lambda: str(verdict.content).endswith("e9 × that: the run will diverge"))
        await pilot.press("escape")
        await until(pilot, lambda: "new 2/η" not in text_of(pilot))


@pytest.mark.parametrize(("keys", "choice"), [(["l"], Leave.RUNNING), (["s"], Leave.STOP), (["escape"], None)])
async def test_leaving_asks_what_becomes_of_the_training(
    dashboard: Dashboard, keys: list[str], choice: Leave | None
) -> None:
    chosen: list[Leave | None] = []
    async with dashboard.run_test(size=(80, 24)) as pilot:
        pilot.app.push_screen(LeaveScreen("demo"), chosen.append)
        await until(pilot, lambda: "eostui attach demo" in text_of(pilot))
        lines = text_of(pilot).splitlines()
        said = ("Leave it running", "Stop it", "Stay (Esc)")
        assert len({line.index(words) for line in lines for words in said if words in line}) == 1
        await pilot.press(*keys)
        await until(pilot, lambda: chosen == [choice])


async def test_a_name_with_markup_in_it_is_shown_as_it_is(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        _feed(pilot).name = "[bold]x[/bold]"
        await until(pilot, lambda: "[bold]x[/bold]" in text_of(pilot))
        assert pilot.app.screen.query_one(StatusLine).size.height == 2


async def test_a_replay_takes_no_note_and_says_so(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: "a note is taken while the run is being trained" in text_of(pilot))


async def test_the_palette_offers_the_keys_by_name(dashboard: Dashboard) -> None:
    async with dashboard.run_test(size=(120, 40)) as pilot:
        names = [command.title for command in dashboard.get_system_commands(pilot.app.screen)]
        assert {"Play", "Faster", "Go to", "Help", "X axis", "Closer"} <= set(names)


async def test_a_replay_has_one_clock_that_draws_it(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks: list[float] = []
    set_interval = ReplayScreen.set_interval

    def count(screen: ReplayScreen, interval: float, *others: Any, **named: Any) -> Any:
        clocks.append(interval)
        return set_interval(screen, interval, *others, **named)

    monkeypatch.setattr(ReplayScreen, "set_interval", count)
    async with dashboard.run_test() as pilot:
        await pilot.pause()
        assert clocks.count(1 / FRAMES_PER_SECOND) == 1


async def test_keys_that_there_is_no_room_for_are_said_to_be_missing_and_a_click_presses_one(
    dashboard: Dashboard,
) -> None:
    async with dashboard.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        keys = text_of(pilot).splitlines()[-1]
        assert keys.startswith("space ")
        assert keys.rstrip().endswith("… ? help")
        await pilot.resize_terminal(200, 30)
        await pilot.pause()
        keys = text_of(pilot).splitlines()[-1]
        assert "…" not in keys
        assert "? help" in keys
        assert "q quit" in keys
        await pilot.click(KeyLine, offset=(keys.index("? help") + 3, 0))
        await pilot.pause()
        assert isinstance(pilot.app.screen, HelpScreen)


async def test_what_stands_around_the_charts_comes_with_the_first_step(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run)
    feed.playing = False
    for series in feed.series.values():
        series.shown = 0  # the tables are known before the first row, as they are of a training that begins
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "whole run" not in text_of(pilot)
        feed.seek(100)
        await until(pilot, lambda: "whole run" in text_of(pilot) and "1 Sharpness" in text_of(pilot))
