"""Finding runs on disk, and making room for a new one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from eostui.home import expand_home
from eostui.store.apart import ReaderProcess
from eostui.store.errors import RunExists, RunFileError, RunNotFound, StoreError
from eostui.store.reader import read_created
from eostui.store.text import clean_text

RUN_FILE = "run.h5"
"""The name of a run's file in the run's directory."""
_MAX_NAME = 100
"""The most characters of a run's name."""


def find_run(name: str | None, runs_dir: Path) -> Path:
    """The path of a run's file.

    A run is named by its name under `runs_dir`, its directory, or its file; None is the newest. Raises
    RunNotFound.
    """
    if name is None:
        runs = list_runs(runs_dir)
        if not runs:
            raise RunNotFound(f"no runs in {clean_text(runs_dir)} yet: start one with `eostui run`")
        return runs[0]
    given = expand_home(name)
    candidates = [given / RUN_FILE]
    # A plain word is first of all a run's name, even where a directory in sight is called the same.
    candidates.insert(0 if given.name == name else 1, runs_dir / given / RUN_FILE)
    if given.suffix == ".h5":
        candidates.insert(0, given)
    for path in candidates:
        if name and _is_file(path):
            return path
    raise RunNotFound(_not_found(name, runs_dir, candidates))


def list_runs(runs_dir: Path, apart: ReaderProcess | None = None) -> list[Path]:
    """The paths of all runs' files under `runs_dir`, the newest run first.

    apart: the process to read them with `read_created`; None begins one for this call.
    """
    paths = list(_run_files(runs_dir))
    if not paths:
        return []
    with ReaderProcess(read_created) if apart is None else nullcontext(apart) as reader:
        return sorted(paths, key=partial(_age_key, reader), reverse=True)


def new_run_directory(runs_dir: Path, name: str, *, numbered: bool = False) -> Path:
    """Create the directory of a new run, mode 0700; its path.

    A name that is taken raises RunExists, or, if `numbered`, becomes name-2, name-3, … . Raises StoreError
    for a name that is no plain file name and for a directory that cannot be created.
    """
    is_plain = name.isprintable() and name[:1].isalnum() and not set(name) & {"/", "\\"}
    if not is_plain or len(name) > _MAX_NAME:
        raise StoreError(
            f"{clean_text(name, _MAX_NAME)!r} cannot be a run's name: at most {_MAX_NAME} characters, "
            "the first a letter or digit, without slashes and control characters"
        )
    for number in count(1):
        directory = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            runs_dir.mkdir(parents=True, exist_ok=True)
            directory.mkdir(mode=0o700)
        except FileExistsError:
            if not runs_dir.is_dir():
                raise StoreError(
                    f"{clean_text(runs_dir)} is no directory: choose another with --runs-dir or $EOSTUI_RUNS"
                ) from None
            if not numbered:
                raise RunExists(
                    f"{clean_text(directory)} exists already: choose another --name, or resume that run"
                ) from None
        except OSError as error:
            raise StoreError(
                f"{clean_text(directory)} cannot be created: {error.strerror}; "
                "choose another place with --runs-dir or $EOSTUI_RUNS"
            ) from None
        else:
            return directory
    raise AssertionError("there is always a next number")


def _run_files(runs_dir: Path) -> Iterator[Path]:
    try:
        directories = list(runs_dir.iterdir())
    except OSError:
        return
    for directory in directories:
        if _is_file(path := directory / RUN_FILE):
            yield path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a directory that may not be entered
        return False


def _age_key(apart: ReaderProcess, path: Path) -> tuple[datetime, Path]:
    try:
        return datetime.fromisoformat(apart.read(read_created, path)), path
    except RunFileError:  # a damaged run is listed too, so that its owner learns of it
        return datetime.fromtimestamp(path.stat().st_mtime, UTC), path


def _not_found(name: str, runs_dir: Path, candidates: list[Path]) -> str:
    shown = clean_text(name, 200)
    for path in candidates:
        if path.name == RUN_FILE and path.parent != Path() and _is_directory(path.parent):
            return f"{clean_text(path.parent)} has no {RUN_FILE}: its trainer is still starting, or it is no run"
    known = [path.parent.name for path in _run_files(runs_dir)]
    nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if nearest:
        hint = "; did you mean " + " or ".join(clean_text(near, _MAX_NAME) for near in nearest) + "?"
    else:
        hint = "; `eostui ls` shows the runs" if known else "; there are no runs in it yet"
    return f"no run {shown!r} in {clean_text(runs_dir)}{hint}"


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
