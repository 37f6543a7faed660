"""The last row of a run, read without the rows before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from eostui.reading.threshold import Threshold
from eostui.store import TRAIN, RunReader


@dataclass(frozen=True)
class Newest:
    """What a run measured last; None where it has measured nothing of the kind.

    sharpness: the S that the threshold is for, certified or tracked, whichever is newer, and the step at which it was
    measured. certified: whether the solver measured it, with an error that can be relied on. doubtful: whether the
    solver's last measurement is one that is not certified. threshold: the one of the last step, which need not be the
    step of the sharpness.
    """

    step: int | None
    loss: float | None
    sharpness: float | None
    sharpness_step: int | None
    certified: bool
    doubtful: bool
    threshold: float | None

    @classmethod
    def of(cls, file: RunReader) -> Self:
        """The last values of a file, whatever tables it is without. Raises RunFileError where it cannot be read."""
        train = _last(file, TRAIN.name)
        of = Threshold.of(file.config, file.environment)
        spectrum, tracked = _last(file, of.table), _last(file, "tracked")
        if of.table == "preconditioned":  # at step 0 there is no P yet, and nothing to measure
            spectrum, tracked = (row if row.get("step") else {} for row in (spectrum, tracked))
        solved, between = _first(spectrum, "eigenvalues"), _first(tracked, "sharpness")
        newer = between is not None and (solved is None or tracked["step"] > spectrum["step"])
        measured = tracked if newer else {} if solved is None else spectrum
        doubtful = not spectrum.get("certified", 1)
        return cls(
            step=int(train["step"]) if train else None,
            loss=_float(train.get("loss")),
            sharpness=between if newer else solved,
            sharpness_step=int(measured["step"]) if measured else None,
            certified=bool(measured) and not newer and not doubtful,
            doubtful=doubtful,
            threshold=_float(train.get("threshold")),
        )


def _last(file: RunReader, table: str) -> dict[str, Any]:
    """The last row of a table; nothing where there is no such table or no row."""
    if table not in file.table_names or not (rows := file.length(table)):
        return {}
    return {name: values[0] for name, values in file.read(table, start=rows - 1).items()}


def _first(row: dict[str, Any], column: str) -> float | None:
    """The first of a row's values in a column of floats."""
    value = row.get(column)
    return float(np.ravel(value)[0]) if value is not None and np.asarray(value).dtype.kind == "f" else None


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
