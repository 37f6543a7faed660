"""`eostui plot`: runs as a figure for a paper, a talk or a README."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, RunsDir, from_home, run_names
from eostui.cli.x_axis import XAxis
from eostui.config import ConfigError

FORMATS = ("svg", "png", "pdf")


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]…",
            show_default=False,
            autocompletion=run_names,
            help="Runs by name, directory or run.h5; the newest if none is given.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="F",
            help="fig.svg, fig.png or fig.pdf [RUN.svg, of the first run]",
            callback=from_home,
        ),
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            "-t",
            metavar="T",
            help="Eigenvalues to draw, or the plane of `minimalist`, as often as there are tables "
            "[eigenvalues that the threshold is for].",
        ),
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", "-l", help="What the legend calls a run, once a run [their names].")
    ] = None,
    title: Annotated[str | None, typer.Option(help="A line above the figure.")] = None,
    steps: Annotated[
        str | None,
        typer.Option(metavar="A:B", help="Draw these steps alone, both with them: 100:500, :500 or 100: [all]."),
    ] = None,
    x: Annotated[
        XAxis, typer.Option("--x", help="Draw over the step, the time since the start, or the sum of η.")
    ] = XAxis.STEP,
    ratio: Annotated[bool, typer.Option("--ratio", help="Draw the sharpness divided by its threshold.")] = False,
    style: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A style file of matplotlib, which has the last word.", callback=from_home),
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> None:
    """Draw the sharpness of one or several runs against their thresholds, and the loss, into one figure.

    The sharpness is that of the preconditioned Hessian for adaptive optimizers, with the values that are tracked
    between two measurements. Each threshold is dashed in its run's colour. Where a run has flows, the figure has them,
    and panels with their distances and variances. A figure that is there already is overwritten. How close each run
    came to its threshold is printed. It needs matplotlib: `pip install 'eostui[plot]'`.

    Examples:

    - `eostui plot` (the newest run)
    - `eostui plot demo -o figure.pdf`
    - `eostui plot small large -o step-sizes.svg --label "η = 2/500" --label "η = 2/100"`
    - `eostui plot small large --ratio --x eta-step --steps :2000`
    - `eostui plot demo --table hessian --table gauss_newton -o gauss-newton.png`
    """
    format = "svg" if output is None else output.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise ConfigError(f"--output: {str(output)!r} is no picture; end its name in .svg, .png or .pdf")
    names = [None] if not runs else list(runs)
    if labels and len(labels) != len(names):
        raise ConfigError(f"--label: {len(labels)} for {len(names)} runs; give one for each run, or none")
    from eostui.cli.shown import Shown

    shown = Shown.of(steps, x, ratio)
    _require_matplotlib()

    from eostui.cli.figure import draw
    from eostui.cli.run_curves import RunCurves
    from eostui.reading.edge import edge_of
    from eostui.store import RUN_FILE, clean_text, find_run, open_runs

    paths = [find_run(name, runs_dir) for name in names]
    with ExitStack() as stack:
        files = [stack.enter_context(file) for file in open_runs(paths)]
        called = [clean_text(label) for label in labels] if labels else [None] * len(files)
        curves = [RunCurves.of(file, label, tables or [], shown) for file, label in zip(files, called, strict=True)]
    if output is None:
        output = Path(f"{paths[0].parent.name if paths[0].name == RUN_FILE else paths[0].stem}.svg")
    picture = draw(curves, tables or [], None if title is None else clean_text(title), format, style)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(picture)
    for run in curves:
        print(f"{run.label or run.name}: {edge_of(run.feed).text}")
    print(output, file=sys.stderr)


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigError("plot needs matplotlib: install it with `pip install 'eostui[plot]'`") from None
