"""Whatever a trainer says, a viewer shows it, or goes on without the trainer."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eostui.link.client import LinkClient
from eostui.link.frames import encode_frame
from eostui.reading.live import LiveFeed
from eostui.store import TRAIN

plain: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2.5, 1e300, 2**63, "", "step", "float64", "x\x1b[2J", "S4", [], {}, [1], "time"]
)
column = st.fixed_dictionaries(
    {"name": st.sampled_from(["step", "a", "b"]) | plain, "dtype": st.sampled_from(["float64", "int64", "S4"]) | plain},
    optional={
        "description": st.just("d") | plain,
        "unit": st.just("") | plain,
        "width": st.sampled_from([None, 2]) | plain,
    },
)
step = st.just(TRAIN.to_json()["columns"][0])
table = st.fixed_dictionaries(
    {"name": st.sampled_from(["train", "events", "t"]) | plain, "columns": st.tuples(step, column) | plain},
    optional={"description": st.just("d") | plain, "charts": plain | st.lists(st.dictionaries(st.just("kind"), plain))},
)
tables = st.dictionaries(st.sampled_from(["train", "events", "t"]), table | plain, max_size=3)
hello = st.fixed_dictionaries(
    {
        "kind": st.just("hello"),
        "name": st.just("demo"),
        "run_file": st.just("run.h5"),
        "config": st.dictionaries(st.sampled_from(["lr", "batch_size", "steps"]), plain),
        "environment": st.dictionaries(st.sampled_from(["threshold", "threshold_on"]), plain),
        "tables": tables,
    }
)
shape = st.sampled_from([[1], [2], [0], [1, 2], [1, 0]])
rows = st.fixed_dictionaries(
    {
        "kind": st.just("rows"),
        "table": st.sampled_from(["train", "events", "t"]),
        "first": st.sampled_from([0, 1, 2**62]),
        "columns": st.lists(
            st.tuples(st.sampled_from(["step", "a", "b", "loss"]), st.sampled_from(["<f8", "<i8", "|S4"]), shape),
            max_size=3,
        ),
    }
)
other = st.sampled_from(
    [
        {"kind": "phase", "text": "measuring", "fraction": 1e308, "stage": 10**18, "stages": []},
        {"kind": "state", "status": "no such status"},
        {"kind": "ack", "id": -5, "ok": True, "text": "done"},
        {"kind": "trouble", "text": "x", "hangs_up": True},
        {"kind": "ended", "text": "", "code": -(10**18)},
    ]
)


def _frame(header: dict[str, Any]) -> bytes:
    sizes = {"<f8": 8, "<i8": 8, "|S4": 4}
    described = header.get("columns", ())
    count = sum(sizes[kind] * length[0] * (length[1:] or [1])[0] for _, kind, length in described)
    return encode_frame(header, b"\x01" * count)


@settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(said=st.lists(hello | rows | other, max_size=6))
@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_viewer_survives_whatever_a_trainer_says(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    trainer, viewer = socket.socketpair()
    client = LinkClient(viewer)
    feed = LiveFeed(client, tmp_path)
    trainer.sendall(b"".join(map(_frame, said)))
    trainer.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + 10
    while not client.closed:
        feed.poll()
        assert time.monotonic() < deadline
    feed.poll()
    assert feed.threshold
    assert feed.step >= -1
    assert isinstance(feed.events(), list)
    assert feed.over or feed.activity == "not connected, follows the file"
    feed.close()
    trainer.close()
