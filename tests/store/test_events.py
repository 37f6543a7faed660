"""An event is written in one way, and read back in its types whatever a file has."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest

from eostui.store import EVENTS, By, Event, Kind, RunFile, RunWriter, Status
from eostui.store.events import (
    CadenceAdapted,
    Checked,
    CheckpointWritten,
    Detail,
    Failed,
    Forecasted,
    Forked,
    Happening,
    Noted,
    ProductsReported,
    Resumed,
    Signalled,
    Started,
    StepSizeChanged,
    TrackingChanged,
    Warned,
)

IN_THE_FILE: list[tuple[Happening, str, str]] = [
    (Started(0.02, 100.0), "start", '{"lr":0.02,"threshold":100.0}'),
    (Started(0.02, math.nan), "start", '{"lr":0.02,"threshold":null}'),
    (Warned("odd"), "warning", '{"text":"odd"}'),
    (Checked("odd"), "check", '{"text":"odd"}'),
    (Checked("odd", "hessian"), "check", '{"text":"odd","table":"hessian"}'),
    (
        Forecasted("slow", 2.0, 9.5, 123, ("--eig-samples 500",)),
        "forecast",
        '{"text":"slow","step_seconds":2.0,"measure_seconds":9.5,"memory_bytes":123,"cheaper":["--eig-samples 500"]}',
    ),
    (Kind.PAUSE, "pause", "{}"),
    (Kind.RESUME, "resume", "{}"),
    (StepSizeChanged(0.1, 0.2, 20.0), "lr", '{"lr":0.1,"previous":0.2,"threshold":20.0}'),
    (
        StepSizeChanged(0.1, 0.2, 20.0, "cosine:400"),
        "lr",
        '{"lr":0.1,"previous":0.2,"threshold":20.0,"overrides":"cosine:400"}',
    ),
    (Kind.MEASURE, "measure", "{}"),
    (Resumed("went on", "step-00000001.pt"), "resumed", '{"text":"went on","checkpoint":"step-00000001.pt"}'),
    (Resumed("went on"), "resumed", '{"text":"went on"}'),
    (
        Signalled("SIGTERM", "stops", True),
        "signal",
        '{"signal":"SIGTERM","text":"stops","ends":true}',
    ),
    (Forked("demo", "branched off"), "forked", '{"parent":"demo","text":"branched off"}'),
    (CheckpointWritten("step-00000001.pt"), "checkpoint", '{"file":"step-00000001.pt"}'),
    (ProductsReported("compiled"), "products", '{"text":"compiled"}'),
    (
        ProductsReported("tried", "hessian", "bfloat16"),
        "products",
        '{"text":"tried","table":"hessian","searched":"bfloat16"}',
    ),
    (CadenceAdapted(20, None, 0.25, 0.3), "cadence", '{"eig_every":20,"share":0.25,"allowed":0.3}'),
    (CadenceAdapted(20, 2, 0.25, 0.3), "cadence", '{"eig_every":20,"tracked_every":2,"share":0.25,"allowed":0.3}'),
    (
        TrackingChanged("trace", "trace", True, 15.0),
        "tracking",
        '{"instrument":"trace","table":"trace","measures":true,"gradients":15.0}',
    ),
    (Noted("the loss jumps here"), "note", '{"text":"the loss jumps here"}'),
    (Kind.FINISHED, "finished", "{}"),
    (Kind.STOPPED, "stopped", "{}"),
    (Kind.DIVERGED, "diverged", "{}"),
    (Failed("out of memory"), "failed", '{"error":"out of memory"}'),
]


def test_every_kind_is_among_the_examples() -> None:
    assert {kind for _, kind, _ in IN_THE_FILE} == set(Kind)
    assert {type(happening) for happening, _, _ in IN_THE_FILE} == {Kind, *get_args(Detail)}


def test_kinds_and_keys_in_the_file_are_what_they_have_always_been(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="x", config={}, environment={}, tables=[EVENTS]) as writer:
        for step, (happening, _, _) in enumerate(IN_THE_FILE):
            writer.append(Event.of(step, step / 10, happening).row())
    with RunFile.open(path) as run:
        rows, events = run.read("events"), run.events()
    assert [(kind.decode(), detail.decode()) for kind, detail in zip(rows["kind"], rows["detail"], strict=True)] == [
        (kind, detail) for _, kind, detail in IN_THE_FILE
    ]
    for step, (event, (happening, kind, detail)) in enumerate(zip(events, IN_THE_FILE, strict=True)):
        assert event == Event(step, step / 10, kind, json.loads(detail))
        assert repr(event.what) == repr(None if isinstance(happening, Kind) else happening)


@pytest.mark.parametrize(
    ("kind", "detail", "what"),
    [
        ("lr", {}, StepSizeChanged(math.nan, math.nan, math.nan)),
        (
            "lr",
            {"lr": "0.1", "previous": [3], "threshold": 10**400, "overrides": 3},
            StepSizeChanged(math.nan, math.nan, math.nan),
        ),
        ("lr", {"lr": 1, "previous": 0.5, "threshold": None, "more": 3}, StepSizeChanged(1.0, 0.5, math.nan)),
        ("cadence", {"eig_every": "often", "tracked_every": 0.5}, CadenceAdapted(0, None, math.nan, math.nan)),
        ("check", {"text": None, "table": {}}, Checked("")),
        ("forecast", {"text": 3, "memory_bytes": 1.5, "cheaper": "no"}, Forecasted("", math.nan, math.nan, 0, ())),
        ("forecast", {"cheaper": [None, "x"]}, Forecasted("", math.nan, math.nan, 0, ("None", "x"))),
        ("pause", {"why": "lunch"}, None),
        ("lunch", {"lr": 0.1}, None),
        ("", {}, None),
    ],
)
def test_what_a_file_from_elsewhere_does_not_say_is_unknown(kind: str, detail: dict[str, Any], what: object) -> None:
    event = Event(0, 0.0, kind, detail)
    assert repr(event.what) == repr(what)  # NaN is not equal to itself
    assert event.detail == detail


@pytest.mark.parametrize("by", [None, *By])
def test_an_event_says_who_has_asked_for_it(tmp_path: Path, by: By | None) -> None:
    happenings: list[Happening] = [happening for happening, _, _ in IN_THE_FILE]
    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="x", config={}, environment={}, tables=[EVENTS]) as writer:
        for happening in happenings:
            writer.append(Event.of(0, 0.0, happening, by).row())
    with RunFile.open(path) as run:
        events = run.events()
    assert {event.by for event in events} == {by}
    assert [repr(event.what) for event in events] == [repr(Event.of(0, 0.0, one).what) for one in happenings]


@pytest.mark.parametrize("by", [None, 3, "somebody", ["viewer"], {}])
def test_who_cannot_be_read_is_nobody(by: object) -> None:
    assert Event(0, 0.0, "pause", {"by": by}).by is None


def test_a_note_fits_together_with_whose_it_is() -> None:
    long = Noted("x" * 480)
    assert long.fits
    row = Event.of(0, 0.0, long, max(By, key=len)).row()
    assert json.loads(row.values[-1])["text"] == long.text
    assert not Noted("x" * 490).fits


def test_every_end_of_a_run_is_a_kind_of_event() -> None:
    assert {status for status in Status if status.ended} < set(Kind)
