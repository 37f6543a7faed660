"""The charts of the dashboard: which rows each draws, and in which role."""

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
    """One chart: its title, the table that it needs, and its traces."""

    id: str
    title: str
    table: str
    traces: Callable[[Feed], list[Trace]]
    log: bool = False


def _loss(feed: Feed) -> list[Trace]:
    traces = [("test", "test-loss"), ("train", "loss")]
    return [
        Trace(table, feed.series[table]["step"], feed.series[table]["loss"], role)
        for table, role in traces
        if table in feed.series
    ]


def _threshold(feed: Feed) -> Trace:
    train = feed.series["train"]
    return Trace(feed.threshold_formula, train["step"], train["threshold"], "threshold", stepped=True)


def _spectrum(table: str, role: str) -> Callable[[Feed], list[Trace]]:
    def traces(feed: Feed) -> list[Trace]:
        rows = feed.series[table]
        steps, eigenvalues = rows["step"], rows["eigenvalues"]
        below = [
            Trace(f"λ{index + 1}", steps, eigenvalues[:, index], "eigenvalue")
            for index in reversed(range(1, eigenvalues.shape[1]))
        ]
        return [*below, _threshold(feed), Trace("λ1", steps, eigenvalues[:, 0], role)]

    return traces


PANELS: tuple[Panel, ...] = (
    Panel("sharpness", "Sharpness", "hessian", _spectrum("hessian", "sharpness")),
    Panel("loss", "Loss", "train", _loss, log=True),
    Panel("gauss-newton", "Gauss–Newton", "gauss_newton", _spectrum("gauss_newton", "gauss-newton")),
)


def marks_of(feed: Feed) -> list[Mark]:
    """The events that every chart shows."""
    return [
        Mark(event.step, _label(event), glyph=_MARKED[event.kind]) for event in feed.events() if event.kind in _MARKED
    ]


def _label(event: Event) -> str:
    if event.kind == "lr":
        return f"η {event.detail.get('previous', '?')} → {event.detail.get('lr', '?')}"
    return event.kind
