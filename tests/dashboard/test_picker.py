"""The list of runs, as a user has it who types `eostui`."""

from __future__ import annotations

import os
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from eostui.dashboard.picker import RunPicker
from eostui.dashboard.screens.delete import DeleteScreen
from eostui.link.heartbeat import Heartbeat
from eostui.reading.run_row import RunRow, described
from eostui.store import TRAIN, ReaderProcess, RunWriter, Status
from tests.dashboard.looking import text_of, until
from tests.reading.runs import descent
from tests.reading.saved import EDGE_RUN

SIZE = (80, 24)


def _saved(runs: Path, name: str) -> Path:
    """A real run under a directory's name; a file says its own, which here is always the same."""
    path = runs / name / "run.h5"
    path.parent.mkdir(parents=True)
    shutil.copy(EDGE_RUN, path)
    return path


def _named(runs: Path, name: str, created: Status = Status.FINISHED) -> Path:
    """A small run that says this name of itself."""
    path = runs / str(len(list(runs.iterdir())) if runs.exists() else 0) / "run.h5"
    path.parent.mkdir(parents=True)
    with RunWriter.create(path, name=name, config={}, environment={}, tables=[TRAIN]) as writer:
        writer.append(
            TRAIN.row({"step": 0, "time": 0, "lr": 0.1, "threshold": 20, "loss": 1, "accuracy": 0, "grad_norm": 1})
        )
        writer.set_status(created)
    return path


def _row_of(path: Path) -> RunRow:
    with ReaderProcess(described) as apart:
        return RunRow.of(path, apart)


def _lines(pilot: Pilot[None]) -> list[str]:
    return text_of(pilot).splitlines()


async def test_a_run_is_listed_with_how_close_to_the_edge_it_is_and_opened(tmp_path: Path) -> None:
    path = _saved(tmp_path, "one")
    picker = RunPicker(tmp_path)
    async with picker.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "finished" in text_of(pilot))
        line = next(line for line in _lines(pilot) if "finished" in line)
        row = _row_of(path)
        assert f"{row.ratios[-1]:.3f}" in line
        assert "0.1" in line
        assert any(bar in line for bar in "▅▆▇█")
        assert "1 run in" in text_of(pilot)
        await pilot.press("enter")
    assert picker.chosen == path


async def test_without_runs_it_says_how_to_start_one(tmp_path: Path) -> None:
    async with RunPicker(tmp_path / "none").run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "start one with `eostui run`" in text_of(pilot))
        await pilot.press("enter", "space", "d", "q")
    assert pilot.app.return_code == 0


@pytest.mark.parametrize(
    "name", ["x" * 100, "日本語の実験" * 10, "👩‍🔬 run", "שלום עולם", "a[bold]b[/]", "tab\there", ""], ids=ascii
)
async def test_every_name_leaves_the_columns_in_their_places(tmp_path: Path, name: str) -> None:
    _named(tmp_path, "plain")
    _named(tmp_path, name)
    async with RunPicker(tmp_path).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: text_of(pilot).count("finished") == 2)
        lines = [line for line in _lines(pilot) if "finished" in line]
        places = {_width(line[: line.index("finished")]) for line in lines}
        assert len(places) == 1
        if "bold" in name:
            assert name in text_of(pilot)


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(unicodedata.normalize("NFC", text))


async def test_the_filter_keeps_the_runs_that_have_all_its_words(tmp_path: Path) -> None:
    for name in ("adam large", "adam small", "gd large"):
        _named(tmp_path, name)
    async with RunPicker(tmp_path).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: text_of(pilot).count("finished") == 3)
        await pilot.press("slash", *"lar ad")
        await until(pilot, lambda: text_of(pilot).count("finished") == 1)
        assert "adam large" in text_of(pilot)
        await pilot.press(*"zzz")
        await until(pilot, lambda: "no run has these words" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: text_of(pilot).count("finished") == 3)


async def test_a_broken_file_is_listed_and_says_why_it_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.h5").write_bytes(b"no run")
    picker = RunPicker(tmp_path)
    async with picker.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "unreadable" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "HDF5" in text_of(pilot))
        assert picker.chosen is None


async def test_runs_that_are_starting_are_listed_and_opened_and_dead_ones_are_deleted(tmp_path: Path) -> None:
    for name in ("alive", "dead"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trainer.log").touch()
        heartbeat = Heartbeat.of(os.getpid(), tmp_path / name, "")
        replace(heartbeat, begun=heartbeat.begun - (name == "dead"), doing="importing torch").write(tmp_path / name)
    _named(tmp_path, "done")
    picker = RunPicker(tmp_path)
    async with picker.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: all(word in text_of(pilot) for word in ("starting", "died", "finished")))
        places = {word: line for line in _lines(pilot) for word in ("alive", "dead", "done") if word in line}
        assert "starting" in places["alive"]
        await pilot.press("slash", *"dead", "enter", "enter")
        await until(pilot, lambda: "died while importing torch" in text_of(pilot))
        await pilot.press("space", "slash", *"done")
        await until(pilot, lambda: "alive" not in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "alive" in text_of(pilot))
        picker.action_compare()
        await until(pilot, lambda: "dead has no rows yet" in text_of(pilot))
        await pilot.press("d")
        await until(pilot, lambda: "Delete" in text_of(pilot))
        await pilot.press("y")
        await until(pilot, lambda: not (tmp_path / "dead").exists())
        await until(pilot, lambda: not any("dead" in line and "died" in line for line in _lines(pilot)))
        await pilot.press("slash", *"alive", "enter", "enter")
    assert picker.chosen == tmp_path / "alive" / "run.h5"


async def test_marked_runs_are_deleted_once_that_is_confirmed(tmp_path: Path) -> None:
    paths = [_named(tmp_path, name) for name in ("a", "b", "c")]
    async with RunPicker(tmp_path).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: text_of(pilot).count("finished") == 3)
        await pilot.press("space", "space", "d")
        await until(pilot, lambda: "Delete these 2 runs for good?" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DeleteScreen))
        assert all(path.exists() for path in paths)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeleteScreen))
        await pilot.press("y")
        await until(pilot, lambda: sum(path.exists() for path in paths) == 1)
        await until(pilot, lambda: text_of(pilot).count("finished") == 1)


async def test_a_run_that_goes_on_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eostui.reading.state.is_live", lambda directory: True)
    path = _named(tmp_path, "busy", Status.RUNNING)
    async with RunPicker(tmp_path).run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "running" in text_of(pilot))
        await pilot.press("d")
        await until(pilot, lambda: "still being trained" in text_of(pilot))
        assert path.exists()


async def test_a_run_that_begins_meanwhile_appears_and_the_cursor_stays(tmp_path: Path) -> None:
    first = _named(tmp_path, "first")
    picker = RunPicker(tmp_path)
    async with picker.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "first" in text_of(pilot))
        _named(tmp_path, "second")
        picker.look()
        await until(pilot, lambda: "second" in text_of(pilot))
        await pilot.press("enter")
    assert picker.chosen == first


async def test_three_hundred_runs_are_listed(tmp_path: Path) -> None:
    kept = _named(tmp_path, "kept")
    for number in range(299):
        (tmp_path / f"r{number}").mkdir()
        (tmp_path / f"r{number}" / "run.h5").symlink_to(kept)
    async with RunPicker(tmp_path).run_test(size=SIZE) as pilot:
        while "300 runs in" not in text_of(pilot):  # a quarter of a minute on a busy machine
            await pilot.pause(0.2)


def test_the_ratio_is_tracked_where_it_was_and_none_where_nothing_was_measured(tmp_path: Path) -> None:
    row = _row_of(descent().write(tmp_path / "run.h5"))
    assert row.ratios[-1] == pytest.approx(1.0, abs=0.2)
    assert row.levels(4)[0] is not None
    assert len(row.levels(4)) == 4
    assert _row_of(_named(tmp_path, "x")).levels(4) == []


async def test_two_runs_or_more_are_marked_to_be_compared(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        _named(tmp_path, name)
    picker = RunPicker(tmp_path)
    async with picker.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: text_of(pilot).count("finished") == 3)
        await pilot.press("c")
        await until(pilot, lambda: "mark two runs or more" in text_of(pilot))
        await pilot.press("space", "c")
        await pilot.pause()
        assert picker.compared == []
        await pilot.press("space", "k", "space", "space", "c")
        await pilot.pause()
    assert len(picker.compared) == 2
    assert picker.chosen is None
