"""The charts of the dashboard: which rows each draws, in which role, and what that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eostui.dashboard.feed import Feed
from eostui.dashboard.widgets.trace import Mark, Trace
from eostui.store import Event

_MARKED = {"lr": "η", "pause": "p", "resume": "r"}
"""Kinds of events that are drawn into every chart, with the letter that marks them."""


@dataclass(frozen=True)
class Panel:
    """One chart: its title, the table that it needs, its traces, and its definition for the help."""

    id: str
    title: str
    table: str
    traces: Callable[[Feed], list[Trace]]
    definition: Callable[[Feed], str]
    log: bool = False


def _spectrum(id: str, title: str, table: str, role: str, definition: str) -> Panel:
    """Eigenvalues, from the largest down, with the stability threshold where it is for a matrix of this kind."""
    compared_with = "preconditioned" if table == "preconditioned" else "hessian"

    def compared(feed: Feed) -> bool:
        return feed.has_threshold and feed.threshold_on == compared_with

    def traces(feed: Feed) -> list[Trace]:
        steps, eigenvalues = feed.column(table, "eigenvalues")
        below = [
            Trace(f"λ{index + 1}", steps, eigenvalues[:, index], "eigenvalue")
            for index in reversed(range(1, eigenvalues.shape[1]))
        ]
        threshold = [_threshold(feed)] if compared(feed) else []
        return [*below, *threshold, Trace("λ1", steps, eigenvalues[:, 0], role)]

    def define(feed: Feed) -> str:
        if not compared(feed):
            return definition
        line = "reference line" if feed.minibatch else "stability threshold"
        return f"{definition}; dashed, the {line} {feed.threshold_formula}, with ↑ where that is above the chart"

    return Panel(id, title, table, traces, define)


def _threshold(feed: Feed) -> Trace:
    steps, threshold = feed.column("train", "threshold")
    return Trace(feed.threshold_formula, steps, threshold, "threshold", stepped=True, reference=True)


def _loss(feed: Feed) -> list[Trace]:
    train = ("train", "minibatch", "batch-loss") if feed.minibatch else ("train", "train", "loss")
    traces = [("test", "test", "test-loss"), train, ("full_batch", "full batch", "loss")]
    return [Trace(label, *feed.column(table, "loss"), role) for table, label, role in traces if _has_rows(feed, table)]


def _has_rows(feed: Feed, table: str) -> bool:
    """Whether a table has anything: that of the test set is there without a test set, too."""
    return table in feed.series and feed.series[table].shown > 0


def _loss_definition(feed: Feed) -> str:
    test = ", test loss where it was measured" if _has_rows(feed, "test") else ""
    if feed.minibatch:
        return f"loss of the minibatch at every step, loss over the full batch where it was measured{test}"
    return f"training loss at every step{test}"


PANELS: tuple[Panel, ...] = (
    _spectrum(
        "preconditioned",
        "Preconditioned sharpness",
        "preconditioned",
        "sharpness",
        "λ1, λ2, … of P⁻¹H, P the optimizer's diagonal preconditioner after as many updates: none at step 0",
    ),
    _spectrum(
        "sharpness", "Sharpness", "hessian", "sharpness", "λ1 (the sharpness), λ2, … of the loss Hessian H = ∇²L"
    ),
    Panel("loss", "Loss", "train", _loss, _loss_definition, log=True),
    _spectrum(
        "gauss-newton",
        "Gauss–Newton",
        "gauss_newton",
        "gauss-newton",
        "eigenvalues of G = mean of Jᵀ(∇²_z ℓ)J: H without the term of the network's own curvature",
    ),
    _spectrum(
        "jacobian-gram",
        "Jacobian Gram",
        "jacobian_gram",
        "gauss-newton",
        "eigenvalues of the mean of JᵀJ: G without the curvature ∇²_z ℓ of the loss, whose fading it does not share",
    ),
)
"""Every chart that a run can have, in the order on the screen."""


def panels_of(feed: Feed) -> list[Panel]:
    """The charts of a run; the two that every run has while it is not known which."""
    tables = feed.series or ("hessian", "train")
    return [panel for panel in PANELS if panel.table in tables]


def marks_of(feed: Feed) -> list[Mark]:
    """The events that every chart shows."""
    return [
        Mark(event.step, _label(event), glyph=_MARKED[event.kind]) for event in feed.events() if event.kind in _MARKED
    ]


def _label(event: Event) -> str:
    if event.kind == "lr":
        before, after = (_short(event.detail.get(name)) for name in ("previous", "lr"))
        return f"η {before} → {after}"
    return event.kind


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "?"
