"""The training loop: measure at θ_t, then update, turn by turn."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from eostui.config import RunConfig
from eostui.curvature.checks.same_gradient import same_gradient
from eostui.curvature.products import Products
from eostui.dynamics.descent import Descent
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.measurements import Measurements
from eostui.instruments.base.point import Point
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.scores import scores
from eostui.instruments.catalogue import INSTRUMENTS, instruments_of
from eostui.one_line import in_one_line
from eostui.problems.by_path import looks_like_path
from eostui.problems.errors import ProblemError
from eostui.store import FULL_BATCH, By, Kind, Status, StoreError
from eostui.store.events import Checked, CheckpointWritten, Failed, Happening, Started, TrackingChanged, Warned
from eostui.trainer.beginning import Beginning
from eostui.trainer.carried import Carried
from eostui.trainer.checked_products import checked_products
from eostui.trainer.checkpoint import VERSION, forget_newer, keep_newest, write_checkpoint
from eostui.trainer.compilation import Compilation
from eostui.trainer.control import Abandoned, Control
from eostui.trainer.decider import Decider
from eostui.trainer.record import Record
from eostui.trainer.setup import Setup, minibatches_of
from eostui.trainer.tracking import with_instrument, without_instrument
from eostui.trainer.turn import Outcome, Turn

BETWEEN_LOOKS = 0.25
"""Seconds from one look at a disk that is full to the next."""


class Trainer:
    """One run, from θ_0 to its end.

    Row t of every table is measured at the weights before update t; a new step size takes effect between two steps.
    """

    def __init__(
        self,
        config: RunConfig,
        setup: Setup,
        record: Record,
        control: Control,
        *,
        products: Products,
        beginning: Beginning | None = None,
    ) -> None:
        self._config = config
        self._setup = setup
        self._record = record
        self._control = control
        self._products = products
        self._own = looks_like_path(config.problem.arch)
        self._beginning = beginning or Beginning()
        minibatches = minibatches_of(config.training, setup.objective)
        self._descent = Descent(setup.objective, setup.optimizer, setup.theta, minibatches, self._beginning.step)
        self._measurements = Measurements(instruments_of(config), Scope.of(config))
        self._carried = Carried(self._descent, self._measurements, record, control)
        self._compilation = Compilation(config, setup.curvature.physical_batch)
        self._decider = Decider(
            config,
            self._descent,
            self._measurements,
            control,
            record,
            self._compilation,
            outputs=setup.problem.outputs > 0,
        )
        self._same_gradient: bool | None = None
        """Whether gradients from a Hessian's graphs are the same to the bit; None before this is known."""
        setup.listener.target = self._on_batch

    def run(self) -> Status:
        """Train until a goal is reached, the loss is no longer finite, or a viewer or signal stops the run.

        Raises what the model raises.
        """
        record = self._record
        self._begin()
        record.set_status(Status.PAUSED if self._control.paused else Status.RUNNING)
        try:
            status = self._train()
        except StoreError:
            raise
        except BaseException as error:  # the user's code may call sys.exit, or raise what it likes
            record.event(self._descent.step, Failed(told(error)))
            raise
        finally:
            self._compilation.close()
        self._decider.record_signals()
        record.event(self._descent.step, Kind(status), self._control.stopped_by if status is Status.STOPPED else None)
        return status

    def _begin(self) -> None:
        """Go on from the state that the run begins with, and say how it begins."""
        begins, record, setup = self._beginning, self._record, self._setup
        if begins.state is not None:
            self.load_state_dict(begins.state)
        forget_newer(record.directory / "checkpoints", begins.step)  # those that could not be used
        start = Started(self._descent.lr, self._descent.threshold.value)
        record.event(begins.step, begins.happening or start)
        if begins.lr is not None:
            self._decider.change_step_size(begins.lr, By.SCRIPT)
        if begins.state is None:
            for text in filter(None, setup.problem.warnings):
                record.event(begins.step, Warned(text))
            for text in filter(None, (*setup.problem.findings.notes, *setup.notes, self._products.text)):
                record.event(begins.step, Checked(text))

    def _train(self) -> Status:
        try:
            if self._same_gradient is None:
                self._same_gradient = self._compare_gradients()
        except Abandoned:
            return Status.STOPPED
        status = self._make_turns()
        if status in (Status.FINISHED, Status.STOPPED):
            saved = Outcome()
            self._write_checkpoint(saved)
            if not saved.done:
                self._record.event(self._descent.step, Warned(saved.text))
        return status

    def _make_turns(self) -> Status:
        try:
            while (turn := self._next()).end is None:
                outcome = Outcome()
                self._carried.begin(turn.measure)
                if (status := self._take(turn, outcome)) is not None:
                    return status
                self._carried.end()
                self._decider.learn(turn, outcome)
            return turn.end
        except Abandoned:
            return Status.STOPPED

    def _next(self) -> Turn:
        """The next turn, once there is room for its rows on the disk."""
        if self._record.no_room:
            self._wait_for_room()
        self._record.begin(self._descent.step)
        return self._decider.next()

    def _wait_for_room(self) -> None:
        """Stand still while the disk is full. Old checkpoints make room first, but for the newest and those kept.

        Commands are answered at once: each is carried out without a step, or refused.
        """
        record, control = self._record, self._control
        dropped = keep_newest(record.directory / "checkpoints")
        start, before = time.monotonic(), control.waited
        record.set_status(Status.PAUSED)
        while reason := record.no_room:
            record.progress(f"waiting for room on the disk: {reason}", None)
            if (asked := control.next_command(BETWEEN_LOOKS)) is not None:
                self._decider.answer_at_once(asked, reason)
                record.set_status(Status.PAUSED)
            control.abandon_if_stopping()
        waited = time.monotonic() - start
        control.waited = before + waited
        spared = f", {len(dropped)} checkpoints were deleted" if dropped else ""
        record.event(self._descent.step, Warned(f"the run waited {waited:.0f} s for room on the disk{spared}"))
        record.set_status(Status.PAUSED if control.paused else Status.RUNNING)

    def _compare_gradients(self) -> bool:
        """Whether gradients from a Hessian's graphs are the same to the bit. Measuring must change nothing."""
        if not self._setup.problem.findings.repeatable:
            return True
        with self._record.activity("comparing gradients"):
            return same_gradient(self._products, self._setup.curvature, self._setup.theta)

    def _take(self, turn: Turn, outcome: Outcome) -> Status | None:
        """Carry out a turn. Returns the status where the run ends with it, else None."""
        self._descent.lr = turn.lr
        for name in turn.untrack:
            self._untrack(INSTRUMENTS[name], turn, outcome)
        for name in turn.track:
            self._track(INSTRUMENTS[name], turn, outcome)
        if turn.recheck:
            self._check_again()
        if turn.checkpoint:
            self._decider.saves(turn)
            self._write_checkpoint(outcome, turn.by)
        with self._point(turn) as point:
            status = None
            if turn.advance:
                status = self._observe(turn, point, outcome)
            if status is None:
                self._measure(turn, point, outcome)
                status = self._reached_goal() if turn.advance else None
        if turn.advance and status is None:
            start = time.monotonic()
            self._descent.advance()
            outcome.update = (outcome.update or 0.0) + time.monotonic() - start
        return status

    def _observe(self, turn: Turn, point: Point, outcome: Outcome) -> Status | None:
        """Record the row of the table `train`: loss and gradient at θ_t, of all examples or of this step's minibatch.

        Returns DIVERGED where one of them is not finite, else None.
        """
        start = time.monotonic()
        with self._record.activity("computing the gradient"):
            # Where the Hessian at θ_t is measured, too, its graphs give the gradient at no further cost.
            graphed = bool(self._same_gradient) and not set(turn.measure) <= set(self._measurements.free)
            evaluation = self._descent.evaluate(point.hessian if graphed else None)
        point.evaluation = evaluation
        self._check_pass()
        row = {
            "step": turn.step,
            "time": self._record.elapsed(),
            "lr": turn.lr,
            "threshold": point.threshold.value,
            **scores(evaluation, classes=self._setup.classes),
        }
        outcome.update = time.monotonic() - start
        self._record.row("train", row)
        self._row: Mapping[str, Any] = row
        if math.isfinite(row["loss"]) and math.isfinite(row["grad_norm"]):
            return None
        if math.isfinite(row["loss"]):
            text = "the gradient is NaN or infinite, though the loss is finite: no step can be made"
            self._record.event(turn.step, Checked(text))
        return Status.DIVERGED

    def _check_pass(self) -> None:
        """Report what the pass over all examples has shown and the check of a few has not.

        Raises ProblemError for weights that the model changes.
        """
        step, guard = self._descent.step, self._setup.guard
        if not step:
            if guard.changed and not self._setup.problem.findings.copies:
                text = "the model or the loss changes some of its inputs or targets in place: it gets copies of them"
                self._record.event(0, Checked(text))
        elif self._own and (name := self._setup.objective.weights.changed(self._setup.theta)):
            raise ProblemError(
                f"the weight {name} is not what was written into it after the forward pass of step {step}: "
                "the model changes it itself, which a run cannot go on with; let it use a changed copy"
            )

    def _measure(self, turn: Turn, point: Point, outcome: Outcome) -> None:
        """Record one row from every instrument of the turn."""
        measurements, say = self._measurements, _Say(turn.step, self._record, self._control)
        due = [name for name in turn.measure if name in measurements.certified]
        if due:
            outcome.certified = measurements.measure(due, point, self._record, say)
        tracked = [name for name in turn.measure if name in measurements.tracked]
        if tracked:
            took = measurements.measure(tracked, point, self._record, say)
            outcome.tracked = None if due else took
        measurements.measure([name for name in turn.measure if name in measurements.free], point, self._record, say)

    def _point(self, turn: Turn) -> Point:
        setup, descent = self._setup, self._descent
        return Point(
            step=turn.step,
            theta=setup.theta,
            lr=turn.lr,
            objective=setup.objective,
            curvature=setup.curvature,
            threshold=descent.threshold,
            preconditioner=cache(descent.preconditioner),  # all instruments at a point share one P
            optimizer=descent.optimizer,
            time=descent.time,
            test=setup.test,
            classes=setup.classes,
            products=self._products,
            program=self._compilation.program if turn.compiled else None,
            search_with=turn.search_with,
            graph_bytes=int(self._config.measuring.graph_memory * 2**30),
            elapsed=self._record.elapsed(),
            waited=self._control.waited,
            measuring=self._measurements.seconds,
        )

    def _reached_goal(self) -> Status | None:
        """FINISHED where the whole training set reaches a goal. A minibatch run knows that only where it measures."""
        row = self._row
        if self._config.training.batch_size is not None:
            full = self._measurements.newest.get(FULL_BATCH.name, {})
            row = full if full.get("step") == self._descent.step else {}
        limits = self._config.limits
        reached = (limits.until_loss is not None and row.get("loss", math.inf) <= limits.until_loss) or (
            limits.until_accuracy is not None and row.get("accuracy", 0.0) >= limits.until_accuracy
        )
        return Status.FINISHED if reached else None

    def _check_again(self) -> None:
        """Check the derivatives again, and measure with the products that the result allows."""
        if not self._setup.problem.findings.repeatable:
            return
        with self._record.activity("checking the derivatives"):
            found = checked_products(self._config, self._setup, self._setup.theta)
        if replace(found, text="", doubt=0.0) != replace(self._products, text="", doubt=0.0):
            text = found.text or "the derivatives agree with differences now: eigenvalues are certified"
            self._record.event(self._descent.step, Checked(text))
        self._products = found

    def _track(self, kind: type[Instrument], turn: Turn, outcome: Outcome) -> None:
        """Begin to measure with an instrument, in a table of its own."""
        scope = Scope.of(self._config)
        table = kind.table(scope)
        try:
            self._record.add_table(table if self._setup.classes else table.without("accuracy"))
        except StoreError as error:
            outcome.done = False
            outcome.say(str(error))
            return
        self._measurements.begin(kind, list(INSTRUMENTS))
        self._config = with_instrument(self._config, kind)
        self._say_tracking(turn, kind, measures=True)
        cost = f"about {kind.work(scope).in_gradients:.2g} gradients"
        outcome.say(f"{kind.name} is measured from step {turn.step} on; a row costs {cost}")

    def _untrack(self, kind: type[Instrument], turn: Turn, outcome: Outcome) -> None:
        """Measure without an instrument; its rows stay."""
        self._measurements.end(kind.name)
        self._config = without_instrument(self._config, kind)
        self._say_tracking(turn, kind, measures=False)
        outcome.say(f"{kind.name} is not measured from step {turn.step} on")

    def _say_tracking(self, turn: Turn, kind: type[Instrument], *, measures: bool) -> None:
        scope = Scope.of(self._config)
        gradients = kind.work(scope).in_gradients
        self._record.event(turn.step, TrackingChanged(kind.name, kind.table(scope).name, measures, gradients), turn.by)

    def _write_checkpoint(self, outcome: Outcome, by: By | None = None) -> None:
        with self._record.activity("writing a checkpoint"):
            self._record.sync()  # no checkpoint is ahead of its rows
            try:
                keep = self._config.limits.keep_checkpoints
                path = write_checkpoint(self._record.directory / "checkpoints", self.state_dict(), keep=keep)
            except OSError as error:
                outcome.done, outcome.text = False, str(error)
                return
        self._record.event(self._descent.step, CheckpointWritten(path.name), by)
        outcome.text = f"wrote {path}"

    def state_dict(self) -> State:
        """The state that the run goes on from, as a checkpoint has it: what `Carried` says, and beside it:

        version: of this dict. track, flow: the instruments of these settings as they are now. decider: the step size,
        the schedule or that it no longer applies, a pause, the cadence. products: the result of the last check of the
        derivatives. same_gradient: that of the comparison of gradients.
        """
        return {
            "version": VERSION,
            **self._carried.state_dict(),
            "track": list(self._config.measuring.track),
            "flow": list(self._config.measuring.flow),
            "decider": self._decider.state_dict(),
            "products": asdict(self._products),
            "same_gradient": self._same_gradient,
        }

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` gave, of a run with the same settings."""
        self._carried.load_state_dict(state)
        self._config = self._config.replace(track=tuple(state["track"]), flow=tuple(state.get("flow", ())))
        self._decider.load_state_dict(state["decider"])
        self._products = Products(**state["products"])
        self._same_gradient = state["same_gradient"]

    def _on_batch(self, done: int, total: int) -> None:
        if total > 1:
            self._record.progress(None, done / total)
        self._control.abandon_if_stopping()


@dataclass(frozen=True)
class _Say:
    """Passes the reports of instruments at a step to the record. Raises `Abandoned` where the run must stop."""

    step: int
    record: Record
    control: Control

    def event(self, happening: Happening) -> None:
        self.record.event(self.step, happening)

    def progress(self, text: str, fraction: float | None = None) -> None:
        self.record.progress(text, fraction)
        self.control.abandon_if_stopping()


def told(error: BaseException) -> str:
    """What went wrong, as the run file and the viewers show it. The trainer's log has the traceback."""
    return str(error) if isinstance(error, ProblemError) else in_one_line(error)
