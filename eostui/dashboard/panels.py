"""The panels of the dashboard: which rows each draws, in which role, and what that is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from eostui.dashboard.panel import ChartPanel, Panel, StripPanel
from eostui.dashboard.spectra import of_threshold, spectrum, threshold
from eostui.dashboard.widgets import Densities, Mark, Trace
from eostui.reading.feed import Feed
from eostui.store import Event, Kind
from eostui.store.events import StepSizeChanged

_MARKED: dict[str, str] = {Kind.LR: "η", Kind.PAUSE: "p", Kind.RESUME: "r"}
"""Kinds of events that are drawn into every chart, with the letter that marks them."""


def _loss(feed: Feed) -> list[Trace]:
    train = ("train", "minibatch", "batch-loss") if feed.minibatch else ("train", "train", "loss")
    traces = [("test", "test", "test-loss"), train, ("full_batch", "full batch", "loss")]
    return [Trace(label, *feed.column(table, "loss"), role) for table, label, role in traces if feed.has_rows(table)]


def _loss_definition(feed: Feed) -> str:
    test = ", test loss where it was measured" if feed.has_rows("test") else ""
    if feed.minibatch:
        return f"loss of the minibatch at every step, loss over the full batch where it was measured{test}"
    return f"training loss at every step{test}"


def _column(table: str, column: str, label: str, role: str = "sharpness") -> Callable[[Feed], list[Trace]]:
    """One column as one line."""
    return lambda feed: [Trace(label, *feed.column(table, column), role)]


def _curvature(id: str, title: str, table: str, column: str, label: str, definition: str) -> ChartPanel:
    """A curvature of the loss other than an eigenvalue, with the threshold on the Hessian where there is one."""

    def compared(feed: Feed) -> bool:
        return feed.has_threshold and feed.threshold_on == "hessian"

    def traces(feed: Feed) -> list[Trace]:
        reference = [threshold(feed)] if compared(feed) else []
        return [*reference, Trace(label, *feed.column(table, column), "sharpness")]

    return ChartPanel(
        id, title, table, (column,), lambda feed: definition + of_threshold(feed) * compared(feed), traces
    )


def _oscillation(feed: Feed) -> list[Trace]:
    steps, along = feed.column("oscillation", "oscillation")
    followed = np.flatnonzero(~np.isnan(along[:, 1:]).all(axis=0)) + 1 if len(steps) else np.arange(0)
    others = [Trace(f"q{index + 1}", steps, along[:, index], "eigenvalue", sparse=True) for index in reversed(followed)]
    return [*others, Trace("q1", steps, along[:, 0], "flow")]


def _self_stabilization(feed: Feed) -> list[Trace]:
    steps, delta = feed.column("self_stabilization", "delta")
    traces = [Trace("δ predicted", steps, delta, "sharpness", sparse=True, brief="δ")]
    if feed.has_rows("oscillation"):
        steps, along = feed.column("oscillation", "oscillation")
        traces.insert(0, Trace("|x| measured", steps, np.abs(along[:, 0]), "flow", sparse=True, brief="|x|"))
    return traces


def _densities(feed: Feed) -> Densities:
    rows = feed.series["spectral_density"]
    return Densities(rows["step"], rows["nodes"], rows["weights"])


def _density_reference(feed: Feed) -> Trace | None:
    return threshold(feed) if feed.has_threshold and feed.threshold_on == "hessian" else None


PANELS: tuple[Panel[Any], ...] = (
    spectrum(
        "preconditioned",
        "Preconditioned sharpness",
        "preconditioned",
        "sharpness",
        "λ1, λ2, … of P⁻¹H, P the optimizer's diagonal preconditioner after as many updates: none at step 0",
    ),
    spectrum("sharpness", "Sharpness", "hessian", "sharpness", "λ1 (the sharpness), λ2, … of the loss Hessian H = ∇²L"),
    ChartPanel("loss", "Loss", "train", ("loss",), _loss_definition, _loss, log=True),
    spectrum(
        "gauss-newton",
        "Gauss–Newton",
        "gauss_newton",
        "gauss-newton",
        "eigenvalues of G = mean of Jᵀ(∇²_z ℓ)J: H without the term of the network's own curvature",
    ),
    spectrum(
        "jacobian-gram",
        "Jacobian Gram",
        "jacobian_gram",
        "gauss-newton",
        "eigenvalues of the mean of JᵀJ: G without the curvature ∇²_z ℓ of the loss, whose fading it does not share",
    ),
    ChartPanel(
        "loss-curvature",
        "Loss curvature",
        "jacobian_gram",
        ("loss_curvature",),
        lambda feed: "mean over examples of tr ∇²_z ℓ, which fades as cross-entropy fits them, and G and H with it",
        _column("jacobian_gram", "loss_curvature", "tr ∇²_z ℓ", "gauss-newton"),
        log=True,
    ),
    StripPanel(
        "spectral-density",
        "Spectral density",
        "spectral_density",
        ("nodes", "weights"),
        lambda feed: (
            "all eigenvalues λ of H by stochastic Lanczos quadrature: the fuller the shade, the larger their share "
            "there, in log; ↑ ↓ choose the λ that the cursor reads off"
            + ("; dashed, " + feed.threshold_formula)
            * (_density_reference(feed) is not None)
        ),
        _densities,
        _density_reference,
        wide=True,
    ),
    ChartPanel(
        "oscillation",
        "Oscillation",
        "oscillation",
        ("oscillation",),
        lambda feed: "qᵀ(θ_t − (θ_{t−1} + 2θ_t + θ_{t+1})/4) along q1, q2, …, the top eigenvectors measured last",
        _oscillation,
        symmetric=True,
        wide=True,
    ),
    ChartPanel(
        "self-stabilization",
        "Self-stabilization",
        "self_stabilization",
        ("delta",),
        lambda feed: (
            "δ = √(2α/β), the oscillation along q1 that holds the sharpness, α = −∇L·∇S⊥ and β = ‖∇S⊥‖² (none where "
            f"α < 0){'; |x|, the measured one' * feed.has_rows('oscillation')}"
        ),
        # δ and |x|, not α and β: it is a prediction of what is measured, in the same unit, on one axis
        _self_stabilization,
    ),
    _curvature(
        "directional",
        "Directional curvature",
        "directional",
        "curvature",
        "gᵀHg/gᵀg",
        "gᵀHg/gᵀg, the curvature along the gradient g = ∇L",
    ),
    _curvature(
        "effective-smoothness",
        "Effective smoothness",
        "effective_smoothness",
        "smoothness",
        "max",
        "the largest ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) for steps α of (0, η]",
    ),
    _curvature(
        "batch-sharpness",
        "Batch sharpness",
        "batch_sharpness",
        "batch_sharpness",
        "mean",
        "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size",
    ),
    ChartPanel(
        "lowest",
        "Lowest eigenvalue",
        "lowest",
        ("eigenvalue",),
        lambda feed: "the most negative (algebraic) eigenvalue of H; positive where the loss is convex",
        _column("lowest", "eigenvalue", "λmin", "gauss-newton"),
    ),
    ChartPanel(
        "trace",
        "Hessian trace",
        "trace",
        ("trace",),
        lambda feed: "tr H, the sum of all eigenvalues, by Hutch++",
        _column("trace", "trace", "tr H", "gauss-newton"),
    ),
)
"""Every panel that a run can have, in the order on the screen."""

_ALWAYS = ("sharpness", "loss")


def panels_of(feed: Feed) -> list[Panel[Any]]:
    """The panels of a run; the two that every run has while it is not known which."""
    if not feed.series:
        return [panel for panel in PANELS if panel.id in _ALWAYS]
    return [panel for panel in PANELS if panel.drawable(feed)]


def marks_of(feed: Feed) -> list[Mark]:
    """The events that every chart shows."""
    return [
        Mark(event.step, _label(event), glyph=_MARKED[event.kind]) for event in feed.events() if event.kind in _MARKED
    ]


def _label(event: Event) -> str:
    if isinstance(event.what, StepSizeChanged):
        return f"η {_short(event.what.previous)} → {_short(event.what.lr)}"
    return event.kind


def _short(value: float) -> str:
    return "?" if math.isnan(value) else f"{value:.4g}"
