"""The screen of a run that is being trained: its keys are commands to the trainer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.message import Message
from textual.notifications import SeverityLevel

from eostui.config import typed_text
from eostui.dashboard.choosable import Choosable
from eostui.dashboard.flow_offer import flows_offered
from eostui.dashboard.screens.charts import ChartsScreen
from eostui.dashboard.screens.flows import FlowsScreen
from eostui.dashboard.screens.leave import Leave, LeaveScreen
from eostui.dashboard.screens.note import NoteScreen
from eostui.dashboard.screens.step_size import StepSizeScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.link.address import LinkError
from eostui.link.messages import Argument
from eostui.link.verb import Verb
from eostui.link.withdraw import has_begun
from eostui.reading.ending import ending_of
from eostui.reading.live import LiveFeed
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.replay import ReplayFeed
from eostui.reading.step_size import StepSize
from eostui.store import RunFile, RunFileError

SHARE = 0.015
"""The share of one core that drawing may take from the training, which wants every core …"""
LONGEST_WAIT = 2.0
"""… but no more seconds than these pass without a drawing."""
NEXT = {"pause": "watch again", "export": "export", "copy": "copy", "quit": "close"}
"""What the footer offers once a run is over: the ids of bindings, and what they are called then."""
ENDING_SECONDS = 60.0
"""How long the notice stays that says how the run ended."""


class LiveScreen(WatchScreen):
    """Watch a run and steer it. Every command takes effect between two steps and is acknowledged by the trainer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause", tooltip="Pause the training", id="pause"),
        Binding("space", "resume", "resume", tooltip="Let the training go on", id="pause"),
        Binding("space", "replay", "watch again", tooltip="Watch the run again, once it is over", id="pause"),
        Binding("l", "step_size(1.0)", "step size η", tooltip="Change the step size η", id="step-size"),
        Binding(
            "plus",
            "step_size(2.0)",
            "η×2",
            key_display="+",
            show=False,
            tooltip="Change η, starting from twice as much",
            id="step-size-double",
        ),
        Binding(
            "minus",
            "step_size(0.5)",
            "η÷2",
            key_display="-",
            show=False,
            tooltip="Change η, starting from half as much",
            id="step-size-half",
        ),
        Binding("s", f"command('{Verb.STEP}')", "step", tooltip="One update, while paused", id="one-step"),
        Binding(
            "m",
            f"command('{Verb.MEASURE}')",
            "measure",
            show=False,
            tooltip="Measure curvature at the next step",
            id="measure",
        ),
        Binding(
            "c",
            f"command('{Verb.CHECKPOINT}')",
            "checkpoint",
            show=False,
            tooltip="Write a checkpoint now",
            id="checkpoint",
        ),
        Binding("t", "flows", "flows", show=False, tooltip="Curves that theory predicts, beside the run", id="flows"),
        Binding("q", "leave", "quit", tooltip="Leave the training running, or stop it", id="quit"),
    ]

    class Over(Message):
        """The run is over, and the user wants to watch it again."""

        def __init__(self, replay: ReplayFeed) -> None:
            super().__init__()
            self.replay = replay

    def __init__(self, feed: LiveFeed) -> None:
        super().__init__(feed)
        self.live = feed
        self._stopping = False
        self._offered = ""
        """The status that the keys in the footer are for."""
        self._is_over = False
        self._drawn_at = self._used_before = 0.0
        """When the charts were last drawn: wall-clock time, and this process's time on the processor until then."""
        self._wait: float | None = 0.0
        """Seconds from that drawing to the next one."""

    def may_draw(self) -> bool:
        """While the run is being trained: only when the last drawing's cost is `SHARE` of the time since then."""
        if self.feed.status != "running":
            return True
        now, used = time.monotonic(), time.process_time()
        if self._wait is None:  # the first time after a drawing: by now it is painted as well
            self._wait = min((used - self._used_before) / SHARE, LONGEST_WAIT)
        if now - self._drawn_at < self._wait:
            return False
        self._drawn_at, self._used_before, self._wait = now, used, None
        return True

    def draw(self) -> None:
        super().draw()
        if self.feed.status != self._offered:
            self._offered = self.feed.status
            self.refresh_bindings()
        if self.live.over and not self._is_over:
            self._is_over = True
            self.refresh_bindings()
            self._tell_the_end()
        if self.live.over and (self._stopping or not has_begun(self.live.directory)):
            self.app.exit()

    def _tell_the_end(self) -> None:
        """Say how the run ended; of a trainer that is gone without a word the feed has said so."""
        if self.live.ended is not None and not self._stopping:
            severity: SeverityLevel = "error" if self.live.ended.code else "information"
            self.notify(ending_of(self.live), severity=severity, timeout=ENDING_SECONDS, markup=False)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that do something now; once the run is over, what can be done next comes first."""
        active = super().active_bindings
        if not self.live.over:
            return active
        ids = list(NEXT)
        offered = {key: one for key, one in active.items() if one.binding.id in NEXT}
        first = sorted(offered.items(), key=lambda item: ids.index(str(item[1].binding.id)))
        return {key: _offered(one) for key, one in first} | {k: one for k, one in active.items() if k not in offered}

    def state(self) -> str:
        return "stopping" if self._stopping else super().state()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys that steer are for a training that goes on, and a key does what its name in the footer says."""
        over, paused = self.live.over, self.feed.status == "paused"
        match action:
            case "pause":
                return not over and not paused
            case "resume" | "command" if action == "resume" or parameters == (str(Verb.STEP),):
                return not over and paused
            case "replay":
                return over
            case "step_size" | "command" | "flows":
                return not over
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        self._command(Verb.PAUSE)

    def action_resume(self) -> None:
        self._command(Verb.RESUME)

    def action_replay(self) -> None:
        """Watch the run again from its file."""
        try:
            with RunFile.open(self.live.directory / "run.h5") as file:
                feed = ReplayFeed(file)
        except RunFileError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.post_message(self.Over(feed))

    def action_command(self, verb: str) -> None:
        """Send a command that takes no argument; a key's binding can name it only as text."""
        self._command(Verb(verb))

    def _command(self, verb: Verb, argument: Argument = None) -> None:
        if self.live.over:
            self.notify(f"the training is over ({self.feed.status}); q leaves", severity="warning")
            return
        self._ask(partial(self.live.send, verb, argument))
        self._say()  # what is pending

    def _ask(self, question: Callable[[], None]) -> bool:
        """Ask the trainer, and whether it can have heard."""
        try:
            question()
        except LinkError as error:
            self.notify(str(error), severity="error", markup=False)
            return False
        return True

    def action_step_size(self, factor: float) -> None:
        if self.live.over or self.feed.step < 0:
            self.notify("the step size can be changed once the training has begun, until it ends", severity="warning")
            return

        def change(chosen: float | None) -> None:
            if chosen is not None:
                self._command(Verb.LR, typed_text(chosen) or chosen)

        self.app.push_screen(
            StepSizeScreen(StepSize.of(self.feed), factor, PresentSharpness.of(self.feed), self._preview), change
        )

    def action_note(self) -> None:
        if self.live.over or self.feed.step < 0:
            super().action_note()
            return

        def take(text: str | None) -> None:
            if text is not None:
                self._command(Verb.NOTE, text)

        self.app.push_screen(NoteScreen(self.feed.next_step), take)

    def action_flows(self) -> None:
        def change(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                self._command(Verb.FLOW, ",".join(chosen) or "none")

        if offers := flows_offered(self.feed):
            self.app.push_screen(FlowsScreen(offers), change)

    def charts_screen(self) -> ChartsScreen:
        def choosable() -> Choosable | None:
            return None if self.live.over else Choosable.of(self.feed)

        return ChartsScreen(self.charts.subject.pictures, self.charts.choice, choosable, self._command)

    def action_leave(self) -> None:
        if self.live.over:
            self.app.exit()
            return

        def leave(choice: Leave | None) -> None:
            if choice is Leave.RUNNING:
                self.app.exit()
            elif choice is Leave.STOP:
                self._stopping = self._ask(self.live.stop)

        self.app.push_screen(LeaveScreen(self.live.place), leave)


def _offered(active: ActiveBinding) -> ActiveBinding:
    """The same key, in the footer, under the name that it has once the run is over."""
    binding = active.binding
    return active._replace(binding=replace(binding, show=True, description=NEXT[str(binding.id)]))
