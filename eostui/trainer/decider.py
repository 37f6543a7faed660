"""The decisions of each turn, from the settings, the commands of viewers, and the time that steps take."""

from __future__ import annotations

import math

from eostui.config import (
    ConfigError,
    RunConfig,
    cannot_be_held,
    interval_seconds,
    not_a_step_size,
    parse_step_size,
    typed_text,
)
from eostui.config.command import step_size_text
from eostui.dynamics.descent import Descent
from eostui.instruments.base.instrument import State
from eostui.instruments.base.measurements import Measurements
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.link.messages import Argument, Command
from eostui.link.verb import Verb
from eostui.link.waiting import Asked
from eostui.store import By, Kind, Status, clean_text
from eostui.store.events import Noted, ProductsReported, StepSizeChanged, Warned
from eostui.trainer.cadence import Cadence
from eostui.trainer.compilation import Compilation
from eostui.trainer.control import Control
from eostui.trainer.record import Record
from eostui.trainer.schedule import parse_schedule
from eostui.trainer.tracking import cannot_begin, cannot_end, flows_of
from eostui.trainer.turn import Outcome, Turn

IDLE_WAIT = 0.5
"""Seconds that a paused run waits for a command before it checks whether a signal has asked it to stop."""

MOST_WAITING = 1000
"""Rows that wait for room on the disk beyond which commands that add another one are refused."""

_NEED_A_TURN = (Verb.CHECKPOINT, Verb.MEASURE, Verb.STEP, Verb.TRACK, Verb.UNTRACK, Verb.FLOW)

LONGEST_NOTE = 480
"""The most characters of a note."""
HELD = 10
"""Updates with the same step size after which a schedule's next one is an event: a step size that moves on at every
update is a curve."""

Answer = tuple[bool, str]
"""Whether a command could be carried out, and what happened in words."""


class Decider:
    """Makes the turns of a run, one after the other.

    A run is before step t where t updates have been made. Whatever is done there has the number t: the row of a
    measurement, the event and the answer of a command, the checkpoint, which holds θ_t. A run that pauses has made
    update t - 1, whose row is the last one of the table `train`, and is before step t.

    It is the only place of a run where a clock, a schedule or a viewer has a say. Whatever departs from the settings is
    recorded as an event.
    """

    def __init__(
        self,
        config: RunConfig,
        descent: Descent,
        measurements: Measurements,
        control: Control,
        record: Record,
        compilation: Compilation,
        *,
        outputs: bool,
    ) -> None:
        """`outputs` says whether the network's outputs are one tensor, which some instruments need."""
        self._config = config
        self._descent = descent
        self._measurements = measurements
        self._control = control
        self._record = record
        self._compilation = compilation
        self._outputs = outputs
        self._schedule = parse_schedule(config.training.lr_schedule, config.training.lr)
        self._scheduled = config.training.lr_schedule != "constant"
        self._lr = descent.lr = self._schedule(descent.step)
        self._cadence = Cadence(config.measuring, tracks=bool(measurements.tracked))
        self._last_lr = self._lr
        """η of the update before this step."""
        self._measured_at = self._saved_at = -1
        self._saved_after = 0.0
        """Seconds from the start of the run to its last checkpoint of `--checkpoint-every`."""
        self._measure_now = descent.step > 0
        """Whether the next turn measures whatever the cadence says. The first one of a run that branches off does."""
        self._steps_allowed = 0
        self._pending: tuple[Asked, str] | None = None
        """The command that the present turn carries out, and the answer to it afterwards."""

    def next(self) -> Turn:
        """The next turn. While the run is paused, this waits until there is one."""
        step = self._descent.step
        if step == self._config.limits.steps:
            return self._turn(end=Status.FINISHED)
        if step and self._saved_at != step and self._is_to_be_saved(step):
            # A clock must not decide what errors are claimed: only counted steps have the derivatives checked again.
            counted = isinstance(self._config.limits.checkpoint_every, int)
            return self._turn(advance=False, checkpoint=True, recheck=counted, by=By.SCHEDULE)
        while True:
            held = self._control.paused and not self._steps_allowed
            asked = self._control.next_command(IDLE_WAIT if held else 0.0)
            if self._control.stopping:
                return self._turn(end=Status.STOPPED)
            self.record_signals()
            if self._control.to_save:
                self._control.to_save = False
                if self._saved_at != step:
                    return self._turn(advance=False, checkpoint=True, by=By.SIGNAL)
            if asked is None:
                if not held:
                    break
            elif (turn := self._take(asked)) is not None:
                return turn
        self._steps_allowed = 0
        if self._scheduled:
            self._follow_schedule(step)
        return self._turn(measure=self._due(step))

    def answer_at_once(self, asked: Asked, why: str) -> None:
        """Answer a command while the run stands still for a reason: with what can be done without a turn, or with that
        reason."""
        verb, waits = asked.command.verb, self._record.waiting >= MOST_WAITING
        if verb in _NEED_A_TURN or waits:
            self._record.answer(asked, False, f"the run cannot go on to do that: {why}")
            return
        done, text = self._answer_to(asked.command)
        self._record.answer(asked, done, f"{text}; the run goes on once there is room: {why}" if done else text)

    def record_signals(self) -> None:
        """Record the signals that have come."""
        for said in self._control.take_signals():
            self._record.event(self._descent.step, said, By.SIGNAL)

    def saves(self, turn: Turn) -> None:
        """A turn's checkpoint is about to be written, so that the state in it has this one behind it."""
        if self._pending is None:
            self._saved_at, self._saved_after = turn.step, self._record.elapsed()

    def learn(self, turn: Turn, outcome: Outcome) -> None:
        """Learn from the outcome of a turn that was carried out to its end, and answer the viewer that asked for it."""
        if turn.advance:
            self._measure_now, self._last_lr = False, turn.lr
        if not set(turn.measure).isdisjoint(self._measurements.certified):
            self._measured_at = turn.step
        if outcome.certified is not None:
            self._cadence.took("certified", outcome.certified)
            if text := self._compilation.advance(self._measurements.seconds, wanted=self._measurements.would_compile):
                self._record.event(turn.step, ProductsReported(text))
        if outcome.tracked is not None:
            self._cadence.took("tracked", outcome.tracked)
        if outcome.update is not None:
            self._cadence.took("update", outcome.update)
        if outcome.certified is not None and turn.advance and (adapted := self._cadence.adapted()):
            self._record.event(turn.step, adapted)
        if turn.track or turn.untrack:
            self._cadence.tracks = bool(self._measurements.tracked)
        if turn.checkpoint and self._pending is None and not outcome.done:
            self._record.event(turn.step, Warned(f"{outcome.text}; the run goes on"))
        if self._pending is not None:
            (asked, text), self._pending = self._pending, None
            self._record.answer(asked, outcome.done, outcome.text or text)

    def _turn(
        self,
        *,
        measure: tuple[str, ...] = (),
        advance: bool = True,
        track: tuple[str, ...] = (),
        untrack: tuple[str, ...] = (),
        checkpoint: bool = False,
        recheck: bool = False,
        by: By | None = None,
        end: Status | None = None,
    ) -> Turn:
        return Turn(
            step=self._descent.step,
            lr=self._lr,
            measure=measure,
            search_with=self._measurements.search_with if measure else {},
            compiled=self._compilation.program is not None,
            advance=advance,
            track=track,
            untrack=untrack,
            checkpoint=checkpoint,
            recheck=recheck,
            by=by,
            end=end,
        )

    def _is_to_be_saved(self, step: int) -> bool:
        """Whether a checkpoint of `--checkpoint-every` is due."""
        match self._config.limits.checkpoint_every:
            case int(steps):
                return step % steps == 0
            case str(text):
                return self._record.elapsed() - self._saved_after >= interval_seconds(text)
        return False

    def _due(self, step: int) -> tuple[str, ...]:
        """The instruments that measure at a step."""
        measurements = self._measurements
        going = self._record.elapsed() - self._control.waited
        affordable = self._cadence.affordable(measurements.seconds, going)
        certified = self._measure_now or (affordable and self._cadence.certified(step))
        names: tuple[str, ...] = ()
        if certified and self._measured_at != step:
            names += measurements.certified
        if affordable and self._cadence.tracked(step):
            names += measurements.tracked
        others = () if self._lr == self._last_lr else measurements.at_new_step_size()
        others += measurements.eager()
        names += tuple(name for name in dict.fromkeys(others) if name not in names)
        return names + measurements.free

    # commands

    def _take(self, asked: Asked) -> Turn | None:
        """Carry out a command and answer it. A command that needs a turn returns it, and `learn` answers later."""
        command = asked.command
        if command.verb is Verb.CHECKPOINT:
            self._pending = (asked, "")
            return self._turn(advance=False, checkpoint=True, by=command.by)
        if command.verb is Verb.MEASURE and self._control.paused and self._measured_at != self._descent.step:
            self._record.event(self._descent.step, Kind.MEASURE, command.by)
            self._pending = (asked, f"measured before step {self._descent.step}")
            return self._turn(advance=False, measure=self._measurements.certified)
        if command.verb in (Verb.TRACK, Verb.UNTRACK) and isinstance(name := command.argument, str):
            return self._change_instruments(asked, name, begins=command.verb is Verb.TRACK)
        if command.verb is Verb.FLOW and isinstance(text := command.argument, str):
            return self._change_flows(asked, text)
        self._record.answer(asked, *self._answer_to(command))
        return None

    def _change_instruments(self, asked: Asked, name: str, *, begins: bool) -> Turn | None:
        there = self._measurements.names
        why = cannot_begin(name, there, self._config, self._outputs) if begins else cannot_end(name, there)
        if why:
            self._record.answer(asked, False, why)
            return None
        self._pending = (asked, "")
        if not begins:
            return self._turn(advance=False, untrack=(name,), by=asked.command.by)
        # The derivatives behind it may be others than those that have been checked.
        return self._turn(advance=False, track=(name,), recheck=True, by=asked.command.by)

    def _change_flows(self, asked: Asked, text: str) -> Turn | None:
        there = [name for name in self._measurements.names if INSTRUMENTS[name].flow]
        try:
            wanted = flows_of(text, self._config)
        except ValueError as error:
            self._record.answer(asked, False, str(error))
            return None
        begin = tuple(name for name in wanted if name not in there)
        end = tuple(name for name in there if name not in wanted)
        if not begin and not end:
            self._record.answer(asked, True, f"{' and '.join(there) or 'no flow'}, as before")
            return None
        self._pending = (asked, "")
        return self._turn(advance=False, track=begin, untrack=end, recheck=bool(begin), by=asked.command.by)

    def _answer_to(self, command: Command) -> Answer:
        step, by = self._descent.step, command.by
        match command.verb, command.argument:
            case Verb.PAUSE, _:
                return self._pause(True, by)
            case Verb.RESUME, _:
                return self._pause(False, by)
            case Verb.STEP, _ if not self._control.paused:
                return False, "one step at a time works while paused: pause first"
            case Verb.STEP, _:
                self._steps_allowed = 1
                return True, f"step {step}"
            case Verb.LR, lr:
                return self._step_size(lr, by)
            case Verb.MEASURE, _ if self._measured_at == step:
                return True, f"measured before step {step} already"
            case Verb.MEASURE, _:
                self._record.event(step, Kind.MEASURE, by)
                self._measure_now = True
                return True, f"measuring before step {step}"
            case Verb.NOTE, str(text):
                return self._note(text, by)
            case verb, _:
                return False, f"this trainer knows no '{verb}'"

    def _pause(self, paused: bool, by: By) -> Answer:
        if paused == self._control.paused:
            return True, f"{'paused' if paused else 'running'} already"
        self._control.paused = paused
        self._record.set_status(Status.PAUSED if paused else Status.RUNNING)
        self._record.event(self._descent.step, Kind.PAUSE if paused else Kind.RESUME, by)
        return True, f"{'paused before' if paused else 'going on with'} step {self._descent.step}"

    def _step_size(self, given: Argument, by: By) -> Answer:
        """The answer to who gives a step size, as a number or as it was typed."""
        try:
            lr = parse_step_size(given) if isinstance(given, str) else given
        except ConfigError as error:
            return False, str(error)
        if lr is None or not 0 < lr < math.inf:
            return False, not_a_step_size(lr)
        lr = lr if isinstance(lr, float) else float(lr)
        why = cannot_be_held(lr, self._config.training.dtype)
        return (False, why) if why else (True, self.change_step_size(lr, by))

    def change_step_size(self, lr: float, by: By) -> str:
        """Go on with the step size η = `lr` from here on. Returns what that means, in words."""
        previous, self._lr = self._lr, float(lr)  # its text is for people, not for a checkpoint
        self._descent.lr = self._lr
        step, threshold = self._descent.step, self._descent.threshold.value
        typed, decimal = step_size_text(lr), f"{lr:.4g}"
        text = f"η = {typed}{f' ({decimal})' * (typed != decimal)} from step {step} on, threshold {threshold:g}"
        overrides = None
        if self._scheduled:
            self._scheduled = False
            overrides = self._config.training.lr_schedule
            text += f"; the schedule {overrides} no longer applies"
        self._record.event(step, StepSizeChanged(self._lr, previous, threshold, overrides, typed_text(lr) or None), by)
        return text

    def _follow_schedule(self, step: int) -> None:
        """The step size that the schedule has. It is an event where one comes to an end that was held for a while."""
        previous, self._lr = self._lr, self._schedule(step)
        self._descent.lr = self._lr
        if self._lr != previous and step >= HELD and self._schedule(step - HELD) == previous:
            self._record.event(step, StepSizeChanged(self._lr, previous, self._descent.threshold.value), By.SCHEDULE)

    def _note(self, text: str, by: By) -> Answer:
        note = Noted(clean_text(text))
        if not note.text:
            return False, "a note says something"
        if len(note.text) > LONGEST_NOTE or not note.fits:
            beyond = "; a letter beyond ASCII counts for six or twelve" if not note.text.isascii() else ""
            return False, f"a note has at most {LONGEST_NOTE} characters, this one has {len(note.text)}{beyond}"
        self._record.event(self._descent.step, note, by)
        return True, f"noted before step {self._descent.step}"

    # state

    def state_dict(self) -> State:
        """The state that the next turn depends on, besides the settings, the time and the viewers."""
        return {
            "lr": self._lr,
            "last_lr": self._last_lr,
            "scheduled": self._scheduled,
            "measured_at": self._measured_at,
            "measure_now": self._measure_now,
            "saved_at": self._saved_at,
            "paused": self._control.paused,
            "cadence": self._cadence.state_dict(),
        }

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` gave."""
        self._lr, self._scheduled = state["lr"], state["scheduled"]
        self._last_lr = state.get("last_lr", self._lr)
        self._measured_at, self._measure_now = state["measured_at"], state["measure_now"]
        self._saved_at, self._saved_after = state["saved_at"], self._record.elapsed()
        self._control.paused = state["paused"]
        self._cadence.load_state_dict(state["cadence"])
