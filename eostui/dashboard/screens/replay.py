"""The screen of a saved run: its keys move the clock."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from eostui.dashboard.screens.go_to import GoToScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.dashboard.widgets.overview import Extent, Overview
from eostui.reading.replay import ReplayFeed


class ReplayScreen(WatchScreen):
    """Watch a saved run again, at any speed, from any step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "play", tooltip="Play; at the end, play again from the start", id="play"),
        Binding("space", "hold", "hold", tooltip="Hold the replay where it is", id="play"),
        Binding("minus", "speed(-1)", "slower", key_display="-", tooltip="The next slower speed", id="slower"),
        Binding("plus", "speed(1)", "faster", key_display="+", tooltip="The next faster speed", id="faster"),
        Binding("comma", "move(-1)", "step back", key_display=",", show=False, tooltip="One step back", id="step-back"),
        Binding("full_stop", "move(1)", "step", key_display=".", tooltip="One step on", id="step-on"),
        Binding("home", "start", "start", key_display="Home", show=False, tooltip="To the first step", id="start"),
        Binding("dollar_sign,end", "end", "end", key_display="$ End", show=False, tooltip="To the last step", id="end"),
        Binding(
            "l",
            "cursor_on",
            "cursor right",
            show=False,
            tooltip="As →: the cursor goes on",
            id="cursor-on",
        ),
        Binding("g", "go_to", "go to", tooltip="To a step or a percentage", id="go-to"),
        Binding("q", "app.quit", "quit", tooltip="End the replay", id="quit"),
    ]

    def __init__(self, feed: ReplayFeed) -> None:
        super().__init__(feed)
        self.replay = feed

    def on_mount(self) -> None:
        self.charts.scrubber = True  # what `WatchScreen` does then, Textual calls by itself

    def state(self) -> str:
        return f"replay {self.replay.speed:g}×" if self.replay.playing else "replay held"

    def extent(self) -> Extent:
        """The run up to its last step, with the moment that is shown."""
        shown = super().extent()
        return replace(shown, last=float(max(self.replay.last_step, 0)), position=float(max(self.replay.step, 0)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The space bar does what its name in the footer says."""
        if action in ("play", "hold"):
            return self.replay.playing == (action == "hold")
        return super().check_action(action, parameters)

    def on_overview_pointed(self, message: Overview.Pointed) -> None:
        """The overview is the scroll bar of the replay."""
        self.replay.seek(round(message.step))
        self.draw()

    def go_to(self, step: float) -> None:
        """Move the replay to a step."""
        self.replay.seek(round(step))
        self.draw()

    def action_play(self) -> None:
        self.replay.toggle()
        self.refresh_bindings()
        self.draw()

    def action_hold(self) -> None:
        self.action_play()

    def action_speed(self, direction: int) -> None:
        self.replay.change_speed(direction)
        self.draw()

    def action_cursor_on(self) -> None:
        """Move the cursor of the chosen chart to the right: `l` is free here, unlike where training is steered."""
        if chart := self.charts.chosen():
            chart.action_move_cursor(1)

    def action_move(self, rows: int) -> None:
        self.replay.seek_row(rows)
        self.draw()

    def action_event(self, direction: int) -> None:
        self.replay.seek_event(direction)
        self.draw()

    def action_start(self) -> None:
        self.replay.seek(0)
        self.draw()

    def action_end(self) -> None:
        self.replay.seek(self.replay.last_step)
        self.draw()

    def action_go_to(self) -> None:
        def go(step: int | None) -> None:
            if step is not None:
                self.replay.seek(step)
                self.draw()

        self.app.push_screen(GoToScreen(self.replay.step, self.replay.last_step), go)
