"""What happens during a run, what is said of it, and how that fits into a fixed number of bytes.

Whoever writes makes a detail, such as `StepSizeChanged`, or names a `Kind` that needs none. Whoever reads gets an
`Event`, which has the detail in its types again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Self, get_args

import numpy as np

from eostui.store.by import By
from eostui.store.schema import EVENTS, Row, Status
from eostui.store.text import clean_json, clean_text

DETAIL_BYTES = int(EVENTS.columns[-1].dtype[1:])
"""The most that a detail takes in the file."""
DAMAGED = "damaged"
"""The kind of an event that the file has, and that cannot be read."""


class Kind(StrEnum):
    """What can happen, in the words of the file."""

    START = "start"
    WARNING = "warning"
    CHECK = "check"
    FORECAST = "forecast"
    PAUSE = "pause"
    RESUME = "resume"
    LR = "lr"
    MEASURE = "measure"
    CHECKPOINT = "checkpoint"
    PRODUCTS = "products"
    CADENCE = "cadence"
    TRACKING = "tracking"
    NOTE = "note"
    SIGNAL = "signal"
    RESUMED = "resumed"
    FORKED = "forked"
    FINISHED = Status.FINISHED.value
    STOPPED = Status.STOPPED.value
    DIVERGED = Status.DIVERGED.value
    FAILED = Status.FAILED.value


@dataclass(frozen=True, slots=True)
class Started:
    """The first step size η of the run, and the stability threshold for it."""

    kind: ClassVar[Kind] = Kind.START
    lr: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Warned:
    """What the user should know of the problem before the numbers are believed."""

    kind: ClassVar[Kind] = Kind.WARNING
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the user's code or of the derivatives has found; `table` is the one whose numbers it is about."""

    kind: ClassVar[Kind] = Kind.CHECK
    text: str
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Forecasted:
    """What a step and a measurement of a slow run will take, and the flags that make it cheaper."""

    kind: ClassVar[Kind] = Kind.FORECAST
    text: str
    step_seconds: float
    measure_seconds: float
    memory_bytes: int
    cheaper: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepSizeChanged:
    """A new step size η, the threshold for it, the one before, the schedule that no longer applies from here on, and η
    as it was typed, where it was."""

    kind: ClassVar[Kind] = Kind.LR
    lr: float
    previous: float
    threshold: float
    overrides: str | None = None
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointWritten:
    """The name of the file in the run's directory of checkpoints."""

    kind: ClassVar[Kind] = Kind.CHECKPOINT
    file: str


@dataclass(frozen=True, slots=True)
class ProductsReported:
    """How products are computed from here on; `searched` is the kind of products that the search for `table` uses."""

    kind: ClassVar[Kind] = Kind.PRODUCTS
    text: str
    table: str | None = None
    searched: str | None = None


@dataclass(frozen=True, slots=True)
class CadenceAdapted:
    """Steps between two certified and between two tracked measurements, the share of the time that these take, and
    the share that they may take."""

    kind: ClassVar[Kind] = Kind.CADENCE
    eig_every: int
    tracked_every: int | None
    share: float
    allowed: float


@dataclass(frozen=True, slots=True)
class TrackingChanged:
    """An instrument that measures from here on, or no longer does: its name, its table, and what a row costs, about, in
    gradients over all examples."""

    kind: ClassVar[Kind] = Kind.TRACKING
    instrument: str
    table: str
    measures: bool
    gradients: float


@dataclass(frozen=True, slots=True)
class Noted:
    """What the user wrote down."""

    kind: ClassVar[Kind] = Kind.NOTE
    text: str

    @property
    def fits(self) -> bool:
        """Whether the file has room for all of it, and for whose it is."""
        return len(_dump({"text": self.text, "by": max(By, key=len)})) <= DETAIL_BYTES


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal that came to the trainer, by name, what it did in words, and whether it asked the run to end."""

    kind: ClassVar[Kind] = Kind.SIGNAL
    signal: str
    text: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """A trainer that has ended, and another one that goes on: from which checkpoint (None: from the beginning), and in
    words what of the file was cut."""

    kind: ClassVar[Kind] = Kind.RESUMED
    text: str
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Forked:
    """The run whose steps those before this one are, and in words what is different from here on."""

    kind: ClassVar[Kind] = Kind.FORKED
    parent: str
    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the run could not go on, in one line."""

    kind: ClassVar[Kind] = Kind.FAILED
    error: str


Detail = (
    Started
    | Warned
    | Checked
    | Forecasted
    | StepSizeChanged
    | CheckpointWritten
    | ProductsReported
    | CadenceAdapted
    | TrackingChanged
    | Noted
    | Signalled
    | Resumed
    | Forked
    | Failed
)
"""The particulars of an event. Their names are the keys in the file, where one that is None is left out."""

Happening = Detail | Kind
"""What happened: the particulars, or the kind alone where it has none."""

_DETAILS: dict[str, type[Detail]] = {detail.kind: detail for detail in get_args(Detail)}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened before update `step`, `time` seconds after the start, as the file has it.

    A file from elsewhere may have any `kind` and any `detail`.
    """

    step: int
    time: float
    kind: str
    detail: dict[str, Any]
    what: Detail | None = field(init=False, repr=False, compare=False)
    """`detail` in the types of its kind; None of a kind without particulars, or one that this version does not know.

    What `detail` does not say, or says in another type, is NaN, 0, empty or None.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "what", _typed(self.kind, self.detail))

    @classmethod
    def of(cls, step: int, time: float, happening: Happening, by: By | None = None) -> Self:
        """The event that says so; `by` is who has asked for it, where somebody has."""
        if isinstance(happening, Kind):
            kind, said = happening, {}
        else:
            kind, said = happening.kind, {part.name: getattr(happening, part.name) for part in fields(happening)}
        return cls(step, time, kind, {name: value for name, value in {**said, "by": by}.items() if value is not None})

    @property
    def by(self) -> By | None:
        """Who has asked for it; None where nobody has, nobody knows, or an older version has written the event."""
        said = self.detail.get("by")
        return By(said) if said in list(By) else None

    @classmethod
    def read(cls, step: int, time: float, kind: bytes, detail: bytes) -> Self:
        """The event of a row of the table `events`, whose text may be anything; text comes out cleaned.

        One whose detail is no JSON object is "damaged", and its detail says what was there instead.
        """
        name = clean_text(kind.decode("ascii", "replace"))
        try:
            particulars = clean_json(json.loads(detail))
        except (ValueError, RecursionError):
            particulars = None
        if not isinstance(particulars, dict):
            there = clean_text(f"{name} {detail.decode('ascii', 'replace')}", 100)
            return cls(int(step), float(time), DAMAGED, {"text": there})
        return cls(int(step), float(time), name, particulars)

    def row(self) -> Row:
        """Its row of the table `events`, where the detail is shortened if it must be."""
        detail = encode_detail(self.detail, DETAIL_BYTES)
        return EVENTS.row({"step": self.step, "time": self.time, "kind": self.kind, "detail": detail})


def _typed(kind: str, detail: Mapping[str, Any]) -> Detail | None:
    typed = _DETAILS.get(kind)
    if typed is None:
        return None
    return typed(**{part.name: _READ[str(part.type)](detail.get(part.name)) for part in fields(typed)})


def _number(value: object) -> float:
    """JSON has null for NaN and for infinity."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


_READ: dict[str, Callable[[object], Any]] = {
    "bool": lambda value: value is True,
    "float": _number,
    "int": lambda value: value if isinstance(value, int) else 0,
    "int | None": lambda value: value if isinstance(value, int) else None,
    "str": lambda value: value if isinstance(value, str) else "",
    "str | None": lambda value: value if isinstance(value, str) else None,
    "tuple[str, ...]": lambda value: tuple(map(str, value)) if isinstance(value, list | tuple) else (),
}
"""How a part of a detail is read, by its type."""


def encode_detail(detail: Mapping[str, Any], limit: int) -> bytes:
    """`detail` as an ASCII JSON object of at most `limit` bytes; NaN and infinities become null.

    What is too long is shortened and stays valid JSON: the longest text is halved, with an ellipsis, until
    everything fits; a long value of another kind gives way to null.
    """
    items = {str(key): finite_json(value) for key, value in detail.items()}
    while len(encoded := _dump(items)) > limit:
        longest = max(items, key=lambda key: len(_dump(items[key])))
        value = items[longest]
        if isinstance(value, str) and len(value) > 1:
            items[longest] = value[: len(value) // 2] + "…" if len(value) > 3 else ""
        elif value not in (None, ""):
            items[longest] = None
        else:
            del items[longest]
    return encoded


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def finite_json(value: Any) -> Any:
    """The value in JSON's types, with null for every NaN and infinity, which JSON has not."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(key): finite_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
