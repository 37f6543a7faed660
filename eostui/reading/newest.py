"""The last row of a run, read without the rows before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from eostui.reading.threshold import Threshold
from eostui.store import TRAIN, RunFile


@dataclass(frozen=True)
class Newest:
    """What a run measured last; None where it has measured nothing of the kind.

    sharpness: the first eigenvalue of the matrix that the threshold is for, and `certified` whether its error can be
    relied on. threshold: the one of the last step, which need not be the step of the sharpness.
    """

    step: int | None
    loss: float | None
    sharpness: float | None
    certified: bool
    threshold: float | None

    @classmethod
    def of(cls, file: RunFile) -> Self:
        """The last values of a file, whatever tables it is without. Raises RunFileError where it cannot be read."""
        train = _last(file, TRAIN.name)
        of = Threshold.of(file.config, file.environment)
        spectrum = _last(file, of.table)
        if of.table == "preconditioned" and spectrum.get("step") == 0:
            spectrum = {}  # there is no P yet, and nothing to measure
        eigenvalues = spectrum.get("eigenvalues")
        return cls(
            step=int(train["step"]) if train else None,
            loss=_float(train.get("loss")),
            sharpness=_float(None if eigenvalues is None else eigenvalues.flat[0]),
            certified=bool(spectrum.get("certified", 1)),
            threshold=_float(train.get("threshold")),
        )


def _last(file: RunFile, table: str) -> dict[str, Any]:
    """The last row of a table; nothing where there is no such table or no row."""
    if table not in file.tables or not (rows := file.length(table)):
        return {}
    return {name: values[0] for name, values in file.read(table, start=rows - 1).items()}


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
