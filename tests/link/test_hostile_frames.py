"""Whatever bytes come, a decoder gives messages or a `FrameError`, within bounds of time and memory."""

from __future__ import annotations

import contextlib
import json
import struct
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eostui.link.frames import MAGIC, MAX_BODY, MAX_COMMAND, MAX_DEPTH, MAX_HEADER, FrameDecoder, FrameError
from eostui.link.messages import Command, Message, Rows, decode, encode
from eostui.link.verb import Verb
from tests.link.test_frames import MESSAGES

BOUNDED = settings(deadline=None, derandomize=True, database=None, max_examples=150)
"""The same examples every time, and no clock: a test tells of the code, and not of the machine."""

KINDS = ["rows", "hello", "phase", "state", "ack", "trouble", "ended", "command"]
FIELDS = ["table", "first", "columns", "id", "verb", "argument", "text", "ok", "code", "fraction", "stages", "tables"]
ODD_TYPES = [",f8", "f8,", "f8,i8", "(2,)f8", "<f8", "<i8", "|S4", "|S0", "|S99999", "=f8", ">f8", "|O", "O8", "<M8[s]"]
ODD_NUMBERS = ["1" * 401, "-" + "1" * 5000, "1e999", "-1e999", "NaN", "Infinity", "0." + "1" * 4000, str(2**63)]

ROWS = encode(Rows("train", 3, {"step": np.arange(2), "x": np.ones((2, 3)), "kind": np.array([b"a", b"b"], "S4")}))
FRAMES = [*map(encode, MESSAGES), ROWS]


def _frame(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<4sII", MAGIC, len(header), len(body)) + header + body


def _decoded(data: bytes) -> list[Message]:
    """The messages, of a decoder of either side, or none where it refuses."""
    messages: list[Message] = []
    for decoder in (FrameDecoder(), FrameDecoder(MAX_COMMAND, 0)):
        with contextlib.suppress(FrameError):
            messages += [decode(header, body) for header, body in decoder.feed(data)]
    return messages


PLAIN = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    1e300,
    2**63,
    10**60,
    "",
    "x",
    "\x1b[2J",
    "\ud800",
    "lr",
    "pause",
    "<f8",
    "step",
]
plain = st.sampled_from([*PLAIN, float("nan"), float("inf")])
values = plain | st.lists(plain, max_size=3) | st.dictionaries(st.sampled_from(["a", "\x07"]), plain, max_size=2)
types = st.sampled_from(ODD_TYPES) | st.text(alphabet="<>|=,fiSOV0123456789()[] \x00", max_size=5)
shapes = st.lists(st.sampled_from([0, 1, 2, -1, 2**62, 10**30, 1.0, "1", None]), max_size=3)
columns = st.lists(
    st.tuples(st.sampled_from(["step", "x"]), types, shapes) | st.tuples(plain, plain, values), max_size=3
)


@BOUNDED
@given(st.binary(max_size=200))
def test_any_bytes_give_messages_or_a_frame_error(data: bytes) -> None:
    _decoded(data)
    _decoded(MAGIC + data)
    _decoded(_frame(data))


@BOUNDED
@given(st.sampled_from(FRAMES), st.data())
def test_a_frame_with_bytes_changed_added_and_lost_gives_messages_or_a_frame_error(frame: bytes, data: Any) -> None:
    changed = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    _decoded(bytes(changed))
    header = bytes(changed[12:])
    _decoded(_frame(header))  # the lengths are right again


@BOUNDED
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), values), columns, st.binary(max_size=32))
def test_any_json_gives_messages_or_a_frame_error(
    kind: str, fields: dict[str, Any], described: list[Any], body: bytes
) -> None:
    whole = {"table": "t", "first": 0, "columns": described, **fields, "kind": kind}
    for message in _decoded(_frame(json.dumps(whole).encode(), body)):
        if isinstance(message, Rows):
            assert sum(column.nbytes for column in message.columns.values()) == len(body)
            assert {column.dtype.kind for column in message.columns.values()} <= set("ifS")


@pytest.mark.parametrize(
    "type_string", sorted({*ODD_TYPES, "", "f8", "<f8 ", "<f8\n", "|S4097", "|S04"} - {"<f8", "<i8", "|S4"})
)
def test_a_column_is_of_one_of_the_few_types_that_are_sent(type_string: str) -> None:
    header = {"kind": "rows", "table": "t", "first": 0, "columns": [["step", type_string, [0]]]}
    with pytest.raises(FrameError, match="no column is described by"):
        decode(header, b"")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("depth", [MAX_DEPTH, 1_000, 100_000])
def test_what_is_nested_too_deeply_is_refused_before_it_is_parsed(opening: str, closing: str, depth: int) -> None:
    nested = f'{{"kind":"hello","config":{opening * depth}1{closing * depth}}}'.encode()
    for data in (nested, nested.replace(b"}", b""), nested.decode().encode("utf-16")):
        with pytest.raises(FrameError):
            FrameDecoder().feed(_frame(data))


def test_brackets_in_a_text_are_no_nesting() -> None:
    command = Command(1, Verb.NOTE, '\\"[[[{' * 60 + '"')
    assert _decoded(encode(command)) == [command, command]


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_a_number_that_nothing_can_hold_is_refused(number: str) -> None:
    for header in (f'"verb":"lr","id":1,"argument":{number}', f'"verb":"pause","id":{number},"argument":null'):
        try:
            (decoded,) = FrameDecoder().feed(_frame(f'{{"kind":"command","by":"script",{header}}}'.encode()))
            message = decode(*decoded)
        except FrameError:
            continue
        assert isinstance(message, Command)
        assert isinstance(message.argument, int | float | None)  # 2^63 can be held
        assert float(message.argument or message.id) == 2.0**63


def test_a_viewer_may_send_less_than_a_trainer() -> None:
    longest = encode(Command(1, Verb.NOTE, "\U0001f600" * 600))
    assert len(_decoded(longest)) == 2
    with pytest.raises(FrameError, match="over the limit"):
        encode(Command(1, Verb.NOTE, "\U0001f600" * 700))
    for lengths in ((MAX_COMMAND + 1, 0), (10, 1)):
        with pytest.raises(FrameError, match="over the limit"):
            FrameDecoder(MAX_COMMAND, 0).feed(struct.pack("<4sII", MAGIC, *lengths))


FULL = {
    "brackets": b"[]," * (MAX_HEADER // 3),
    "open brackets": b"[" * MAX_HEADER,
    "objects": b'{"a":0},' * (MAX_HEADER // 8),
    "quotes": b'"' * MAX_HEADER,
    "backslashes": b"\\" * MAX_HEADER,
    "escaped quotes": b'"' + b'\\"' * (MAX_HEADER // 2 - 1),
    "one text": b'{"kind":"state","status":"' + b"a" * (MAX_HEADER - 40) + b'"}',
    "keys": b'{"kind":"hello","name":{' + b'"a":0,' * 170_000 + b'"b":0}}',
    "numbers": b'{"kind":"hello","name":[' + b"0.5," * 260_000 + b"0]}",
    "one number": b'{"kind":"ack","id":' + b"1" * (MAX_HEADER - 40) + b"}",
    "columns": b'{"kind":"rows","table":"t","first":0,"columns":[' + b'["a","<f8",[0]],' * 60_000 + b"0]}",
}


@pytest.mark.parametrize("text", FULL.values(), ids=FULL)
def test_the_largest_header_takes_bounded_time_and_memory(text: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()
    _decoded(_frame(text[:MAX_HEADER]))
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 10  # of the processor, and traced, which takes ten times as long: 1 s where it was written
    assert peak < 64 << 20


def test_a_body_that_never_comes_takes_no_memory() -> None:
    tracemalloc.start()
    decoder = FrameDecoder()
    assert decoder.feed(struct.pack("<4sII", MAGIC, MAX_HEADER, MAX_BODY)) == []
    for _ in range(1000):
        assert decoder.feed(b"x") == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
