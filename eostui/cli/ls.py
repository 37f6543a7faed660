"""`eostui ls`: the runs there are."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, RunsDir

if TYPE_CHECKING:
    from eostui.store import ReaderProcess, RunReader

HEADINGS = ("name", "state", "step", "loss", "sharpness", "threshold", "created (UTC)")
_NUMBERS = range(2, 6)
"""The columns that hold numbers."""
NONE = "–"
"""Stands where nothing was measured."""
GIVE_WAY = ("created (UTC)", "loss", "threshold")
"""The columns that are left out, the first one first, where there is no room for all."""
INDENT = "  "
"""Before what is said of a run on a line of its own."""


def ls(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, for a program.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Only runs that are being trained: all of yours, in any directory.")
    ] = False,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> None:
    """List the runs, newest first.

    The sharpness is the eigenvalue that the threshold is for: that of P⁻¹H, and it says so, where the optimizer has a
    preconditioner P. It is tracked where that is newer than what the solver certified. A narrow terminal shows fewer
    columns.

    Examples:

    - `eostui ls --runs-dir ~/experiments`
    - `eostui ls --json`
    - `eostui ls --live`
    """
    from eostui.cli.terminal import terminal_size
    from eostui.link.live_runs import live_runs, starting_runs
    from eostui.store import RUN_FILE, ReaderProcess, list_runs, read_created
    from eostui.streams import as_shown

    with ReaderProcess(read_created, _described) as apart:
        if live:
            paths = [directory / RUN_FILE for directory in live_runs()]
        else:
            paths = [*(directory / RUN_FILE for directory in starting_runs(runs_dir)), *list_runs(runs_dir, apart)]
        runs = [_read(apart, path) for path in paths]
    if as_json:
        print(json.dumps([_finite(run) for run in runs], indent=2, allow_nan=False))
        return
    if not paths:
        print("no run of yours is being trained" if live else f"no runs in {runs_dir} yet; `eostui run` makes one")
        return
    rows = [_row(run, depth) for run, depth in as_tree(runs)]
    size = terminal_size() if sys.stdout.isatty() else None
    for line in lay_out_runs([tuple(map(as_shown, row)) for row in rows], None if size is None else size.columns):
        print(line)


def lay_out_runs(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """A line a run, in columns, as many as fit into `width` cells, or all where `width` is None, for a program.

    The columns of `GIVE_WAY` are left out as need be. Where that is not enough, the name has a line to itself, and the
    rest stands below it: so it can be read and copied whole. A row of two cells is a name and why there is nothing else
    to say of it.
    """
    from rich.cells import cell_len

    from eostui.cli.columns import in_columns, widths_of

    whole = [HEADINGS, *(row for row in rows if len(row) == len(HEADINGS))]
    widths = widths_of(whole)
    widths[0] = max([widths[0], *widths_of([row[:1] for row in rows])])
    kept = _that_fit(widths, width)
    beside = bool(kept)
    for row in (HEADINGS, *rows):
        if len(row) < len(HEADINGS):
            name, why = row
            yield from [in_columns((name, why), (widths[0], cell_len(why)))] if beside else [name, INDENT + why]
        elif beside:
            numbers = [place for place, number in enumerate(kept) if number in _NUMBERS]
            yield in_columns([row[number] for number in kept], [widths[number] for number in kept], right=numbers)
        else:
            yield row[0]
            below = in_columns(row[1:], widths[1:], right=[number - 1 for number in _NUMBERS])
            if width is not None and len(INDENT + below) > width:  # then with no more room than each takes
                yield from wrap(" ".join(below.split()), width, initial_indent=INDENT, subsequent_indent=INDENT)
            else:
                yield INDENT + below


def _that_fit(widths: Sequence[int], width: int | None) -> list[int]:
    """The numbers of the columns that fit side by side; none where they do not, whatever gives way."""
    from eostui.cli.columns import GAP

    kept = list(range(len(HEADINGS)))
    for heading in (None, *GIVE_WAY):
        kept = [number for number in kept if HEADINGS[number] != heading]
        if width is None or sum(widths[number] for number in kept) + len(GAP) * (len(kept) - 1) <= width:
            return kept
    return []


Described = Mapping[str, Any]
"""What is said of a run, by name."""


def as_tree(runs: Sequence[Described]) -> list[tuple[Described, int]]:
    """The same runs, each with its depth: those that branched off follow the run that they are from, one deeper.

    A parent is known by the time of its creation, whatever it is called by now.
    """
    created = {run["created"] for run in runs if "created" in run}
    children: dict[str | None, list[Described]] = {}
    for run in runs:
        parent = run.get("parent")
        known = parent is not None and parent["created"] in created - {run["created"]}
        children.setdefault(parent["created"] if parent and known else None, []).append(run)

    def below(ancestor: str | None, depth: int) -> Iterator[tuple[Described, int]]:
        for run in children.pop(ancestor, []):
            yield run, depth
            if "created" in run:
                yield from below(run["created"], depth + 1)

    tree = [*below(None, 0)]
    return tree + [(run, 0) for rest in children.values() for run in rest]  # parents in a circle are made up


def _read(apart: ReaderProcess, path: Path) -> Described:
    """What there is to be said of a run, or why it cannot be read."""
    from eostui.reading.state import state_in_full
    from eostui.store import RunFileError, clean_text

    if state := _starting(path):
        in_full = state_in_full(path.parent, state)
        return {"name": clean_text(path.parent.name), "path": str(path), "state": state, "state_in_full": in_full}
    try:
        described: Described = apart.read(_described, path)
    except RunFileError as error:
        return {"name": clean_text(path.parent.name), "path": str(path), "error": str(error)}
    return described


def _described(path: Path) -> Described:
    """A run in JSON's types, and floats that may be NaN or infinite."""
    from eostui.link.followed import followed
    from eostui.reading.newest import Newest
    from eostui.reading.state import run_state, state_in_full
    from eostui.reading.threshold import Threshold

    with followed(path) as run:
        threshold = Threshold.of(run.config, run.environment)
        return {
            "name": _name(run),
            "path": str(path),
            "state": (state := run_state(run)),
            "state_in_full": state_in_full(path.parent, state),
            "created": run.created.isoformat(),
            **asdict(Newest.of(run)),
            "sharpness_of": threshold.table,
            "threshold_is": threshold.formula,
            "parent": None if run.parent is None else json.loads(run.parent.to_json()),
        }


def _name(run: RunReader) -> str:
    """The name by which a run is found: that of its directory, which may have been renamed or copied."""
    from eostui.store import clean_text

    return clean_text(run.path.parent.resolve().name, 100)


def _starting(path: Path) -> str:
    """The state of a run that has no file yet; empty for one that has."""
    from eostui.reading.state import state_of
    from eostui.store import Status

    return "" if path.exists() else state_of(path.parent, Status.STARTING)


def _finite(run: Described) -> dict[str, object]:
    """For a program: null where a number is not finite, too."""
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in run.items()}


def _row(run: Described, depth: int) -> tuple[str, ...]:
    """The cells of a run, or its name and why there is nothing else to say of it."""
    name = f"{INDENT * (depth - 1)}└ {run['name']}" if depth else run["name"]
    if "created" not in run:
        return name, run.get("state_in_full") or f"unreadable: {run['error']}"
    of = " (P⁻¹H)" if run["sharpness_of"] == "preconditioned" else ""
    doubt = "?" * run["doubtful"]
    return (
        name,
        run["state_in_full"],
        NONE if run["step"] is None else str(run["step"]),
        _number(run["loss"]),
        NONE if run["sharpness"] is None else _number(run["sharpness"]) + doubt + of,
        _number(run["threshold"]),
        run["created"][:16].replace("T", " "),
    )


def _number(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.4g}" if math.isfinite(value) else str(value)
