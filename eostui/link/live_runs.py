"""The runs of this user that are being trained, wherever they are: a register of one small file a run."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from eostui.home import expand_home
from eostui.link.address import is_live
from eostui.link.log import LOG_NAME
from eostui.store import RUN_FILE, RunNotFound, clean_text, find_run, list_runs

_MOST_BYTES = 4096


def register(directory: Path) -> Path | None:
    """Have `live_runs` find the run in this directory. Returns the file that says so; None where none can be written.

    A run does without: it is then found by its path alone.
    """
    entry = _registry() / f"{hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:24]}"
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        entry.write_bytes(os.fsencode(directory.absolute()))
    except OSError:
        return None
    return entry


def forget(entry: Path | None) -> None:
    """Take a file away that `register` has made."""
    if entry is not None:
        with contextlib.suppress(OSError):
            entry.unlink(missing_ok=True)


def live_runs() -> list[Path]:
    """The directories of all registered runs that are being trained, the newest first. Others are forgotten."""
    found = []
    with contextlib.suppress(OSError):
        for entry in _registry().iterdir():
            with contextlib.suppress(OSError, ValueError):
                directory = Path(os.fsdecode(entry.read_bytes()[:_MOST_BYTES]))
                if is_live(directory):
                    found.append((entry.stat().st_mtime, directory))
                else:
                    forget(entry)
    return [directory for _, directory in sorted(found, reverse=True)]


def find_live(name: str | None, runs_dir: Path) -> Path:
    """The directory of a run that is being trained, or was: by its name, directory or file; None is the newest live
    one.

    Runs under `runs_dir` come first, then the registered ones. A run that is starting has no file yet, and is found
    all the same. Raises RunNotFound.
    """
    if name is None:
        here = (path.parent for path in list_runs(runs_dir) if is_live(path.parent))
        found = next(here, None) or next(iter(live_runs()), None)
        return found or find_run(None, runs_dir).parent
    try:
        return find_run(name, runs_dir).parent
    except RunNotFound:
        starting = [directory for directory in (runs_dir / name, Path(name)) if is_live(directory)]
        elsewhere = [directory for directory in live_runs() if directory.name == name]
        found_there = [*starting[:1], *elsewhere] if starting else elsewhere
        if not found_there:
            raise
        if len({directory.resolve() for directory in found_there}) > 1:
            places = ", ".join(clean_text(directory) for directory in found_there)
            raise RunNotFound(f"several runs {clean_text(name, 100)} are being trained: name one of {places}") from None
        return found_there[0]


def starting_runs(runs_dir: Path) -> list[Path]:
    """The directories under `runs_dir` of runs that have no file: they are starting, or have died while they were."""
    with contextlib.suppress(OSError):
        return sorted(
            directory
            for directory in runs_dir.iterdir()
            if (directory / LOG_NAME).is_file() and not (directory / RUN_FILE).exists()
        )
    return []


def _registry() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return expand_home(state) / "eostui" / "live"
