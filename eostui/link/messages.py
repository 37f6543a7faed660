"""What a trainer and its viewers say to each other.

Trainer to viewer: `Hello` (what run this is; first, and again when more is known), `Phase` (what it is doing now),
`Rows` (new rows of one table), `State` (the run's status changed), `Ack` (a command was applied, or not, and why),
`Ended` (the last word). Viewer to trainer: `Command`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eostui.link.frames import FrameError, encode_frame
from eostui.link.verb import Verb
from eostui.store import clean_json, clean_text

_COLUMN_KINDS = {"i": "<i8", "f": "<f8"}
_MAX_TEXT = 4096


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
class Ended:
    """The trainer's last word. `code` is the run's exit code as the command line defines it."""

    text: str
    code: int


Argument = float | str | None
"""What a verb takes."""


@dataclass(frozen=True)
class Command:
    """A key press or a script's wish.

    `argument` is the step size η for `lr`, the text for `note`, an instrument's name for `track` and `untrack`, else
    None.
    """

    id: int
    verb: Verb
    argument: Argument = None


Message = Hello | Phase | Rows | State | Ack | Ended | Command

_PLAIN: dict[str, type[Hello | Phase | State | Ack | Ended | Command]] = {
    "hello": Hello,
    "phase": Phase,
    "state": State,
    "ack": Ack,
    "ended": Ended,
    "command": Command,
}
_FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "Verb": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, type(None)),
    "list[str] | None": (list, type(None)),
    "float | None": (int, float, type(None)),
    "Argument": (int, float, str, type(None)),
    "dict[str, Any]": (dict,),
}


def encode(message: Message) -> bytes:
    """The frame that carries a message."""
    if isinstance(message, Rows):
        arrays = {name: _wire(array) for name, array in message.columns.items()}
        header = {
            "kind": "rows",
            "table": message.table,
            "first": message.first,
            "columns": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
        }
        return encode_frame(header, b"".join(array.tobytes() for array in arrays.values()))
    return encode_frame({"kind": type(message).__name__.lower(), **asdict(message)})


def decode(header: dict[str, Any], body: bytes) -> Message:
    """The message that a frame carries, every value checked. Raises `FrameError`."""
    kind = header["kind"]
    if kind == "rows":
        return _decode_rows(header, body)
    if kind not in _PLAIN:
        raise FrameError(f"unknown kind of message {kind!r}")
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
            raise FrameError(f"unknown command {values['verb']!r}; there are {', '.join(Verb)}")
        values["verb"] = Verb(values["verb"])
    return message_type(**values)


def _wire(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "S":
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array, dtype=_COLUMN_KINDS[array.dtype.kind])


def _decode_rows(header: dict[str, Any], body: bytes) -> Rows:
    try:
        table, first, described = str(header["table"]), int(header["first"]), list(header["columns"])
        columns: dict[str, np.ndarray] = {}
        offset = 0
        for name, type_string, shape in described:
            dtype = np.dtype(str(type_string))
            extent = tuple(int(length) for length in shape)
            if not (dtype.str in _COLUMN_KINDS.values() or (dtype.kind == "S" and 0 < dtype.itemsize <= _MAX_TEXT)):
                raise FrameError(f"rows of {table!r}: a column cannot be of type {type_string!r}")
            if len(extent) not in (1, 2) or min(extent) < 0:
                raise FrameError(f"rows of {table!r}: a column cannot have the shape {extent}")
            count = math.prod(extent)
            columns[clean_text(name)] = np.frombuffer(body, dtype, count, offset).reshape(extent)
            offset += count * dtype.itemsize
    except FrameError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FrameError(f"a rows message cannot be read: {error}") from error
    if offset != len(body) or first < 0 or len({len(column) for column in columns.values()}) != 1:
        raise FrameError(f"rows of {table!r}: columns of unequal length, or a body that does not fit them")
    return Rows(clean_text(table), first, columns)
