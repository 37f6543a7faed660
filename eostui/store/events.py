"""What happened during a run, and how it is told in a fixed number of bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eostui.store.schema import EVENTS, Row

DETAIL_BYTES = int(EVENTS.columns[-1].dtype[1:])


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened before update `step`, `time` seconds after the start."""

    step: int
    time: float
    kind: str
    detail: dict[str, Any]


def event_row(step: int, time: float, kind: str, detail: Mapping[str, Any]) -> Row:
    """A row of the table `events`; `detail` (JSON values) is shortened where it must be."""
    return EVENTS.row({"step": step, "time": time, "kind": kind, "detail": encode_detail(detail, DETAIL_BYTES)})


def encode_detail(detail: Mapping[str, Any], limit: int) -> bytes:
    """Return `detail` as an ASCII JSON object of at most `limit` bytes; NaN and infinities become null.

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
    """Return a value of JSON's types, with null for every NaN and infinity, which JSON has not."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(key): finite_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
