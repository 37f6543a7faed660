"""Runs such as the trainer writes them, with series that are easy to reason about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eostui.store import EVENTS, FULL_BATCH, TEST, TRAIN, RunWriter, Status, Table, eigenvalue_table, event_row

EVERY = 10
"""Steps from one measurement to the next."""
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """What is in a run's file."""

    environment: Mapping[str, Any]
    rows: Mapping[Table, Columns]
    config: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[tuple[int, str, Mapping[str, Any]], ...] = ()

    def write(self, path: Path) -> Path:
        """Write it, as a run that is finished."""
        with RunWriter.create(
            path, name="demo", config=self.config, environment=self.environment, tables=[*self.rows, EVENTS]
        ) as writer:
            for table, columns in self.rows.items():
                for row in zip(*columns.values(), strict=True):
                    writer.append(table.name, dict(zip(columns, row, strict=True)))
            for step, kind, detail in self.events:
                writer.append(EVENTS.name, event_row(step, step / 100, kind, detail))
            writer.set_status(Status.FINISHED)
        return path


def train(threshold: np.ndarray, *, scale: float = 2.0, accuracy: bool = True) -> dict[Table, Columns]:
    """The table `train`: η = scale/threshold, 0.2 where there is none, a falling loss and, where there are classes, a
    rising accuracy."""
    step = np.arange(len(threshold))
    columns = {
        "step": step,
        "time": step / 100,
        "lr": np.nan_to_num(scale / threshold, nan=0.2),
        "threshold": threshold,
        "loss": np.exp(-step / len(step)),
        "accuracy": step / len(step),
        "grad_norm": np.exp(-step / len(step)),
    }
    if accuracy:
        return {TRAIN: columns}
    del columns["accuracy"]
    return {TRAIN.without("accuracy"): columns}


def spectrum(name: str, first: np.ndarray) -> dict[Table, Columns]:
    """A table of three eigenvalues each, λ1 as given, measured every `EVERY` steps."""
    values = first[:, None] * np.array([1.0, 0.9, 0.8])
    step = EVERY * np.arange(len(first))
    columns = {"step": step, "eigenvalues": values, "residuals": 1e-3 * values, "errors": 1e-4 * values}
    return {eigenvalue_table(name, "", 3): columns | {"products": 0 * step}}


def descent(steps: int = 400, *, formula: str = "2/η", threshold: float = 10.0, accuracy: bool = True) -> Run:
    """Gradient descent that reaches its edge, with a test set."""
    sharpness = np.minimum(np.linspace(0.4, 1.4, steps // EVERY), 1.0) * (10.0 if math.isnan(threshold) else threshold)
    measured = EVERY * np.arange(len(sharpness))
    test = TEST if accuracy else TEST.without("accuracy")
    return Run(
        {"threshold": formula},
        train(np.full(steps, threshold), accuracy=accuracy)
        | {test: {"step": measured, "loss": np.exp(-measured / steps)}}
        | spectrum("hessian", sharpness)
        | spectrum("gauss_newton", 0.9 * sharpness),
    )


def adaptive(steps: int = 400) -> Run:
    """Adam with η = 0.01: the preconditioned sharpness is at its edge, 3800, and the sharpness goes on rising."""
    share = np.linspace(0.2, 1.5, steps // EVERY)
    preconditioned = 3800 * np.minimum(share, 1.0)
    preconditioned[0] = np.nan
    return Run(
        {"threshold": "38/η", "threshold_on": "preconditioned"},
        train(np.full(steps, 3800.0), scale=38.0)
        | spectrum("preconditioned", preconditioned)
        | spectrum("hessian", 20 * share)
        | spectrum("gauss_newton", 19 * share),
    )


def minibatches(steps: int = 400) -> Run:
    """Gradient descent on minibatches of 32."""
    run = descent(steps, formula="full-batch 2/η")
    measured = EVERY * np.arange(steps // EVERY)
    full = {"step": measured, "loss": np.exp(-measured / steps)}
    return Run(run.environment, run.rows | {FULL_BATCH: full}, {"batch_size": 32})


def scheduled(steps: int = 400) -> Run:
    """Gradient descent with η warmed up from almost nothing, and back to nothing at the end."""
    step = np.arange(steps)
    share = np.minimum((step + 1) / 100, 1.0) * np.where(
        step < 200, 1.0, np.cos((step - 200) / (steps - 201) * np.pi / 2)
    )
    share[-1] = 0.0
    with np.errstate(divide="ignore"):
        threshold = 10.0 / share
    sharpness = np.minimum(4 + step[::EVERY] / 20, 9.5)
    rows = train(threshold) | spectrum("hessian", sharpness)
    return Run({"threshold": "2/η"}, rows, {"lr_schedule": "cosine:400"})
