"""The training loop: measure at θ_t, then update, and between two steps do what the viewers ask."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.optimizers import set_step_size
from eostui.dynamics.thresholds import stability_threshold
from eostui.link.messages import Command
from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.errors import ProblemError
from eostui.store import FULL_BATCH, Status, StoreError
from eostui.trainer.cadence import Cadence
from eostui.trainer.checkpoint import write_checkpoint
from eostui.trainer.compilation import Compilation
from eostui.trainer.control import Abandoned, Control
from eostui.trainer.instruments import Instrument, InstrumentEntry, instruments_of
from eostui.trainer.minibatches import Minibatches
from eostui.trainer.moment import Measured, Moment
from eostui.trainer.products import Products, checked_products
from eostui.trainer.record import Record
from eostui.trainer.schedule import parse_schedule
from eostui.trainer.scores import scores
from eostui.trainer.setup import Setup

IDLE_WAIT = 0.5
"""Seconds that a paused run waits for a command before it looks again whether it was told to stop by a signal."""


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
        directory: Path,
        *,
        products: Products,
    ) -> None:
        self._config = config
        self._setup = setup
        self._record = record
        self._control = control
        self._directory = directory
        self._minibatches: Minibatches | None = None
        if config.batch_size is not None:
            examples, device = setup.objective.examples, setup.objective.device
            self._minibatches = Minibatches(examples, config.batch_size, seed=config.seed, device=device)
        self._schedule = parse_schedule(config.lr_schedule, config.lr)
        self._scheduled = config.lr_schedule != "constant"
        instruments: list[tuple[InstrumentEntry, Instrument]] = [
            (entry, load_callable(entry.build)(config)) for entry in instruments_of(config)
        ]
        self._at_cadence = [pair for pair in instruments if not pair[0].every_step]
        self._every_step = [pair for pair in instruments if pair[0].every_step and not pair[0].free]
        self._free = [pair for pair in instruments if pair[0].free]
        self._cadence = Cadence(config, tracks=bool(self._every_step))
        self._graph_bytes = int(config.graph_memory * 2**30)
        self._hessian: HessianOperator | None = None
        self._products = products
        self._own = looks_like_path(config.arch)
        self._compilation = Compilation(config, setup.curvature.physical_batch)
        self._spectra: dict[str, Measured] = {}
        self._step = 0
        self._lr = self._schedule(0)
        self._measured_at = -1
        self._measure_now = False
        self._steps_allowed = 0
        self._measuring = 0.0
        self._full_batch_row: Mapping[str, float] = {}
        for part in (setup.objective, setup.curvature, setup.test):
            if part is not None:
                part.on_batch = self._on_batch
        self._set_step_size(self._lr)

    def run(self) -> Status:
        """Train until a goal is reached, the loss is no longer finite, or somebody stops it. Raises what the model
        raises."""
        record = self._record
        record.event(0, "start", {"lr": self._lr, "threshold": self._threshold()})
        for kind, texts in (
            ("warning", self._setup.problem.warnings),
            ("check", (*self._setup.problem.findings.notes, *self._setup.notes, self._products.text)),
        ):
            for text in filter(None, texts):
                record.event(0, kind, {"text": text})
        try:
            status = self._train()
        except StoreError:
            raise
        except (Exception, SystemExit) as error:  # user code may call sys.exit
            record.event(self._step, str(Status.FAILED), {"error": in_one_line(error)})
            raise
        finally:
            self._compilation.close()
        record.event(self._step, str(status), {})
        return status

    def _train(self) -> Status:
        self._record.set_status(Status.PAUSED if self._control.paused else Status.RUNNING)
        try:
            while True:
                self._between_steps()
                if self._scheduled:
                    self._set_step_size(self._schedule(self._step))
                affordable = self._cadence.affordable(self._measuring, self._record.elapsed())
                due = self._measure_now or (affordable and self._cadence.certified(self._step))
                tracked = affordable and bool(self._every_step) and self._cadence.tracked(self._step)
                began = time.monotonic()
                row, gradient = self._observe(curved=due or tracked)
                updating = time.monotonic() - began
                if not (math.isfinite(row["loss"]) and math.isfinite(row["grad_norm"])):
                    return self._diverged(row)
                if due and (seconds := self._measure()):
                    self._cadence.took("certified", seconds)
                    if told := self._compilation.advance(self._measuring):
                        self._record.event(self._step, "products", {"text": told})
                if tracked:
                    took = self._measure_with(self._every_step)
                    if not due:
                        self._cadence.took("tracked", took)
                self._measure_with(self._free)
                if self._goal_reached(row):
                    return Status.FINISHED
                began = time.monotonic()
                self._let_go()
                self._setup.theta.grad = gradient
                self._setup.optimizer.step()
                self._cadence.took("update", updating + time.monotonic() - began)
                if due and (adapted := self._cadence.adapted()):
                    self._record.event(self._step, "cadence", adapted)
                self._step += 1
                self._setup.draws.step = self._step
                if self._step == self._config.steps:
                    return Status.FINISHED
        except Abandoned:
            return Status.STOPPED

    def _observe(self, *, curved: bool) -> tuple[Mapping[str, float], Tensor]:
        """Loss and gradient at θ_t, of all examples or of the minibatch of this step; the row of the table `train`.

        `curved` says that the Hessian at θ_t is wanted, too: where it is of the same examples, the gradient is taken
        from its graphs, and these cost nothing more.
        """
        objective = self._setup.objective
        if self._minibatches is not None:
            objective = objective.select(self._minibatches.at(self._step))
        with self._record.activity("computing the gradient"):
            if curved and objective is self._setup.curvature:
                evaluation = self._hessian_here().gradient(advance_buffers=True)
            else:
                evaluation = objective.gradient(self._setup.theta, advance_buffers=True)
        gradient = evaluation.gradient
        if not self._step:
            self._check_first_pass()
        elif self._own and (name := objective.weights.changed(self._setup.theta)):
            raise ProblemError(
                f"the weight {name} is not what was written into it after the forward pass of step {self._step}: "
                "the model changes it itself, which a run cannot go on with; let it use a changed copy"
            )
        row = {
            "step": self._step,
            "time": self._record.elapsed(),
            "lr": self._lr,
            "threshold": self._threshold(),
            **scores(evaluation, classes=self._setup.classes),
        }
        self._record.row("train", row)
        return row, gradient

    def _diverged(self, row: Mapping[str, float]) -> Status:
        if math.isfinite(row["loss"]):
            text = "the gradient is NaN or infinite, though the loss is finite: no step can be made"
            self._record.event(self._step, "check", {"text": text})
        return Status.DIVERGED

    def _check_first_pass(self) -> None:
        """Tell where all examples have shown what a few had not."""
        if self._setup.guard.changed and not self._setup.problem.findings.copies:
            text = "the model or the loss changes some of its inputs or targets in place: it gets copies of them"
            self._record.event(0, "check", {"text": text})

    def _goal_reached(self, row: Mapping[str, float]) -> bool:
        """Whether the whole training set is fitted as asked; of a minibatch run that is known where it was measured."""
        until_loss, until_accuracy = self._config.until_loss, self._config.until_accuracy
        if self._minibatches is not None:
            row = self._full_batch_row if self._measured_at == self._step else {}
        return (until_loss is not None and row.get("loss", math.inf) <= until_loss) or (
            until_accuracy is not None and row.get("accuracy", 0.0) >= until_accuracy
        )

    def _threshold(self) -> float:
        return stability_threshold(self._setup.optimizer).value

    def _set_step_size(self, lr: float) -> None:
        self._lr = lr
        set_step_size(self._setup.optimizer, lr)

    # measuring

    def _measure(self) -> float:
        """One row from every instrument that does not measure at every step, at θ_t; the seconds that it took, 0
        where that was done already."""
        self._measure_now = False
        if self._measured_at == self._step:
            return 0.0
        self._measured_at = self._step
        return self._measure_with(self._at_cadence)

    def _measure_with(self, instruments: list[tuple[InstrumentEntry, Instrument]]) -> float:
        before = self._measuring
        for entry, instrument in list(instruments):
            try:
                with self._timed(), self._record.activity(f"measuring: {entry.name}"):
                    row = instrument.measure(self._moment())
            except (RuntimeError, TypeError, ValueError) as error:
                if entry.unasked is not None:
                    raise
                self._give_up((entry, instrument), error)
                continue
            if row is not None:
                table = entry.table(self._config).name
                self._record.row(table, {"step": self._step, **row})
                if table == FULL_BATCH.name:
                    self._full_batch_row = row
        return self._measuring - before

    def _give_up(self, pair: tuple[InstrumentEntry, Instrument], error: Exception) -> None:
        """Go on without an instrument that somebody asked for, and that the network does not allow."""
        traceback.print_exc()
        text = f"{pair[0].name} cannot be measured: {in_one_line(error)}; the run goes on without it"
        self._record.event(self._step, "check", {"text": text})
        for instruments in (self._at_cadence, self._every_step, self._free):
            if pair in instruments:
                instruments.remove(pair)

    def _hessian_here(self) -> HessianOperator:
        """The Hessian at θ_t, one for all who ask before the next update."""
        if self._hessian is None:
            self._hessian = self._products.hessian(
                self._setup.curvature,
                self._setup.theta,
                graph_bytes=self._graph_bytes,
                program=self._compilation.program,
            )
        return self._hessian

    def _let_go(self) -> None:
        """Free the graphs at θ_t before the update changes it in place."""
        if self._hessian is not None:
            self._hessian.close()
            self._hessian = None

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self._measuring += time.monotonic() - start

    def _moment(self) -> Moment:
        return Moment(
            step=self._step,
            theta=self._setup.theta.detach(),
            objective=self._setup.objective,
            curvature=self._setup.curvature,
            hessian=self._hessian_here(),
            spectra=self._spectra,
            test=self._setup.test,
            classes=self._setup.classes,
            optimizer=self._setup.optimizer,
            lr=self._lr,
            elapsed=self._record.elapsed(),
            measuring=self._measuring,
            note=lambda kind, detail: self._record.event(self._step, kind, detail),
            compile_products=self._compilation.want,
            report=self._report,
            products=self._products,
        )

    def _report(self, text: str, fraction: float | None) -> None:
        self._record.progress(text, fraction)
        self._control.abandon_if_stopping()

    def _on_batch(self, done: int, total: int) -> None:
        if total > 1:
            self._record.progress(None, done / total)
        self._control.abandon_if_stopping()

    # commands

    def _between_steps(self) -> None:
        """Apply the commands that wait; while paused, wait for more. Raises `Abandoned` when the run is to stop."""
        every = self._config.checkpoint_every
        if every and self._step and self._step % every == 0:
            self._checkpoint()
            self._check_again()
        while True:
            held = self._control.paused and not self._steps_allowed
            asked = self._control.next_command(IDLE_WAIT if held else 0.0)
            self._control.abandon_if_stopping()
            if asked is not None:
                ok, text = self._apply(asked.command)
                self._record.answer(asked, ok, text)
            elif not held:
                self._steps_allowed = 0
                return

    def _apply(self, command: Command) -> tuple[bool, str]:
        """Do what was asked; whether it could be done, and what happened in words."""
        match command.verb, command.argument:
            case "pause", _:
                return self._pause(True)
            case "resume", _:
                return self._pause(False)
            case "step", _ if not self._control.paused:
                return False, "one step at a time works while paused: pause first"
            case "step", _:
                self._steps_allowed = 1
                return True, f"step {self._step}"
            case "lr", float() | int() as lr if 0 < lr < math.inf:
                return self._change_step_size(float(lr))
            case "lr", lr:
                return (
                    False,
                    f"{lr!r} is not a step size: give a positive number or fraction, such as 0.02 or 2/100",
                )
            case "measure", _:
                return self._measure_on_demand()
            case "checkpoint", _:
                try:
                    return True, f"wrote {self._checkpoint()}"
                except OSError as error:
                    return False, str(error)
            case verb, _:
                return False, f"this trainer knows no {verb!r}"

    def _pause(self, paused: bool) -> tuple[bool, str]:
        if paused == self._control.paused:
            return True, f"{'paused' if paused else 'running'} already"
        self._control.paused = paused
        self._record.set_status(Status.PAUSED if paused else Status.RUNNING)
        self._record.event(self._step, "pause" if paused else "resume", {})
        return True, f"{'paused before' if paused else 'going on with'} step {self._step}"

    def _change_step_size(self, lr: float) -> tuple[bool, str]:
        previous = self._lr
        self._set_step_size(lr)
        threshold = self._threshold()
        detail: dict[str, Any] = {"lr": lr, "previous": previous, "threshold": threshold}
        text = f"η = {lr:g} from step {self._step} on, threshold {threshold:g}"
        if self._scheduled:
            self._scheduled = False
            detail["overrides"] = self._config.lr_schedule
            text += f"; the schedule {self._config.lr_schedule} no longer applies"
        self._record.event(self._step, "lr", detail)
        return True, text

    def _measure_on_demand(self) -> tuple[bool, str]:
        if self._measured_at == self._step:
            return True, f"step {self._step} is measured already"
        self._record.event(self._step, "measure", {})
        if self._control.paused:
            self._measure()
            self._let_go()  # the step itself has to see the model's buffers advance
            return True, f"measured at step {self._step}"
        self._measure_now = True
        return True, f"measuring at step {self._step}"

    def _check_again(self) -> None:
        """Look whether the derivatives are those of the loss, and go on accordingly."""
        if not self._setup.problem.findings.repeatable:
            return
        with self._record.activity("checking the derivatives"):
            found = checked_products(self._config, self._setup, self._setup.theta)
        if replace(found, text="", doubt=0.0) != replace(self._products, text="", doubt=0.0):
            text = found.text or "the derivatives agree with differences now: eigenvalues are certified"
            self._record.event(self._step, "check", {"text": text})
        self._products = found

    def _checkpoint(self) -> Path:
        with self._record.activity("writing a checkpoint"):
            path = write_checkpoint(self._directory / "checkpoints", self._moment())
        self._record.event(self._step, "checkpoint", {"file": path.name})
        return path


def in_one_line(error: BaseException) -> str:
    """What went wrong, as the run file and the viewers are told it; the trainer's log has the traceback."""
    if isinstance(error, ProblemError):
        return str(error)
    return f"{type(error).__name__}: {error}".splitlines()[0]
