"""Files made bad by hand: every command says so in one line, or shows what there is, and none ends in a traceback."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from eostui.cli import main
from eostui.link.heartbeat import Heartbeat
from eostui.reading.charts import LinePicture, pictures_of
from eostui.reading.comparison import Comparison
from eostui.reading.happenings import happenings_of
from eostui.reading.marks import marks_of
from eostui.reading.replay import ReplayFeed
from eostui.reading.run_row import described
from eostui.store import RunFile, RunFileError
from tests.store.bad_files import BAD, STEPS, write_bad, write_good

REFUSED = (
    *("no train ", "no events ", "no eig", "no sharp", "no test", "no event's", "table ", "column "),
    *("step at", "all steps", "step of", "steps of", "steps go", "a step goes", "measured steps go"),
    *("tracked steps go", "steps beyond", "kinds of numbers", "details in two", "certified of", "created"),
    *("train ", "hessian ", "tracked sharpness"),
)
"""How the names of those begin that are refused; the others have something to show."""
FAR = [name for name in BAD if "both ends" in name or "1e308" in name]
"""Those with numbers that no axis has room for."""


def complaint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What a command says on stderr, once that is one line at most where it fails."""
    monkeypatch.setattr("sys.argv", ["eostui", *arguments])
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        code = main()
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1) if code else True, said
    assert all(line.isprintable() for line in said.splitlines())
    return said if code else ""


@pytest.mark.parametrize("how", BAD)
def test_a_bad_file_is_refused_in_one_line_or_shown(
    tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_bad(tmp_path / "run.h5", how)
    refusal = complaint(capsys, monkeypatch, "info", str(path))
    assert bool(refusal) == how.startswith(REFUSED)
    with contextlib.suppress(RunFileError):  # it reads less than the others
        described(path)
    if refusal or how in ("no train", "no table"):
        with pytest.raises(RunFileError), RunFile.open(path) as file:
            ReplayFeed(file)
        return
    output = str(tmp_path / "run.json")
    assert complaint(capsys, monkeypatch, "export", str(path), "-f", "json", "-o", output) == ""
    with RunFile.open(path) as file:
        feed = ReplayFeed(file)
    with RunFile.open(write_good(tmp_path / "good.h5")) as file:
        comparison = Comparison([feed, ReplayFeed(file)])
    for step in (STEPS // 2, STEPS):
        feed.seek(step)
        assert len(marks_of(feed)) <= len(happenings_of(feed))
        for picture in pictures_of(feed):
            assert not isinstance(picture, LinePicture) or picture.traces(feed)
    for chart in comparison.charts():
        for axis in ("step", "log-step", "time", "eta-step"):
            comparison.traces(chart, axis)


def test_a_bad_file_is_refused_by_attach_before_it_is_read_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bad(tmp_path / "run.h5", "steps of floats")
    Heartbeat.of(os.getpid(), tmp_path, "").write(tmp_path)
    assert "is not a run file" in complaint(capsys, monkeypatch, "attach", str(tmp_path))


@pytest.mark.parametrize("how", FAR)
def test_numbers_that_no_axis_has_room_for_are_not_drawn(
    tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, over = write_bad(tmp_path / "run.h5", how), "time" if how.startswith("times") else "eta-step"
    assert complaint(capsys, monkeypatch, "plot", str(path), "-o", str(tmp_path / "x.svg"), "--x", over) == ""


def test_a_list_of_bad_files_has_a_line_for_each(tmp_path: Path) -> None:
    for how in BAD:
        (tmp_path / how).mkdir()
        write_bad(tmp_path / how / "run.h5", how)
    code = "import sys; from eostui.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "ls", "--runs-dir", str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (process.returncode, process.stderr) == (0, "")
    assert len(process.stdout.splitlines()) == 1 + len(BAD)
