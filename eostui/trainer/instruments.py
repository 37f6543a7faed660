"""The instruments by name: what can be measured along a run.

An instrument is the one way to add a measurement. Its entry here says its name, the table it fills and how it is
built; its frames on the pipe and its columns in the file follow from that. Read without importing torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eostui.config import RunConfig
from eostui.store import EVENTS, STEP, TEST, TRAIN, Column, Table, eigenvalue_table

if TYPE_CHECKING:
    from eostui.trainer.moment import Moment


class Instrument(Protocol):
    """Measures one row at a time."""

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """One row for the instrument's table, without `step`; None where there is nothing to measure."""
        ...


@dataclass(frozen=True)
class InstrumentEntry:
    """One instrument: its table for a given run, and how to build it."""

    name: str
    summary: str
    table: Callable[[RunConfig], Table]
    build: str
    """`module:function`, called with the `RunConfig`, returning an `Instrument`."""
    always: bool = False
    """Whether every run has it; the others come by `--track`."""


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
        build="eostui.trainer.test_set:test_set",
        always=True,
    ),
    InstrumentEntry(
        name="hessian",
        summary="the largest eigenvalues of the loss Hessian; the first is the sharpness",
        table=lambda config: eigenvalue_table(
            "hessian", "largest algebraic eigenvalues of the Hessian H = ∇²L", config.eigs
        ),
        build="eostui.trainer.spectrum:hessian",
        always=True,
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
        name="timing",
        summary="steps a second, and the share of time spent measuring",
        table=lambda config: _TIMING,
        build="eostui.trainer.timing:timing",
        always=True,
    ),
)

INSTRUMENTS: dict[str, InstrumentEntry] = {entry.name: entry for entry in _ENTRIES}


def instruments_of(config: RunConfig) -> list[InstrumentEntry]:
    """The instruments that a run has, in the order in which they measure."""
    return [entry for entry in _ENTRIES if entry.always or entry.name in config.track]


def tables_of(config: RunConfig) -> list[Table]:
    """The tables that a run's file has."""
    return [TRAIN, *(entry.table(config) for entry in instruments_of(config)), EVENTS]
