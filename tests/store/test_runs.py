"""A run is found by its name, its directory or its file; a new one gets a directory of its own."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eostui.store import RunExists, RunNotFound, RunWriter, StoreError, find_run, list_runs, new_run_directory
from tests.store.conftest import TABLES


def make(runs_dir: Path, name: str) -> Path:
    path = new_run_directory(runs_dir, name) / "run.h5"
    RunWriter.create(path, name=name, config={}, environment={}, tables=TABLES).close()
    return path


def test_a_run_is_named_by_its_name_its_directory_or_its_file(tmp_path: Path) -> None:
    path = make(tmp_path / "runs", "tanh")
    assert find_run("tanh", tmp_path / "runs") == path
    assert find_run(str(path.parent), tmp_path / "elsewhere") == path
    assert find_run(str(path), tmp_path / "elsewhere") == path
    renamed = path.rename(tmp_path / "copy of tanh.h5")
    assert find_run(str(renamed), tmp_path / "runs") == renamed


def test_a_name_means_a_run_even_where_a_directory_is_called_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, near = make(tmp_path / "runs", "tanh"), make(tmp_path, "tanh")
    monkeypatch.chdir(tmp_path)
    assert find_run("tanh", tmp_path / "runs") == run
    assert find_run("./tanh", tmp_path / "empty").resolve() == near


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "kept", "tanh")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_run("~/kept/tanh", tmp_path / "runs") == path
    assert find_run("~/kept/tanh/run.h5", tmp_path / "runs") == path


def test_no_name_is_the_run_created_last_whichever_was_written_last(tmp_path: Path) -> None:
    paths = [make(tmp_path, name) for name in ("zeta", "alpha", "mid")]
    os.utime(paths[0])
    assert find_run(None, tmp_path) == paths[2]
    assert list_runs(tmp_path) == paths[::-1]


def test_a_damaged_run_is_listed_too(tmp_path: Path) -> None:
    good, bad = make(tmp_path, "good"), new_run_directory(tmp_path, "bad") / "run.h5"
    bad.write_text("not a run")
    os.utime(bad, (0, 0))
    new_run_directory(tmp_path, "still starting")
    (tmp_path / "a file").touch()
    assert list_runs(tmp_path) == [good, bad]


def test_what_is_not_found_names_the_nearest_runs(tmp_path: Path) -> None:
    for name in ("fc-tanh", "fc-relu", "resnet32"):
        make(tmp_path, name)
    with pytest.raises(RunNotFound, match=r"no run 'fc-tnh' in .*; did you mean fc-tanh\?"):
        find_run("fc-tnh", tmp_path)
    with pytest.raises(RunNotFound, match="`eostui ls` shows the runs"):
        find_run("something else", tmp_path)
    with pytest.raises(RunNotFound, match="no runs in it yet"):
        find_run("x", tmp_path / "absent")
    with pytest.raises(RunNotFound, match="start one with `eostui run`"):
        find_run(None, tmp_path / "absent")
    new_run_directory(tmp_path, "new")
    with pytest.raises(RunNotFound, match=r"new has no run\.h5: its trainer is still starting"):
        find_run("new", tmp_path)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "\x1b[2J", "..", "/", "no/such/run", "none.h5", "\udc80"])
def test_no_name_leads_to_anything_but_a_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunNotFound) as caught:
        find_run(name, tmp_path / "runs")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_a_new_run_has_a_private_directory(tmp_path: Path) -> None:
    directory = new_run_directory(tmp_path / "new" / "runs", "tanh η=.02")
    assert directory == tmp_path / "new" / "runs" / "tanh η=.02"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_name_that_is_taken_is_refused_or_numbered(tmp_path: Path) -> None:
    first = new_run_directory(tmp_path, "tanh")
    (first / "run.h5").touch()
    with pytest.raises(RunExists, match="tanh exists already: choose another --name, or resume"):
        new_run_directory(tmp_path, "tanh")
    names = [new_run_directory(tmp_path, "tanh", numbered=True).name for _ in range(3)]
    assert names == ["tanh-2", "tanh-3", "tanh-4"]


def test_runs_started_at_once_get_different_directories(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_run_directory(tmp_path, "tanh", numbered=True), range(40)))
    assert len(set(made)) == 40


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-rf", "a/b", "/abs", "a\\b", "a\nb", "a\x1b[m", "a\x9bb", "a\u202eb", "x" * 101]
)
def test_a_name_that_would_not_be_safe_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be a run's name") as caught:
        new_run_directory(tmp_path, name)
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_no_run_can_be_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file is no directory: choose another with --runs-dir"):
        new_run_directory(tmp_path / "file", "x")
    with pytest.raises(StoreError, match=r"cannot be created: Not a directory; choose another place with --runs-dir"):
        new_run_directory(tmp_path / "file" / "below", "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_is_not_writable_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied; choose another place"):
        new_run_directory(tmp_path, "x")
    tmp_path.chmod(0o700)
