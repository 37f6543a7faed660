"""A figure of one or several runs by matplotlib: the sharpness against its threshold, and the loss below.

Everything that is drawn comes from the run files as it is. Where there are more measurements than pixels, each pair of
pixels keeps its lowest and its highest; a curve that leaves its axis is said to, beside it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eostui.cli import predicted
from eostui.cli.plane import draw_plane, plane_of
from eostui.cli.run_curves import RunCurves, largest, thinned
from eostui.cli.shown import LABELS
from eostui.config import ConfigError
from eostui.reading.threshold import CURVATURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart by colour-blind readers, on white (Okabe & Ito 2008); its yellow is too light for a line."""
WIDTH, DPI = 8.0, 96
"""Inches, and pixels an inch of a picture on a page; a PNG has twice as many."""
CURVATURE_HEIGHT, PLANE_HEIGHT, LOSS_HEIGHT, FLOW_HEIGHT, HEAD_HEIGHT = 2.5, 3.5, 1.7, 1.3, 0.7
"""Inches of each panel of eigenvalues, of a plane, of the loss, of what else flows say, and of title and legend."""
FARTHEST_SHARPNESS, FARTHEST_LOSS, FARTHEST_PREDICTED = 2.0, 100.0, 2.0
"""An axis ends at so many times the largest threshold, or the largest loss at the first step, or, of predicted losses,
the largest one of a run: a run that diverges would leave nothing to be seen of the others."""
LEGEND_WIDTH, LEGEND_KEY = 110, 7
"""In characters: of the whole legend, and of the line before each name."""
DASHES = (0, (5, 3))
SHARED = "#666666"
"""The colour of a threshold that several runs share."""
STYLE: Mapping[str, Any] = {
    "font.size": 9,
    "legend.title_fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.01,
    "axes.formatter.min_exponent": 3,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.1,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "svg.hashsalt": "eostui",
    "svg.fonttype": "none",  # text that can be searched and edited
    "pdf.fonttype": 42,  # TrueType, which journals ask for
}


def draw(
    runs: Sequence[RunCurves], tables: Sequence[str], title: str | None, format: str, own_style: Path | None = None
) -> bytes:
    """The figure as a file of a format, "png", "svg" or "pdf": the same bytes for the same runs.

    A panel for each of the `tables`, or one for the table that each run's threshold is for, and one for the loss; of
    runs with flows one for their distances, and one for the variances.
    `own_style`, a style file of matplotlib, has the last word, and its colours are those of the runs.

    Raises ConfigError for a style file that cannot be read.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    panels: Sequence[str | None] = list(tables) or [None]
    planes = [table is not None and all(plane_of(run.feed.series[table].table) for run in runs) for table in panels]
    heights = [PLANE_HEIGHT if plane else CURVATURE_HEIGHT for plane in planes]
    # the user's own settings are left out, so that a figure looks the same everywhere
    with style.context(["default", dict(STYLE), *_read_style(own_style)]):
        colours = _colours(len(runs))
        look = predicted.Look(colours, _colours(1 + len(predicted.ALL))[1:])
        below = _below(runs, look)
        heights += [height for height, _ in below]
        figure = Figure(figsize=(WIDTH, sum(heights) + HEAD_HEIGHT), layout="constrained")
        axes: list[Axes] = list(
            figure.subplots(len(heights), 1, sharex=not any(planes), height_ratios=heights, squeeze=False)[:, 0]
        )
        feeds = [run.feed for run in runs]
        drawn: list[Callable[[Axes], None]] = [
            partial(draw_plane, feeds=feeds, table=str(table), shown=runs[0].shown, colours=colours)
            if plane
            else partial(_draw_eigenvalues, runs=runs, table=table, look=look)
            for table, plane in zip(panels, planes, strict=True)
        ]
        drawn += [draw_panel for _, draw_panel in below]
        for axis, draw_panel, plane in zip(axes, drawn, [*planes, *[False] * len(below)], strict=True):
            draw_panel(axis)
            if any(planes) and not plane and axis is not axes[-1]:
                axis.sharex(axes[-1])
                axis.tick_params(labelbottom=False)
        axes[-1].set_xlabel(LABELS[runs[0].shown.x])
        figure.align_ylabels(axes)
        _draw_head(figure, runs, title, look)
        file = io.BytesIO()
        dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(format)
        figure.savefig(file, format=format, dpi=2 * DPI, metadata=dates)
    return file.getvalue()


def _below(runs: Sequence[RunCurves], look: predicted.Look) -> list[tuple[float, Callable[[Axes], None]]]:
    """The panels below those of eigenvalues: their heights in inches, and what draws them."""
    panels: list[tuple[float, Callable[[Axes], None]]] = [(LOSS_HEIGHT, partial(_draw_loss, runs=runs, look=look))]
    central = predicted.CENTRAL.is_of(runs)
    if central or predicted.GRADIENT.is_of(runs):
        panels.append((FLOW_HEIGHT, partial(predicted.draw_distances, runs=runs, look=look)))
    if central:
        panels.append((FLOW_HEIGHT, partial(predicted.draw_variances, runs=runs, look=look)))
    return panels


def _read_style(path: Path | None) -> list[Any]:
    """The settings of a style file, in a list; none without one."""
    from matplotlib import rc_params_from_file

    if path is None:
        return []
    try:
        return [rc_params_from_file(path, use_default_template=False)]
    except (OSError, ValueError) as error:
        raise ConfigError(f"--style: {str(path)!r} is no style file of matplotlib: {error}") from None


def _colours(count: int) -> list[Any]:
    from matplotlib import rcParams, rcParamsDefault

    if rcParams["axes.prop_cycle"] != rcParamsDefault["axes.prop_cycle"]:  # the user's own style has colours
        cycle = rcParams["axes.prop_cycle"].by_key().get("color", PALETTE)
        return [cycle[number % len(cycle)] for number in range(count)]
    if count <= len(PALETTE):
        return list(PALETTE[:count])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 0.9, count)))


def _draw_eigenvalues(axis: Axes, runs: Sequence[RunCurves], table: str | None, look: predicted.Look) -> None:
    values, thresholds = [run.eigenvalue(table) for run in runs], [run.threshold(table) for run in runs]
    levels = [y.tobytes() for _, y in thresholds]
    for curve, threshold, level, colour in zip(values, thresholds, levels, look.runs, strict=True):
        axis.plot(*thinned(curve), color=colour, marker="." if len(curve[0]) == 1 else None)
        colour = colour if levels.count(level) == 1 else SHARED
        axis.plot(*thinned(threshold), color=colour, linestyle=DASHES, linewidth=0.9, drawstyle="steps-post")
    flows = predicted.draw_eigenvalues(axis, runs, table, look)
    highest, lowest, line = largest([*values, *flows]), -largest([(x, -y) for x, y in values]), largest(thresholds)
    if np.isfinite(highest):
        _limit(axis, min(lowest, 0.0), max(highest, line), FARTHEST_SHARPNESS * line)
    names = {CURVATURES.get(name, name): None for name in (table or run.feed.threshold.table for run in runs)}
    if runs[0].shown.ratio:
        names = {f"{next(iter(names)) if len(names) == 1 else 'sharpness'} ÷ threshold": None}
    axis.set_ylabel("\n".join(names))


def _draw_loss(axis: Axes, runs: Sequence[RunCurves], look: predicted.Look) -> None:
    losses = [run.loss() for run in runs]
    for run, curve, colour in zip(runs, losses, look.runs, strict=True):
        faint = predicted.FAINT if len(run.mean_loss()[0]) else None
        axis.plot(*thinned(curve), color=colour, marker="." if len(curve[0]) == 1 else None, alpha=faint)
    if largest(losses) > 0:
        axis.set_yscale("log")
        foreseen = predicted.draw_losses(axis, runs, look)
        _limit(axis, None, largest(losses), FARTHEST_LOSS * largest([(x[:1], y[:1]) for x, y in losses]))
        if largest(foreseen) > FARTHEST_PREDICTED * largest(losses):
            _limit(axis, None, largest(foreseen), FARTHEST_PREDICTED * largest(losses))
    axis.set_ylabel("training loss")


def _limit(axis: Axes, bottom: float | None, top: float, farthest: float) -> None:
    """End an axis where its curves do, or at the `farthest`, and then say so."""
    if top > farthest > 0:
        axis.set_ylim(bottom, farthest)
        axis.text(
            0.995,
            0.99,
            f"cut off above {float(f'{farthest:.3g}'):g}",
            transform=axis.transAxes,
            ha="right",
            va="top",
            size=7,
        )
    elif bottom is not None:
        axis.set_ylim(1.05 * bottom, 1.05 * top)


def _draw_head(figure: Figure, runs: Sequence[RunCurves], title: str | None, look: predicted.Look) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linewidth=1.8) for colour in look.runs]
    labels = [run.legend for run in runs]
    formulas = list(
        dict.fromkeys(run.feed.threshold.formula for run in runs if np.isfinite(largest([run.threshold(None)])))
    )
    if formulas:
        handles.append(Line2D([], [], color=SHARED, linewidth=0.9, linestyle=DASHES))
        labels.append(", ".join(formulas))
    for name, line in predicted.legend_of(runs, look, SHARED):
        handles.append(Line2D([], [], **line))
        labels.append(name)
    columns = min(len(labels), max(1, LEGEND_WIDTH // (LEGEND_KEY + max(map(len, labels)))))
    # matplotlib leaves out a label that begins with an underscore, and takes what is between dollars for mathematics
    legend = figure.legend(handles, [" "] * len(labels), loc="outside upper center", ncols=columns, title=title or "")
    for text, label in zip([legend.get_title(), *legend.get_texts()], [title or "", *labels], strict=True):
        text.set_parse_math(False)
        text.set_text(label)
