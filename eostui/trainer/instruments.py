"""The instruments by name: what can be measured along a run.

An instrument is the one way to add a measurement. Its entry here says its name, the table it fills and how it is
built; its frames on the pipe and its columns in the file follow from that. Read without importing torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eostui.config import RunConfig
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.store import EVENTS, FULL_BATCH, STEP, TEST, TRAIN, Column, Table, eigenvalue_table

if TYPE_CHECKING:
    from eostui.trainer.moment import Moment


class Instrument(Protocol):
    """Measures one row at a time."""

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """One row for the instrument's table, without `step`; None where there is nothing to measure."""
        ...


@dataclass(frozen=True)
class InstrumentEntry:
    """One instrument: its table for a given run, how to build it, and which runs have it without being asked.

    `unasked` is None for those that come by `--track` alone; `when` says the same in words.
    """

    name: str
    summary: str
    table: Callable[[RunConfig], Table]
    build: str
    """`module:function`, called with the `RunConfig`, returning an `Instrument`."""
    unasked: Callable[[RunConfig], bool] | None = None
    when: str = ""


_TIMING = Table(
    "timing",
    "where the time goes, between the previous row and this one",
    (
        STEP,
        Column("time", "wall-clock time since the start of the run", "s"),
        Column("steps_per_second", "updates a second, measurements included", "1/s"),
        Column("measuring_share", "share of the time that went into measuring rather than training", ""),
    ),
)

_ENTRIES = (
    InstrumentEntry(
        name="test",
        summary="loss and accuracy on the test set",
        table=lambda config: TEST,
        build="eostui.trainer.scores:test_set",
        unasked=lambda config: True,
        when="always",
    ),
    InstrumentEntry(
        name="full-batch",
        summary="loss, accuracy and gradient norm over the whole training set, where a step sees a minibatch",
        table=lambda config: FULL_BATCH,
        build="eostui.trainer.scores:full_batch",
        unasked=lambda config: config.batch_size is not None,
        when="with --batch-size",
    ),
    InstrumentEntry(
        name="preconditioned",
        summary="the largest eigenvalues of P⁻¹H, P the preconditioner of an adaptive optimizer",
        table=lambda config: eigenvalue_table(
            "preconditioned",
            "largest eigenvalues of P^(-1/2) (H + wI) P^(-1/2): H the Hessian, P the optimizer's diagonal "
            "preconditioner after as many updates, w its coupled weight decay",
            config.eigs,
        ),
        build="eostui.trainer.spectrum:preconditioned",
        unasked=lambda config: OPTIMIZERS[config.optimizer].preconditioned,
        when="with an adaptive optimizer",
    ),
    InstrumentEntry(
        name="hessian",
        summary="the largest eigenvalues of the loss Hessian; the first is the sharpness",
        table=lambda config: eigenvalue_table(
            "hessian", "largest algebraic eigenvalues of the Hessian H = ∇²L", config.eigs
        ),
        build="eostui.trainer.spectrum:hessian",
        unasked=lambda config: True,
        when="always",
    ),
    InstrumentEntry(
        name="gauss-newton",
        summary="the largest eigenvalues of the Gauss-Newton matrix, H without the residual term",
        table=lambda config: eigenvalue_table(
            "gauss_newton",
            "largest eigenvalues of the Gauss-Newton matrix G = mean of Jᵀ(∇²_z ℓ)J",
            config.eigs,
        ),
        build="eostui.trainer.spectrum:gauss_newton",
    ),
    InstrumentEntry(
        name="jacobian-gram",
        summary="the largest eigenvalues of the mean of JᵀJ, the Gauss-Newton matrix without the loss's curvature",
        table=lambda config: eigenvalue_table(
            "jacobian_gram",
            "largest eigenvalues of the Gram matrix of the outputs' Jacobian, the mean of JᵀJ",
            config.eigs,
        ),
        build="eostui.trainer.spectrum:jacobian_gram",
    ),
    InstrumentEntry(
        name="timing",
        summary="steps a second, and the share of time spent measuring",
        table=lambda config: _TIMING,
        build="eostui.trainer.timing:timing",
        unasked=lambda config: True,
        when="always",
    ),
)

INSTRUMENTS: dict[str, InstrumentEntry] = {entry.name: entry for entry in _ENTRIES}


TRACKED = [entry.name for entry in _ENTRIES if entry.unasked is None]
"""The instruments that `--track` takes."""


def instruments_of(config: RunConfig) -> list[InstrumentEntry]:
    """The instruments that a run has, in the order in which they measure."""
    return [entry for entry in _ENTRIES if (entry.unasked(config) if entry.unasked else entry.name in config.track)]


def tables_of(config: RunConfig, *, classes: bool) -> list[Table]:
    """The tables that a run's file has; no accuracy in any of them where there are no `classes`."""
    tables = [TRAIN, *(entry.table(config) for entry in instruments_of(config)), EVENTS]
    return tables if classes else [table.without("accuracy") for table in tables]
