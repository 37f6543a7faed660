"""Bytes become messages, or an error, and nothing else."""

from __future__ import annotations

import contextlib
import pickle
import random

import numpy as np
import pytest

from eostui.link.frames import MAGIC, MAX_HEADER, FrameDecoder, FrameError, encode_frame
from eostui.link.messages import ASKING, Ack, Command, Ended, Hello, Message, Phase, Rows, State, decode, encode
from eostui.link.verb import Verb

MESSAGES: list[Message] = [
    Hello("demo", "/runs/demo/run.h5", {"lr": 0.1}, {"torch": "2"}, {"train": {}}),
    Phase("importing torch"),
    Phase("downloading", 0.25),
    Phase("building", None, 1, ["load", "build"]),
    State("running"),
    Ack(7, True, "η = 0.01"),
    Ended("diverged", 1),
    Command(3, Verb.LR, 0.01),
    Command(4, Verb.NOTE, "the loss jumps here"),
    *[Command(4, verb) for verb in Verb],
    *[Command(5, Verb.PAUSE, by=by) for by in ASKING],
]


def _decoded(data: bytes) -> list[Message]:
    return [decode(header, body) for header, body in FrameDecoder().feed(data)]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_arrives_as_it_was_sent(message: Message) -> None:
    assert _decoded(encode(message)) == [message]


@pytest.mark.parametrize("by", ["schedule", "Viewer", "nobody", "", None, 1, ["viewer"], {}])
def test_a_command_is_by_a_viewer_a_script_or_a_signal(by: object) -> None:
    with pytest.raises(FrameError, match="by"):
        decode({"kind": "command", "id": 1, "verb": "pause", "argument": None, "by": by}, b"")


def test_rows_arrive_with_every_bit_of_every_column() -> None:
    columns = {
        "step": np.arange(3),
        "loss": np.array([1.5, np.nan, -np.inf]),
        "eigenvalues": np.arange(6.0).reshape(3, 2),
        "kind": np.array([b"lr", b"pause", b"resume"], dtype="S16"),
    }
    (rows,) = _decoded(encode(Rows("train", 41, columns)))
    assert isinstance(rows, Rows)
    assert (rows.table, rows.first, list(rows.columns)) == ("train", 41, list(columns))
    for name, column in columns.items():
        np.testing.assert_array_equal(rows.columns[name], column)


def test_frames_are_whole_however_the_bytes_are_cut() -> None:
    data = b"".join(encode(message) for message in MESSAGES)
    for seed in range(20):
        generator = random.Random(seed)
        cuts = sorted(generator.sample(range(len(data)), 12))
        decoder = FrameDecoder()
        received = [
            decode(header, body)
            for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)
            for header, body in decoder.feed(data[start:end])
        ]
        assert received == MESSAGES


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        MAGIC + (MAX_HEADER + 1).to_bytes(4, "little") + bytes(4),
        MAGIC + bytes(4) + b"\xff\xff\xff\xff",
        MAGIC + (2).to_bytes(4, "little") + bytes(4) + b"[]",
        MAGIC + (9).to_bytes(4, "little") + bytes(4) + b"not json!",
        MAGIC + (20).to_bytes(4, "little") + bytes(4) + pickle.dumps([1])[:20].ljust(20),
        b"EOS2" + bytes(8),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        FrameDecoder().feed(data)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ({"kind": "unheard"}, b""),
        ({"kind": "command", "id": 1, "verb": "format-disk", "argument": None, "by": "viewer"}, b""),
        ({"kind": "command", "id": "1", "verb": "pause", "argument": None, "by": "viewer"}, b""),
        ({"kind": "command", "id": 1, "verb": "lr", "argument": float("nan"), "by": "viewer"}, b""),
        ({"kind": "command", "id": True, "verb": "lr", "argument": 1.0, "by": "viewer"}, b""),
        ({"kind": "phase"}, b""),
        ({"kind": "rows"}, b""),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["step", "|O", [1]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["step", "<i8", [2]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["step", "<i8", [1]]]}, bytes(9)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["step", "<i8", [-1]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": -1, "columns": [["step", "<i8", [1]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["step", "<i8", [1 << 62, 1 << 62]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": [["a", "<i8", [1]], ["b", "<i8", [0]]]}, bytes(8)),
        ({"kind": "rows", "table": "t", "first": 0, "columns": []}, b""),
    ],
)
def test_a_frame_that_is_no_message_is_refused(header: dict[str, object], body: bytes) -> None:
    with pytest.raises(FrameError):
        decode(header, body)


def test_terminal_escapes_in_text_from_outside_are_taken_out() -> None:
    (phase,) = _decoded(encode_frame({"kind": "phase", "text": "a\x1b[31mb\x07\x9bc", "fraction": None}))
    assert phase == Phase("a [31mb c")


def test_random_bytes_never_raise_anything_but_a_frame_error() -> None:
    generator = random.Random(0)
    for _ in range(2000):
        data = bytearray(encode(generator.choice(MESSAGES)))
        for _ in range(generator.randint(1, 4)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        with contextlib.suppress(FrameError):
            _decoded(bytes(data))
