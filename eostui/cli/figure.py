"""A figure of one or several runs by matplotlib: the sharpness against its threshold, and the loss below.

Everything that is drawn comes from the run files as it is. Where there are more measurements than pixels, each pair of
pixels keeps its lowest and its highest; a curve that leaves its axis is said to, beside it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eostui.cli.plane import draw_plane, plane_of
from eostui.cli.shown import LABELS, Shown
from eostui.config import ConfigError
from eostui.reading.curves import has_numbers, largest_eigenvalue, threshold_line, training_loss
from eostui.reading.feed import Feed
from eostui.reading.saved import SavedFeed
from eostui.reading.series import at_steps
from eostui.reading.sharpness import sharpness_of
from eostui.reading.step_size import step_size_text, told_by
from eostui.reading.threshold import CURVATURES, Threshold
from eostui.reading.trace import Steps
from eostui.store import FULL_BATCH, TRAIN, RunFile, RunFileError, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Curve = tuple[Floats, Floats]
"""(n,) steps and (n,) values."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Told apart by colour-blind readers, on white (Okabe & Ito 2008); its yellow is too light for a line."""
WIDTH, DPI = 8.0, 96
"""Inches, and pixels an inch of a picture on a page; a PNG has twice as many."""
CURVATURE_HEIGHT, PLANE_HEIGHT, LOSS_HEIGHT, HEAD_HEIGHT = 2.5, 3.5, 1.7, 0.7
"""Inches of each panel of eigenvalues, of a plane, of the loss, and of the title and the legend."""
COLUMNS = int(WIDTH * DPI * 0.45)
"""Each keeps its lowest and highest value, so that a curve has no more points than its axis has pixels."""
FARTHEST_SHARPNESS, FARTHEST_LOSS = 2.0, 100.0
"""An axis ends at so many times the largest threshold, or the largest loss at the first step: a run that diverges
would leave nothing to be seen of the others."""
FARTHEST = 1e300
"""What is larger is not drawn."""
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


@dataclass(frozen=True)
class RunCurves:
    """What a figure shows of one run, and what the legend calls it; without a `label` that is its name, and its η."""

    name: str
    feed: Feed
    shown: Shown
    label: str | None = None

    @classmethod
    def of(cls, file: RunFile, label: str | None, tables: Iterable[str], shown: Shown) -> RunCurves:
        """Read a run; `tables` are drawn instead of that which the threshold is for.

        Raises RunFileError for a run that has no such table, or a table without eigenvalues, or with a ratio one that
        the threshold is not for.
        """
        threshold = Threshold.of(file.config, file.environment)
        there = file.tables
        for name in tables:
            file.length(name)
            if not _is_drawn(there[name]):
                known = ", ".join(name for name, table in there.items() if _is_drawn(table))
                raise RunFileError(f"{file.path}: its table {name} has no eigenvalues; these have: {known or 'none'}")
            if shown.ratio and not threshold.is_for(name):
                raise RunFileError(f"{file.path}: its threshold is not for the table {name}; draw that without --ratio")
        wanted = {TRAIN.name, FULL_BATCH.name, "tracked", threshold.table, *tables}
        return cls(file.name, SavedFeed(file, wanted), shown, label)

    @property
    def legend(self) -> str:
        """What the legend says of it."""
        if self.label is not None:
            return self.label
        train = self.feed.series.get(TRAIN.name)
        if train is None or not has_numbers(train, "lr", wide=False) or not train.shown:
            return self.name
        first, last = (step_size_text(told_by(self.feed, float(train["lr"][row]))) for row in (0, -1))
        return f"{self.name}, η = {first}" if first == last else f"{self.name}, η = {first} → {last}"

    def eigenvalue(self, table: str | None) -> Curve:
        """The largest eigenvalue of a table, by default of that which the threshold is for, or its ratio to that.

        Of the latter with the values that are tracked between two measurements.
        """
        feed = self.feed
        if table in (None, feed.threshold.table):
            known = sharpness_of(feed)
            return self._curve(known.steps, known.ratios if self.shown.ratio else known.values)
        trace = largest_eigenvalue(feed, table or "", "first")
        values = trace.y
        if self.shown.ratio:
            values = values / at_steps(feed.series[TRAIN.name], "threshold", trace.x)
        return self._curve(trace.x, values)

    def threshold(self, table: str | None) -> Curve:
        """The corners of its staircase; nothing where it is a threshold on something else than the table's matrix."""
        if not self.feed.threshold.is_for(table or self.feed.threshold.table):
            return _NOTHING
        line = threshold_line(self.feed)
        values = np.where(np.isfinite(line.y), 1.0, line.y) if self.shown.ratio else line.y
        steps, values = self._curve(line.x, values)
        corners = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        corners = np.union1d(corners, len(steps) - 1) if len(steps) else corners
        return steps[corners], values[corners]

    def loss(self) -> Curve:
        """The loss over all training examples."""
        trace = training_loss(self.feed)
        return self._curve(trace.x, trace.y)

    def _curve(self, steps: Steps, values: Floats) -> Curve:
        """The part that is shown, over what it is shown over."""
        rows = self.shown.rows(steps)
        return _drawable(self.shown.place(self.feed, steps[rows])), _drawable(values[rows])


def _drawable(values: npt.NDArray[Any]) -> Floats:
    """The values that an axis can have, NaN for the others: matplotlib lays out none that is longer than a float."""
    return np.where(np.abs(values) <= FARTHEST, values, np.nan)


def _is_drawn(table: Table) -> bool:
    """Whether a table has eigenvalues, or is a plane."""
    has_eigenvalues = any(column.name == "eigenvalues" and column.dtype == "float64" for column in table.columns)
    return has_eigenvalues or plane_of(table) is not None


_NOTHING: Curve = (np.empty(0), np.empty(0))


def draw(
    runs: Sequence[RunCurves], tables: Sequence[str], title: str | None, format: str, own_style: Path | None = None
) -> bytes:
    """The figure as a file of a format, "png", "svg" or "pdf": the same bytes for the same runs.

    A panel for each of the `tables`, or one for the table that each run's threshold is for, and one for the loss.
    `own_style`, a style file of matplotlib, has the last word, and its colours are those of the runs.

    Raises ConfigError for a style file that cannot be read.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    panels: Sequence[str | None] = list(tables) or [None]
    planes = [table is not None and all(plane_of(run.feed.series[table].table) for run in runs) for table in panels]
    heights = [PLANE_HEIGHT if plane else CURVATURE_HEIGHT for plane in planes] + [LOSS_HEIGHT]
    # the user's own settings are left out, so that a figure looks the same everywhere
    with style.context(["default", dict(STYLE), *_read_style(own_style)]):
        figure = Figure(figsize=(WIDTH, sum(heights) + HEAD_HEIGHT), layout="constrained")
        axes: list[Axes] = list(
            figure.subplots(len(heights), 1, sharex=not any(planes), height_ratios=heights, squeeze=False)[:, 0]
        )
        colours = _colours(len(runs))
        for axis, table, plane in zip(axes, panels, planes, strict=False):
            if plane:
                draw_plane(axis, [run.feed for run in runs], str(table), runs[0].shown, colours)
                continue
            _draw_eigenvalues(axis, runs, table, colours)
            if any(planes):
                axis.sharex(axes[-1])
                axis.tick_params(labelbottom=False)
        _draw_loss(axes[-1], runs, colours)
        axes[-1].set_xlabel(LABELS[runs[0].shown.x])
        figure.align_ylabels(axes)
        _draw_head(figure, runs, title, colours)
        file = io.BytesIO()
        dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(format)
        figure.savefig(file, format=format, dpi=2 * DPI, metadata=dates)
    return file.getvalue()


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


def _draw_eigenvalues(axis: Axes, runs: Sequence[RunCurves], table: str | None, colours: Sequence[Any]) -> None:
    values, thresholds = [run.eigenvalue(table) for run in runs], [run.threshold(table) for run in runs]
    levels = [y.tobytes() for _, y in thresholds]
    for curve, threshold, level, colour in zip(values, thresholds, levels, colours, strict=True):
        axis.plot(*thinned(curve), color=colour, marker="." if len(curve[0]) == 1 else None)
        colour = colour if levels.count(level) == 1 else SHARED
        axis.plot(*thinned(threshold), color=colour, linestyle=DASHES, linewidth=0.9, drawstyle="steps-post")
    highest, lowest, line = _largest(values), -_largest([(x, -y) for x, y in values]), _largest(thresholds)
    if np.isfinite(highest):
        _limit(axis, min(lowest, 0.0), max(highest, line), FARTHEST_SHARPNESS * line)
    names = dict.fromkeys(CURVATURES.get(name, name) for name in (table or run.feed.threshold.table for run in runs))
    divided = " ÷ threshold" * runs[0].shown.ratio
    axis.set_ylabel("\n".join(name + divided for name in names))


def _draw_loss(axis: Axes, runs: Sequence[RunCurves], colours: Sequence[Any]) -> None:
    losses = [run.loss() for run in runs]
    for curve, colour in zip(losses, colours, strict=True):
        axis.plot(*thinned(curve), color=colour, marker="." if len(curve[0]) == 1 else None)
    if _largest(losses) > 0:
        axis.set_yscale("log")
        _limit(axis, None, _largest(losses), FARTHEST_LOSS * _largest([(x[:1], y[:1]) for x, y in losses]))
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


def _draw_head(figure: Figure, runs: Sequence[RunCurves], title: str | None, colours: Sequence[Any]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linewidth=1.8) for colour in colours]
    labels = [run.legend for run in runs]
    formulas = list(
        dict.fromkeys(run.feed.threshold.formula for run in runs if np.isfinite(_largest([run.threshold(None)])))
    )
    if formulas:
        handles.append(Line2D([], [], color=SHARED, linewidth=0.9, linestyle=DASHES))
        labels.append(", ".join(formulas))
    columns = min(len(labels), max(1, LEGEND_WIDTH // (LEGEND_KEY + max(map(len, labels)))))
    # matplotlib leaves out a label that begins with an underscore, and takes what is between dollars for mathematics
    legend = figure.legend(handles, [" "] * len(labels), loc="outside upper center", ncols=columns, title=title or "")
    for text, label in zip([legend.get_title(), *legend.get_texts()], [title or "", *labels], strict=True):
        text.set_parse_math(False)
        text.set_text(label)


def _largest(curves: Iterable[Curve]) -> float:
    """The largest finite value, -Inf where there is none."""
    return max((float(y[np.isfinite(y)].max()) for _, y in curves if np.isfinite(y).any()), default=-np.inf)


def thinned(curve: Curve) -> Curve:
    """At most two values for each of `COLUMNS` equal parts of the curve, its lowest and its highest, in their order.

    A part with a value that is not finite keeps one such value too, which leaves a gap in the line.
    """
    x, y = curve
    if len(x) <= 2 * COLUMNS:
        return curve
    bounds = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], COLUMNS + 1)[:-1]))
    finite = np.isfinite(y)
    kept = np.zeros(len(x), dtype=np.bool_)
    for begin, end in zip(bounds, [*bounds[1:], len(x)], strict=True):
        there = np.flatnonzero(finite[begin:end]) + begin
        if len(there):
            kept[[there[y[there].argmin()], there[y[there].argmax()]]] = True
        if len(there) < end - begin:
            kept[begin + int(np.argmin(finite[begin:end]))] = True
    return x[kept], y[kept]
