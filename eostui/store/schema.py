"""What a run file holds: its tables, their columns, and the states a run can be in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

import numpy as np

from eostui.store.chart import Chart, chart_from_json, chart_to_json
from eostui.store.encoding import Encoder, encoder

FORMAT = "eostui-run"
"""The attribute by which a run file is known."""
FORMAT_VERSION = 1
"""The newest version of the format that can be read, and the one that is written."""
CHARTS = "charts"
"""The attribute of a table that says what is drawn of it, as JSON."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""The name of a table or a column."""
_DTYPE = re.compile(r"float64|int64|S[1-9][0-9]{0,3}")
"""The dtype of a column."""
_MAX_WIDTH = 65536
"""The most values of a column in one row."""


class Status(StrEnum):
    """What a run is doing; the last thing its trainer wrote."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether no more rows will come."""
        return self not in (Status.STARTING, Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Column:
    """One measured quantity: a value a row, or `width` values a row.

    Raises ValueError for a name that is not lower snake case, a dtype other than float64, int64 or S1 to
    S9999 (text of so many bytes at most), or a width that is not positive.
    """

    name: str
    description: str
    unit: str = ""
    dtype: str = "float64"
    width: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"column name {self.name!r} is not lower snake case of at most 64 characters")
        if not _DTYPE.fullmatch(self.dtype):
            raise ValueError(f"column {self.name} has dtype {self.dtype!r}: float64, int64 or S<bytes> is wanted")
        if self.width is not None and not (1 <= self.width <= _MAX_WIDTH and self.dtype[0] != "S"):
            raise ValueError(f"column {self.name} has width {self.width!r}: numbers, 1 to {_MAX_WIDTH} a row")

    @property
    def row_bytes(self) -> int:
        """How many bytes one row of the column takes on disk."""
        return int(np.dtype(self.dtype).itemsize) * (self.width or 1)


@dataclass(frozen=True, slots=True)
class Table:
    """Equally long columns, the first of which is `step` (int64).

    charts: what is drawn of it. None leaves that to whoever draws, as in files that were written before tables had
    charts; without any, nothing is drawn of it alone.

    Raises ValueError for a bad name, a repeated column, or a first column other than `step`.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    charts: tuple[Chart, ...] | None = None
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _encoders: tuple[tuple[str, Encoder, Any], ...] = field(init=False, repr=False, compare=False)
    """Of every column the name, the encoder, and what stands for a value that was left out."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"table name {self.name!r} is not lower snake case of at most 64 characters")
        names = [column.name for column in self.columns]
        if not names or names[0] != "step" or self.columns[0].dtype != "int64" or self.columns[0].width:
            raise ValueError(f"table {self.name} must have `step` (int64) as its first column")
        if len(set(names)) != len(names):
            raise ValueError(f"table {self.name} has a column twice: {', '.join(names)}")
        encoders = tuple((column.name, *encoder(column.dtype, column.width)) for column in self.columns)
        object.__setattr__(self, "_names", frozenset(names))
        object.__setattr__(self, "_encoders", encoders)

    def row(self, values: Mapping[str, Any]) -> Row:
        """A row of this table from column names and values.

        A float64 column that is left out becomes NaN. Raises ValueError, which names the column, for one that the
        table has not, for one of another dtype that is left out, and for a value that does not fit.
        """
        if not values.keys() <= self._names:
            unknown = ", ".join(sorted(map(str, values.keys() - self._names)))
            known = ", ".join(column.name for column in self.columns)
            raise ValueError(f"table {self.name} has no column {unknown}: its columns are {known}")
        get = values.get
        try:
            return Row(self, tuple([encode(get(name, missing)) for name, encode, missing in self._encoders]))
        except (TypeError, ValueError, OverflowError):
            raise self._misfit(values) from None

    def _misfit(self, values: Mapping[str, Any]) -> ValueError:
        """What is wrong with the first value that does not fit."""
        for column, (name, encode, missing) in zip(self.columns, self._encoders, strict=True):
            try:
                encode(values.get(name, missing))
            except (TypeError, ValueError, OverflowError) as error:
                kind = column.dtype if column.width is None else f"{column.width} × {column.dtype}"
                given = repr(values[name]) if name in values else "nothing"
                return ValueError(f"table {self.name}, column {name}: wants {kind}, got {given:.80} ({error})")
        raise AssertionError("every column takes its value")

    def without(self, name: str) -> Table:
        """The table without the column `name`, which it may not have."""
        kept = tuple(column for column in self.columns if column.name != name)
        return Table(self.name, self.description, kept, self.charts)

    def with_charts(self, *charts: Chart) -> Table:
        """The same table, of which these charts are drawn."""
        return Table(self.name, self.description, self.columns, charts)

    def to_json(self) -> dict[str, Any]:
        """The table's definition as plain JSON types, for the pipe to viewers."""
        return {
            "name": self.name,
            "description": self.description,
            "columns": [
                {
                    "name": column.name,
                    "description": column.description,
                    "unit": column.unit,
                    "dtype": column.dtype,
                    "width": column.width,
                }
                for column in self.columns
            ],
            "charts": self.charts_to_json(),
        }

    def charts_to_json(self) -> list[dict[str, Any]] | None:
        """The table's charts as plain JSON types, None where it does not say."""
        return None if self.charts is None else [chart_to_json(chart) for chart in self.charts]

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The table that `to_json` described; ValueError for anything else."""
        match value:
            case {"name": str(name), "description": str(description), "columns": list(columns), **rest}:
                charts = charts_from_json(rest.get("charts"))
                return cls(name, description, tuple(map(_column_from_json, columns)), charts)
        raise ValueError("a table is described by its name, description and columns")


class Row(NamedTuple):
    """One row of a table, whole and checked: the file and the viewers take the same. Made by `Table.row`."""

    table: Table
    values: tuple[Any, ...]
    """One a column, in their order, `step` first: an int, a float, bytes, or an array (width,)."""


def charts_from_json(value: object) -> tuple[Chart, ...] | None:
    """The charts that `Table.charts_to_json` described; ValueError for anything else."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("charts are described by a list")
    return tuple(map(chart_from_json, value))


def _column_from_json(value: object) -> Column:
    match value:
        case {
            "name": str(name),
            "description": str(description),
            "unit": str(unit),
            "dtype": str(dtype),
            "width": int() | None as width,
        } if not isinstance(width, bool):
            return Column(name, description, unit, dtype, width)
    raise ValueError("a column is described by its name, description, unit, dtype and width")


STEP = Column("step", "number of updates before the measurement", "steps", "int64")

CERTIFIED = Column(
    "certified",
    "1 where the errors can be relied on: the derivatives behind the products have passed their check; else 0",
    dtype="int64",
)

TRAIN = Table(
    "train",
    "the training examples that a step sees (all, or its minibatch), one row a step, at the weights before the update",
    (
        STEP,
        Column("time", "time since the start of the training", "s"),
        Column("lr", "step size"),
        Column("threshold", "largest stable value of the (preconditioned) sharpness"),
        Column("loss", "training loss, mean over examples"),
        Column("accuracy", "share of training examples classified correctly"),
        Column("grad_norm", "norm of the gradient of the training loss"),
    ),
)

FULL_BATCH = Table(
    "full_batch",
    "the whole training set of a run whose steps see minibatches, at its own cadence",
    (
        STEP,
        Column("loss", "training loss, mean over all examples"),
        Column("accuracy", "share of all training examples classified correctly"),
        Column("grad_norm", "norm of the gradient of the training loss"),
    ),
)

TEST = Table(
    "test",
    "the test set, at its own cadence",
    (
        STEP,
        Column("loss", "test loss, mean over examples"),
        Column("accuracy", "share of test examples classified correctly"),
    ),
)

EVENTS = Table(
    "events",
    "what happened between steps: commands, changes of the step size, the end of the run",
    (
        STEP,
        Column("time", "time since the start of the training", "s"),
        Column("kind", "what happened", dtype="S16"),
        Column("detail", "the particulars, a JSON object", dtype="S512"),
    ),
)


def eigenvalue_table(name: str, description: str, k: int) -> Table:
    """The table of an instrument that measures up to `k` largest eigenvalues of a symmetric operator."""
    return Table(
        name,
        description,
        (
            STEP,
            Column("eigenvalues", "largest eigenvalues, from the largest down", width=k),
            Column("residuals", "‖Av − λv‖ of each pair; a true eigenvalue lies within it", width=k),
            Column(
                "errors", "estimated error of each eigenvalue, at most the residual ‖r‖ and about 2‖r‖²/gap", width=k
            ),
            Column("products", "operator-vector products that the measurement took", dtype="int64"),
            CERTIFIED,
        ),
    )
