"""What the charts of a table show, as plain data: whoever draws a run knows them from its file or its trainer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")

Spec = TypeVar("Spec")

_WIDEST = 1000
"""The widest Gaussian of a smoothed line, in rows."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart, or one for each value of a row.

    column: the column of the chart's table, or of another `table`, which the run may be without.
    label: the name in the legend; the lines of a column with several values a row are numbered, λ1, λ2, ….
    brief: the name where room is short.
    ink: what the line is drawn with: "first", "second" or "third", told apart by colour, or "faint". Of the lines of a
        column with several values, all but the first are faint.
    first_only: of several values a row only the first one is drawn, under the plain label.
    sparse: NaN says that nothing was to be measured, and no mark tells of a gap.
    absolute: absolute values are drawn.
    smooth: the mean over the rows around each is drawn instead, by a Gaussian of so many rows; 0 for the values.
    meaning: what the definition of the chart adds where this line is drawn.
    """

    column: str
    label: str
    ink: str = "first"
    brief: str = ""
    table: str = ""
    first_only: bool = False
    sparse: bool = False
    absolute: bool = False
    meaning: str = ""
    smooth: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.smooth <= _WIDEST:
            raise ValueError(f"a line is smoothed by 0 to {_WIDEST} rows, not {self.smooth}")


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over the step, the most important one last.

    name: what programs call the chart, such as "gauss-newton"; no two charts of a run share one.
    log: the value axis is logarithmic.
    symmetric: zero is in the middle of the value axis.
    compared_with: the table of the matrix whose threshold belongs into the chart, "hessian" or "preconditioned"; empty
        for none.
    awaited: the chart is not there before the table has a row.
    aside: it is not shown until the user asks for it.

    Raises ValueError for a name that is not lower case with hyphens, and for a chart without a line.
    """

    name: str
    title: str
    definition: str
    lines: tuple[Line, ...]
    log: bool = False
    symmetric: bool = False
    compared_with: str = ""
    awaited: bool = False
    aside: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not self.lines:
            raise ValueError(f"chart {self.name} has no line")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its own table that it needs."""
        return tuple(line.column for line in self.lines if not line.table)


@dataclass(frozen=True, slots=True)
class DensityChart:
    """A distribution over the step, shaded: the values in the column `nodes`, their shares in the column `weights`.

    The other fields are those of a LineChart. Raises ValueError for a bad name.
    """

    name: str
    title: str
    definition: str
    nodes: str
    weights: str
    compared_with: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its own table that it needs."""
        return (self.nodes, self.weights)


@dataclass(frozen=True, slots=True)
class PhaseChart:
    """The path of the run through a plane, a point for each row: the column `up` over the column `across`.

    across_label, up_label: what the two are called on the axes. backdrop: what is drawn behind the path, "bifurcation"
    (`reading/bifurcation.py`) or nothing. Raises ValueError for a bad name.
    """

    name: str
    title: str
    definition: str
    across: str
    up: str
    across_label: str
    up_label: str
    backdrop: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its own table that it needs."""
        return (self.across, self.up)


Chart = LineChart | DensityChart | PhaseChart


def chart_to_json(chart: Chart) -> dict[str, Any]:
    """The chart as plain JSON types."""
    if isinstance(chart, LineChart):
        return {"kind": "lines", **asdict(chart), "lines": [asdict(line) for line in chart.lines]}
    return {"kind": "density" if isinstance(chart, DensityChart) else "phase", **asdict(chart)}


def chart_from_json(value: object) -> Chart:
    """The chart that `chart_to_json` described. Raises ValueError for anything else."""
    match value:
        case {"kind": "lines", "lines": list(lines), **rest}:
            return _made(LineChart, _texts(rest), lines=tuple(_line_from_json(line) for line in lines))
        case {"kind": "density", **rest}:
            return _made(DensityChart, _texts(rest))
        case {"kind": "phase", **rest}:
            return _made(PhaseChart, _texts(rest))
    raise ValueError("a chart is described by its kind and what that kind needs")


def _line_from_json(value: object) -> Line:
    if not isinstance(value, dict):
        raise ValueError("a line of a chart is described by its column and its label")
    return _made(Line, value)


def _texts(values: Mapping[Any, object]) -> dict[str, object]:
    return {str(name): value for name, value in values.items()}


def _made(spec: Callable[..., Spec], values: Mapping[str, object], **read: object) -> Spec:
    """A dataclass of texts and truth values from what JSON has of it; what this version does not know is left out."""
    kinds = {"str": str, "bool": bool, "int": int}
    known = {field.name: kinds[str(field.type)] for field in fields(spec) if field.name not in read}  # type: ignore[arg-type]
    given = {name: value for name, value in values.items() if name in known}
    for name, value in given.items():
        if not isinstance(value, known[name]):
            raise ValueError(f"{name} of a chart cannot be {value!r:.60}")
    try:
        return spec(**given, **read)
    except TypeError as error:
        raise ValueError(f"a chart cannot be read: {error}") from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"chart name {name!r} is not lower case with hyphens, of at most 64 characters")
