"""The screen of a saved run: its keys move the clock."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from eostui.dashboard.screens.go_to import GoToScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.reading.replay import ReplayFeed


class ReplayScreen(WatchScreen):
    """Watch a saved run again, at any speed, from any step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "play", "play/pause", id="play", tooltip="Play, or hold; at the end, play again from the start"
        ),
        Binding("minus", "speed(-1)", "slower", id="slower", key_display="-", tooltip="The next slower speed"),
        Binding(
            "plus,equals_sign", "speed(1)", "faster", id="faster", key_display="+", tooltip="The next faster speed"
        ),
        Binding("comma", "move(-1)", "step back", id="step-back", key_display=",", show=False, tooltip="One step back"),
        Binding("full_stop", "move(1)", "step", id="step-on", key_display=".", tooltip="One step on"),
        Binding(
            "left_square_bracket",
            "event(-1)",
            "event back",
            id="event-back",
            key_display="[",
            show=False,
            tooltip="To the event before",
        ),
        Binding(
            "right_square_bracket",
            "event(1)",
            "event",
            id="event",
            key_display="]",
            tooltip="To the next event: a changed step size, a pause",
        ),
        Binding("0,home", "start", "start", id="start", key_display="0 Home", show=False, tooltip="To the first step"),
        Binding("dollar_sign,end", "end", "end", id="end", key_display="$ End", show=False, tooltip="To the last step"),
        Binding(
            "l",
            "focused.move_cursor(1)",
            "cursor right",
            id="cursor-on",
            show=False,
            tooltip="As →: the cursor goes on",
        ),
        Binding("g", "go_to", "go to", id="go-to", tooltip="To a step or a percentage"),
        Binding("q", "app.quit", "quit", id="quit", tooltip="End the replay"),
    ]

    def __init__(self, feed: ReplayFeed) -> None:
        super().__init__(feed)
        self.replay = feed

    def note(self) -> str:
        state = f"▶ {self.replay.speed:g}×" if self.replay.playing else "held"
        return f"replay {state} {super().note()}".rstrip()

    def action_play(self) -> None:
        self.replay.toggle()
        self.draw()

    def action_speed(self, direction: int) -> None:
        self.replay.change_speed(direction)
        self.draw()

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
