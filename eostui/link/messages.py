"""What a trainer and its viewers say to each other.

Trainer to viewer: `Hello` (what run this is; first, and again when more is known), `Phase` (what it is doing now),
`Rows` (new rows of one table), `State` (the run's status changed), `Ack` (a command was applied, or not, and why),
`Trouble` (something is wrong with the pipe itself), `Ended` (the last word). Viewer to trainer: `Command`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

import numpy as np

from eostui.link.frames import MAX_BODY, MAX_COMMAND, MAX_HEADER, FrameError, encode_frame
from eostui.link.verb import Verb
from eostui.store import By, Row, clean_json, clean_text

_COLUMN_KINDS = {"i": "<i8", "f": "<f8"}
_COLUMN_TYPE = re.compile(r"<i8|<f8|\|S(?:[1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-6])")
"""What a column of rows may be: numbers, or texts of at most 4096 bytes. numpy itself parses more than it should."""
_MOST_COLUMNS = 1000
_LARGEST = 2**63 - 1
"""The largest index of a row."""


@dataclass(frozen=True)
class Hello:
    """What run this is: enough for a viewer to lay out its charts before the first row.

    It comes again when more is known, and when an instrument has begun to measure whose table is new.
    """

    name: str
    run_file: str
    config: dict[str, Any]
    environment: dict[str, Any]
    tables: dict[str, Any]
    """Table name to `store.schema.Table.to_json`."""


@dataclass(frozen=True)
class Phase:
    """What the trainer is doing now, in words, and how far it is: `fraction` from 0 to 1, or None where nobody
    knows. Work that is counted has its number and about its end in the text, too: `product 18 of ≈ 25`.

    stages, stage: on the way to the first measurement, the names of all stages in their order, and which of them this
    one is, from 0; None from then on.
    """

    text: str
    fraction: float | None = None
    stage: int | None = None
    stages: list[str] | None = None


@dataclass(frozen=True)
class Rows:
    """New rows of one table. `first` is the index in the table of the first of them.

    A viewer that was too slow gets a `first` beyond what it has; the rows between are in the file.
    """

    table: str
    first: int
    columns: Mapping[str, np.ndarray]
    """Column name to (n,) or (n, k) arrays, int64, float64 or fixed-length bytes, all of one length n."""

    @classmethod
    def of(cls, first: int, rows: Sequence[Row]) -> Rows:
        """Some rows of one table, at least one, a column at a time."""
        table = rows[0].table
        columns = zip(*(row.values for row in rows), strict=True)
        named = zip(table.columns, columns, strict=True)
        return cls(table.name, first, {column.name: np.array(values) for column, values in named})


@dataclass(frozen=True)
class State:
    """The run's status, one of `store.schema.Status`."""

    status: str


@dataclass(frozen=True)
class Ack:
    """The answer to the command with the same `id`: whether it was applied, and what happened in words."""

    id: int
    ok: bool
    text: str


@dataclass(frozen=True)
class Trouble:
    """Something is wrong with the pipe, and not with the run. `hangs_up` where the trainer ends this connection."""

    text: str
    hangs_up: bool = False


@dataclass(frozen=True)
class Ended:
    """The trainer's last word. `code` is the run's exit code as the command line defines it."""

    text: str
    code: int


ASKING = (By.VIEWER, By.SCRIPT, By.SIGNAL)
"""Who may say that a command is theirs: a schedule is the trainer's own."""
Argument = float | str | None
"""What a verb takes."""


@dataclass(frozen=True)
class Command:
    """A key press or a script's wish.

    `argument` is the step size η for `lr`, the text for `note`, an instrument's name for `track` and `untrack`, the
    names of flows for `flow`, the name of the signal for a `stop` by one, else None. `by` is who asks, one of `ASKING`.
    """

    id: int
    verb: Verb
    argument: Argument = None
    by: By = By.VIEWER


Message = Hello | Phase | Rows | State | Ack | Trouble | Ended | Command

_PLAIN: dict[str, type[Hello | Phase | State | Ack | Trouble | Ended | Command]] = {
    "hello": Hello,
    "phase": Phase,
    "state": State,
    "ack": Ack,
    "trouble": Trouble,
    "ended": Ended,
    "command": Command,
}
_FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "Verb": (str,),
    "By": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, type(None)),
    "list[str] | None": (list, type(None)),
    "float | None": (int, float, type(None)),
    "Argument": (int, float, str, type(None)),
    "dict[str, Any]": (dict,),
}


def encode(message: Message) -> bytes:
    """The frame that carries a message. Raises `FrameError` for one that is over the limits of `frames`."""
    if isinstance(message, Rows):
        arrays = {name: _wire(array) for name, array in message.columns.items()}
        header = {
            "kind": "rows",
            "table": message.table,
            "first": message.first,
            "columns": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
        }
        return encode_frame(header, b"".join(array.tobytes() for array in arrays.values()))
    limit = MAX_COMMAND if isinstance(message, Command) else MAX_HEADER
    return encode_frame({"kind": type(message).__name__.lower(), **asdict(message)}, max_header=limit)


def decode(header: dict[str, Any], body: bytes) -> Message:
    """The message that a frame carries, every value checked. Raises `FrameError`."""
    kind = header["kind"]
    if kind == "rows":
        return _decode_rows(header, body)
    if kind not in _PLAIN:
        raise FrameError(f"unknown kind of message {kind!r:.60}")
    message_type = _PLAIN[kind]
    values: dict[str, Any] = {}
    for name, annotation in message_type.__annotations__.items():
        value = header.get(name)
        if type(value) not in _FIELD_TYPES[annotation] or (isinstance(value, float) and not math.isfinite(value)):
            raise FrameError(f"{kind} message: {name} cannot be {value!r:.60}")
        values[name] = clean_json(value)
    if message_type is Phase and not all(isinstance(name, str) for name in values["stages"] or []):
        raise FrameError("phase message: a stage has a name that is no text")
    if message_type is Command:
        if values["verb"] not in list(Verb):
            raise FrameError(f"unknown command {values['verb']!r:.60}; there are {', '.join(Verb)}")
        if values["by"] not in ASKING:
            raise FrameError(f"a command by {values['by']!r:.60}; it is by one of {', '.join(ASKING)}")
        values["verb"], values["by"] = Verb(values["verb"]), By(values["by"])
    return message_type(**values)


def _wire(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "S":
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array, dtype=_COLUMN_KINDS[array.dtype.kind])


def _decode_rows(header: dict[str, Any], body: bytes) -> Rows:
    table, first, described = header.get("table"), header.get("first"), header.get("columns")
    if not isinstance(table, str) or not _is_count(first, _LARGEST):
        raise FrameError("a rows message says its table and the index of its first row")
    if not isinstance(described, list) or not 0 < len(described) <= _MOST_COLUMNS:
        raise FrameError(f"rows of {table!r:.60}: a table has 1 to {_MOST_COLUMNS} columns")
    columns: dict[str, np.ndarray] = {}
    offset = 0
    for column in described:
        name, dtype, shape = _described(table, column)
        size = math.prod(shape) * dtype.itemsize
        if name in columns or offset + size > len(body):
            raise FrameError(f"rows of {table!r:.60}: a column twice, or a body that ends before its columns do")
        columns[name] = np.frombuffer(body[offset : offset + size], dtype).reshape(shape)
        offset += size
    if offset != len(body) or len({len(column) for column in columns.values()}) != 1:
        raise FrameError(f"rows of {table!r:.60}: columns of unequal length, or a body that does not fit them")
    return Rows(clean_text(table), first, columns)


def _described(table: str, column: object) -> tuple[str, np.dtype[Any], tuple[int, ...]]:
    """Name, type and shape of a column, (n,) or (n, k)."""
    match column:
        case [str(name), str(type_string), [*lengths]] if _COLUMN_TYPE.fullmatch(type_string):
            shape = tuple(length for length in lengths if _is_count(length, MAX_BODY))
            if len(shape) == len(lengths) and len(shape) in (1, 2):
                return clean_text(name), np.dtype(type_string), shape
    raise FrameError(f"rows of {table!r:.60}: no column is described by {column!r:.120}")


def _is_count(value: object, most: int) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= most
