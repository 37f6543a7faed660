"""Panels and lines of a figure for the curves that theory predicts, beside those of the runs that have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eostui.cli.run_curves import MEAN_STEPS, Curve, RunCurves, largest, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAINT = 0.3
"""The opacity of a measured curve that has its mean over it."""
DEEPEST = 1e-4
"""The axis of the variances ends at such a share of the largest predicted one: before the edge there is none."""


@dataclass(frozen=True)
class Predicted:
    """One predicted curve: its table, its name, the column of its loss, and the dashes that it is drawn with."""

    table: str
    name: str
    loss: str
    dashes: tuple[int, tuple[float, ...]]

    def is_of(self, runs: Sequence[RunCurves]) -> bool:
        """Whether a run has rows of it."""
        return any(run.predicts(self.table) for run in runs)


CENTRAL = Predicted("central_flow", "central flow", "predicted_loss", (0, (7, 1.5, 1.5, 1.5)))
GRADIENT = Predicted("gradient_flow", "gradient flow", "loss", (0, (1.5, 1.5)))
QUADRATIC = Predicted("quadratic_model", "local quadratic model", "loss", (0, (4, 1)))
ALL = (CENTRAL, GRADIENT, QUADRATIC)


@dataclass(frozen=True)
class Look:
    """The colours of the predicted curves: in a figure of one run each has its own, in others that of its run."""

    runs: Sequence[Any]
    own: Sequence[Any]

    def of(self, run: int, predicted: Predicted) -> dict[str, Any]:
        """How a curve of a run is drawn."""
        colour = self.runs[run] if len(self.runs) > 1 else self.own[ALL.index(predicted)]
        return {"color": colour, "linestyle": predicted.dashes, "linewidth": 1.4}


def draw_eigenvalues(axis: Axes, runs: Sequence[RunCurves], table: str | None, look: Look) -> list[Curve]:
    """Draw λ1 of the flows over the sharpness, and return what was drawn."""
    drawn = []
    for number, run in enumerate(runs):
        for predicted in (GRADIENT, CENTRAL):
            curve = run.predicted_eigenvalue(predicted.table, table)
            axis.plot(*thinned(curve), **look.of(number, predicted))
            drawn.append(curve)
    return drawn


def draw_losses(axis: Axes, runs: Sequence[RunCurves], look: Look) -> list[Curve]:
    """Draw the mean loss of the runs and what the predicted curves say of it, and return the latter."""
    drawn = []
    for number, run in enumerate(runs):
        mean = run.mean_loss()
        axis.plot(*thinned(mean), color=look.runs[number])
        for predicted in (QUADRATIC, GRADIENT, CENTRAL):
            curve = _positive(run.predicted(predicted.table, predicted.loss))
            axis.plot(*thinned(curve), **look.of(number, predicted))
            drawn.append(curve)
    return drawn


def draw_distances(axis: Axes, runs: Sequence[RunCurves], look: Look) -> None:
    """Draw how far the weights of the runs are from those of the flows."""
    for number, run in enumerate(runs):
        for predicted in (GRADIENT, CENTRAL):
            axis.plot(*thinned(run.predicted(predicted.table, "distance")), **look.of(number, predicted))
    axis.set_ylim(bottom=0)
    axis.set_ylabel("distance of the\nweights to a flow")


def draw_variances(axis: Axes, runs: Sequence[RunCurves], look: Look) -> None:
    """Draw the variance along the sharpest direction, measured and as the central flow predicts it."""
    predicted = [run.predicted(CENTRAL.table, "variances") for run in runs]
    for number, (run, curve) in enumerate(zip(runs, predicted, strict=True)):
        measured = run.predicted(CENTRAL.table, "measured_variances")
        axis.plot(*thinned(measured), color=look.runs[number], alpha=2 * FAINT)
        axis.plot(*thinned(_positive(curve)), **look.of(number, CENTRAL))
    if (top := largest(predicted)) > 0:
        axis.set_yscale("log")
        bottom, above = axis.get_ylim()
        axis.set_ylim(max(bottom, DEEPEST * top), above)
    axis.set_ylabel("variance")


def _positive(curve: Curve) -> Curve:
    """What a logarithmic axis has a place for: the loss of a quadratic model may be negative, a variance zero."""
    x, y = curve
    return x, np.where(y > 0, y, np.nan)


def legend_of(runs: Sequence[RunCurves], look: Look, shared: Any) -> list[tuple[str, dict[str, Any]]]:
    """The names of the predicted curves that a figure has, and how their lines are drawn in the legend."""
    entries = [
        (predicted.name, look.of(0, predicted) | ({"color": shared} if len(runs) > 1 else {}))
        for predicted in ALL
        if predicted.is_of(runs)
    ]
    if any(len(run.mean_loss()[0]) for run in runs):
        colour = shared if len(runs) > 1 else look.runs[0]
        entries.append((f"mean loss over {MEAN_STEPS} steps", {"color": colour, "linewidth": 1.1}))
    return entries
