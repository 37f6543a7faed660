"""The instruments by name: what can be measured along a run.

An instrument is the one way to add a measurement. Its entry here says its name, the table it fills and how it is
built; its frames on the pipe and its columns in the file follow from that. Read without importing torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eostui.config import Measuring, RunConfig, Training
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.store import EVENTS, FULL_BATCH, TEST, TRAIN, Table
from eostui.trainer import tables

if TYPE_CHECKING:
    from eostui.trainer.moment import Moment


class Instrument(Protocol):
    """Measures one row at a time."""

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """One row for the instrument's table; None where there is nothing to measure.

        The row is of the moment's step, unless it says another `step`, before it.
        """
        ...


@dataclass(frozen=True)
class InstrumentEntry:
    """One instrument: its table for a given run, how to build it, and which runs have it without being asked.

    `unasked` is None for those that come by `--track` alone; `when` says the same in words. `cost` is what a row costs
    in gradients, with k the number of eigenvalues: a product with the Hessian is worth 1 to 2.5 of them, mostly 1.5.
    `every_step`: it measures at every step, not at the measuring cadence, and `free`: without any pass over the data.
    """

    name: str
    summary: str
    table: Callable[[Measuring], Table]
    build: str
    """`module:function`, called with the `RunConfig`, returning an `Instrument`."""
    cost: str
    unasked: Callable[[RunConfig], bool] | None = None
    when: str = ""
    every_step: bool = False
    free: bool = False


def compared_table(training: Training) -> str:
    """The table of the eigenvalues that the stability threshold is for."""
    return "preconditioned" if OPTIMIZERS[training.optimizer].preconditioned else "hessian"


def follows(config: RunConfig) -> bool:
    """Whether all eigenvalues near the threshold are followed; not where it is a mere reference."""
    return config.training.batch_size is None and config.measuring.eig_above is not None


_ENTRIES = (
    InstrumentEntry(
        name="test",
        summary="loss and accuracy on the test set",
        table=lambda settings: TEST,
        build="eostui.trainer.scores:test_set",
        cost="1/3, over the test set",
        unasked=lambda config: True,
        when="always",
    ),
    InstrumentEntry(
        name="full-batch",
        summary="loss, accuracy and gradient norm over the whole training set, where a step sees a minibatch",
        table=lambda settings: FULL_BATCH,
        build="eostui.trainer.scores:full_batch",
        cost="1",
        unasked=lambda config: config.training.batch_size is not None,
        when="with --batch-size",
    ),
    InstrumentEntry(
        name="preconditioned",
        summary="the largest eigenvalues of P⁻¹H, P the preconditioner of an adaptive optimizer",
        table=lambda settings: tables.preconditioned(settings.eigs),
        build="eostui.trainer.spectrum:preconditioned",
        cost="about 5 + 5k",
        unasked=lambda config: OPTIMIZERS[config.training.optimizer].preconditioned,
        when="with an adaptive optimizer",
    ),
    InstrumentEntry(
        name="hessian",
        summary="the largest eigenvalues of the loss Hessian; the first is the sharpness",
        table=lambda settings: tables.hessian(settings.eigs),
        build="eostui.trainer.spectrum:hessian",
        cost="about 5 + 5k",
        unasked=lambda config: True,
        when="always",
    ),
    InstrumentEntry(
        name="followed",
        summary="every eigenvalue above --eig-above times the threshold, and which eigenvector is which",
        table=lambda settings: tables.followed(settings.eigs),
        build="eostui.trainer.followed:followed",
        cost="about 3 for each beyond --eigs",
        unasked=follows,
        when="with a threshold, unless --eig-above is inf",
    ),
    InstrumentEntry(
        name="lowest",
        summary="the most negative eigenvalue of the loss Hessian",
        table=lambda settings: tables.LOWEST,
        build="eostui.trainer.spectrum:lowest",
        cost="about 15",
    ),
    InstrumentEntry(
        name="tracked",
        summary="the sharpness between two measurements: the Rayleigh quotient of the followed eigenvector",
        table=lambda settings: tables.TRACKED_SHARPNESS,
        build="eostui.trainer.tracked:tracked",
        cost="1 to 2.5, every step",
        every_step=True,
    ),
    InstrumentEntry(
        name="directional",
        summary="gᵀHg/gᵀg, the curvature along the gradient",
        table=lambda settings: tables.DIRECTIONAL,
        build="eostui.trainer.directional:directional",
        cost="1 to 2.5",
    ),
    InstrumentEntry(
        name="effective-smoothness",
        summary="how fast the gradient changes along the next step, at most",
        table=lambda settings: tables.EFFECTIVE_SMOOTHNESS,
        build="eostui.trainer.directional:effective_smoothness",
        cost="8",
    ),
    InstrumentEntry(
        name="oscillation",
        summary="how far the weights are from the middle of their oscillation, along the top eigenvectors",
        table=lambda settings: tables.oscillation(settings.eigs),
        build="eostui.trainer.oscillation:oscillation",
        cost="nothing, every step",
        every_step=True,
        free=True,
    ),
    InstrumentEntry(
        name="self-stabilization",
        summary="the gradient of the sharpness: progressive sharpening α, β and the predicted oscillation δ",
        table=lambda settings: tables.SELF_STABILIZATION,
        build="eostui.trainer.self_stabilization:self_stabilization",
        cost="about 5",
    ),
    InstrumentEntry(
        name="batch-sharpness",
        summary="the mean curvature of minibatches along their own gradients",
        table=lambda settings: tables.BATCH_SHARPNESS,
        build="eostui.trainer.batch_sharpness:batch_sharpness",
        cost="about 2.5, over each of 16 minibatches",
    ),
    InstrumentEntry(
        name="trace",
        summary="the trace of the loss Hessian (Hutch++)",
        table=lambda settings: tables.TRACE,
        build="eostui.trainer.density:trace",
        cost="about 45",
    ),
    InstrumentEntry(
        name="spectral-density",
        summary="the distribution of all eigenvalues of the loss Hessian (stochastic Lanczos quadrature)",
        table=lambda settings: tables.SPECTRAL_DENSITY,
        build="eostui.trainer.density:spectral_density",
        cost="about 90",
    ),
    InstrumentEntry(
        name="gauss-newton",
        summary="the largest eigenvalues of the Gauss-Newton matrix, H without the residual term",
        table=lambda settings: tables.gauss_newton(settings.eigs),
        build="eostui.trainer.spectrum:gauss_newton",
        cost="about 6 + 5k",
    ),
    InstrumentEntry(
        name="jacobian-gram",
        summary="the largest eigenvalues of the mean of JᵀJ, the Gauss-Newton matrix without the loss's curvature",
        table=lambda settings: tables.jacobian_gram(settings.eigs),
        build="eostui.trainer.spectrum:jacobian_gram",
        cost="about 6 + 5k",
    ),
    InstrumentEntry(
        name="timing",
        summary="steps a second, and the share of time spent measuring",
        table=lambda settings: tables.TIMING,
        build="eostui.trainer.timing:timing",
        cost="nothing",
        unasked=lambda config: True,
        when="always",
    ),
)

INSTRUMENTS: dict[str, InstrumentEntry] = {entry.name: entry for entry in _ENTRIES}


TRACKED = [entry.name for entry in _ENTRIES if entry.unasked is None]
"""The instruments that `--track` takes."""


def instruments_of(config: RunConfig) -> list[InstrumentEntry]:
    """The instruments that a run has, in the order in which they measure."""
    track = config.measuring.track
    return [entry for entry in _ENTRIES if (entry.unasked(config) if entry.unasked else entry.name in track)]


def tables_of(config: RunConfig, *, classes: bool) -> list[Table]:
    """The tables that a run's file has; no accuracy in any of them where there are no `classes`."""
    there = [TRAIN, *(entry.table(config.measuring) for entry in instruments_of(config)), EVENTS]
    return there if classes else [table.without("accuracy") for table in there]
