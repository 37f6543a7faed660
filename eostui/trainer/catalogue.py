"""The names that the command line takes, as rows of tables for people. This module imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eostui.config import Measuring, flag
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.instruments.base.cost import cost_of
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.problems.architectures import ARCHITECTURES, Architecture
from eostui.problems.datasets import DATASETS
from eostui.problems.losses import LOSSES

Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def _archs() -> Rows:
    return ("name", "parameters", "what", "trained on", "paper"), [
        (
            entry.name,
            f"{entry.parameters:,}",
            entry.summary + _choices(entry),
            f"{entry.data}, {entry.loss}, η = {entry.lr:g}",
            entry.paper,
        )
        for entry in ARCHITECTURES.values()
    ]


def _choices(entry: Architecture) -> str:
    """The flags `--width` and `--depth` where the network has them, with their defaults."""
    choices = [f"{flag(name)} {entry.options[name]}" for name in ("width", "depth") if name in entry.options]
    return f" [{', '.join(choices)}]" if choices else ""


def _datasets() -> Rows:
    return ("name", "what", "source and licence"), [
        (entry.name, entry.summary, entry.source) for entry in DATASETS.values()
    ]


def _optimizers() -> Rows:
    return ("name", "what", "threshold", "hyperparameters"), [
        (
            entry.name,
            entry.summary,
            f"none; full-batch {entry.threshold} for comparison" if entry.minibatches == "always" else entry.threshold,
            ", ".join(
                flag(name) if value is False else f"{flag(name)} {value:g}" for name, value in entry.defaults.items()
            ),
        )
        for entry in OPTIMIZERS.values()
    ]


def _losses() -> Rows:
    return ("name", "what"), [(entry.name, entry.summary) for entry in LOSSES.values()]


def _instruments() -> Rows:
    def when(kind: type[Instrument]) -> str:
        if kind.when or kind.flow:
            return kind.when or f"--flow {kind.flow}"
        return "unless --track says otherwise" if kind.name in Measuring.track else f"--track {kind.name}"

    return ("name", "what", "cost in gradients", "when"), [
        (kind.name, kind.summary, cost_of(kind), when(kind)) for kind in INSTRUMENTS.values()
    ]


_LISTINGS: Mapping[str, Callable[[], Rows]] = {
    "archs": _archs,
    "datasets": _datasets,
    "optimizers": _optimizers,
    "losses": _losses,
    "instruments": _instruments,
}


def rows_of(kind: str) -> Rows:
    """Headings and rows for `archs`, `datasets`, `optimizers`, `losses` or `instruments`."""
    return _LISTINGS[kind]()
