"""Curvature measured beside what one would use instead, in one process and at equal true error.

    python benchmarks/curvature trajectory     top eigenvalues along trajectories: products, seconds, gradients, errors
    python benchmarks/curvature products       one product of each kind
    python benchmarks/curvature memory         the most memory that a measurement takes
    python benchmarks/curvature training       what monitoring adds to the time of training

The other packages come with `pip install '.[bench]'`; those that are not there are skipped. A gradient is the unit:
the time of one full gradient of the loss, taken next to each measurement.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from cases import CASES, Case
from memory import compare_memory
from methods import METHODS, chosen
from products import compare_products
from training import compare_training
from trajectory import follow, report

from eostui.objective.objective import Objective
from eostui.problems.errors import ProblemError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

DataDir = Annotated[Path, typer.Option(envvar="EOSTUI_DATA", help="Folder with cifar10_5k_1k.npz and wikitext-2/.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads that torch may use.")]
Cases = Annotated[str, typer.Option(help=f"Which of {', '.join(CASES)}, with commas.")]
Examples = Annotated[int | None, typer.Option(min=2, help="Examples in place of the case's own number.")]
Methods = Annotated[str, typer.Option(help=f"Which of {', '.join(METHODS)}, with commas.")]
Eigs = Annotated[str, typer.Option(help="How many eigenvalues, with commas.")]

_HERE = Path()
_ALL_CASES, _ALL_METHODS = ",".join(CASES), ",".join(METHODS)
_DIFFERENT = "fc,cnn,resnet32,transformer"


@app.command()
def trajectory(
    data_dir: DataDir = _HERE,
    cases: Cases = _ALL_CASES,
    methods: Methods = _ALL_METHODS,
    eigs: Eigs = "1,5",
    points: Annotated[int | None, typer.Option(min=1, help="Points in place of the case's own number.")] = None,
    start: Annotated[int | None, typer.Option(min=0, help="Step of the first point, in place of the case's.")] = None,
    peer_every: Annotated[int | None, typer.Option(min=1, help="Of how many points the slow methods see one.")] = None,
    examples: Examples = None,
    threads: Threads = 1,
) -> None:
    """Measure the top eigenvalues at points of a trajectory, with every method at the same points."""
    ks = [int(k) for k in eigs.split(",")]
    changes = {"points": points, "start": start, "peer_every": peer_every, "examples": examples}
    for case, objective in _open(cases, data_dir, threads, changes):
        where = case.note or "at the edge"
        print(f"  {case.points} points from step {case.start}, every {case.every}, η = {case.lr:g}; {where}")
        if found := chosen(_names(methods, METHODS), ks):
            report(follow(case, objective, found))


@app.command()
def products(
    data_dir: DataDir = _HERE,
    cases: Cases = _DIFFERENT,
    repeats: Annotated[int, typer.Option(min=1, help="Products of each kind.")] = 15,
    examples: Examples = None,
    threads: Threads = 1,
) -> None:
    """Time one product of each kind, with graphs kept and built anew."""
    for _, objective in _open(cases, data_dir, threads, {"examples": examples}):
        compare_products(objective, repeats)


@app.command()
def memory(
    data_dir: DataDir = _HERE,
    cases: Cases = _DIFFERENT,
    methods: Methods = _ALL_METHODS,
    eigs: Eigs = "1,5",
    examples: Examples = None,
    threads: Threads = 1,
) -> None:
    """Take the peak memory of each method, above the network and its data."""
    ks = [int(k) for k in eigs.split(",")]
    for case, _ in _open(cases, data_dir, threads, {"examples": examples}):
        compare_memory(case, data_dir, chosen(_names(methods, METHODS), ks), threads)


@app.command()
def training(
    data_dir: DataDir = _HERE,
    cases: Cases = "fc",
    rounds: Annotated[int, typer.Option(min=1, help="Blocks of 20 steps timed for each kind of monitoring.")] = 15,
    start: Annotated[int | None, typer.Option(min=0, help="The step to begin at, in place of the case's.")] = None,
    examples: Examples = None,
    threads: Threads = 1,
) -> None:
    """Time training steps with and without monitoring."""
    for case, objective in _open(cases, data_dir, threads, {"start": start, "examples": examples}):
        compare_training(case, objective, rounds)


def _open(cases: str, data_dir: Path, threads: int, changes: dict[str, int | None]) -> Iterator[tuple[Case, Objective]]:
    """The chosen cases, changed as asked, each with its heading; a line for each whose data are not there."""
    torch.set_num_threads(threads)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    given: dict[str, Any] = {field: value for field, value in changes.items() if value is not None}
    for name in _names(cases, CASES):
        case = replace(CASES[name], **given)
        try:
            objective = case.objective(data_dir)
        except ProblemError as problem:
            print(f"{name} skipped: {problem}")
            continue
        print(
            f"\n{name}: {case.arch}, {objective.size:,} parameters, {objective.examples:,} examples, float32, "
            f"torch {torch.__version__}, threads: {threads}"
        )
        yield case, objective


def _names(text: str, catalogue: Mapping[str, object]) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in catalogue:
            raise typer.BadParameter(f"there is no {name!r}: choose from {', '.join(catalogue)}")
    return names


if __name__ == "__main__":
    app()
