"""Runs such as the trainer writes them, with series that are easy to reason about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eostui.config import Measuring
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.instruments.spectral_density import NODES
from eostui.store import EVENTS, FULL_BATCH, TEST, TRAIN, Event, RunWriter, Status, Table, eigenvalue_table

EVERY = 10
"""Steps from one measurement to the next."""
Columns = dict[str, np.ndarray]


def table(instrument: str, eigs: int = 3) -> Table:
    """The table that an instrument fills."""
    return INSTRUMENTS[instrument].table(Scope(Measuring(eigs=eigs), batch_size=32))


@dataclass(frozen=True)
class Run:
    """What is in a run's file."""

    environment: Mapping[str, Any]
    rows: dict[Table, Columns]
    config: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[tuple[int, str, dict[str, Any]], ...] = ()

    def write(self, path: Path) -> Path:
        """Write it, as a run that is finished."""
        with RunWriter.create(
            path, name="demo", config=self.config, environment=self.environment, tables=[*self.rows, EVENTS]
        ) as writer:
            for table, columns in self.rows.items():
                for row in zip(*columns.values(), strict=True):
                    writer.append(table.row(dict(zip(columns, row, strict=True))))
            for step, kind, detail in self.events:
                writer.append(Event(step, step / 100, kind, detail).row())
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
    return {eigenvalue_table(name, "", 3): columns | {"products": 0 * step, "certified": 1 + 0 * step}}


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


def instrumented(steps: int = 400) -> Run:
    """Gradient descent at its edge, 40, with everything that can be measured on it: tracked values at every step, and
    eigenvalues in a table that is wider than what is followed, the second from step 200 on."""
    random = np.random.default_rng(0)
    step, measured = np.arange(steps), EVERY * np.arange(steps // EVERY)
    rise = np.minimum(0.2 + step / (0.5 * steps), 1.0)
    edge = (rise == 1.0).astype(float)
    wave = np.sin(step / 9.0) + 0.3 * random.standard_normal(steps)
    sharpness = 40 * rise + 1.6 * edge * wave
    eigenvalues = np.full((len(measured), 6), np.nan)
    eigenvalues[:, 0] = sharpness[measured]
    late = measured >= 200
    eigenvalues[late, 1] = 36 + 0.01 * measured[late]
    known = {
        "step": measured,
        "eigenvalues": eigenvalues,
        "residuals": 1e-3 * eigenvalues,
        "errors": 1e-4 * eigenvalues,
    }
    gram = known | {"eigenvalues": 1.1 * eigenvalues}
    first = {name: column if name == "step" else column[:, :1] for name, column in known.items()}
    followed = {
        name: column if name == "step" else np.pad(column, ((0, 0), (0, 4)), constant_values=np.nan)
        for name, column in known.items()
    }
    followed["modes"] = np.where(np.isnan(followed["eigenvalues"]), -1, np.arange(10))
    certified = {"certified": 1 + 0 * measured}
    products = {"products": 4 + 0 * measured} | certified
    x = 0.02 * edge * (1 + 0.8 * wave) * (-1.0) ** step
    late_x = np.where(step < 200, np.nan, 0.3 * x)
    alpha = 0.2 - 0.3 * (measured < 30)
    with np.errstate(invalid="ignore"):
        delta = np.sqrt(2 * alpha / 900)
    here = rise[measured]
    return Run(
        {"threshold": "2/η", "threshold_on": "hessian"},
        train(np.full(steps, 40.0))
        | {table("hessian", 1): first | products, table("followed", 1): followed | certified}
        | {
            table("tracked"): {
                "step": step,
                "sharpness": sharpness - 0.02 * (step % EVERY),
                "residual": 0.1 * (step % EVERY),
                "certified": (step % EVERY == 0).astype(int),
            },
            table("jacobian-gram", 6): gram | products | {"loss_curvature": np.exp(-4 * measured / steps)},
            table("spectral-density"): density(measured, sharpness[measured]),
            table("oscillation", 3): {"step": step, "oscillation": np.stack([x, late_x, np.nan * x], axis=1)},
            table("self-stabilization"): {"step": measured, "alpha": alpha, "beta": 900 + 0 * alpha, "delta": delta},
            table("directional"): {"step": measured, "curvature": 38 * here**2},
            table("effective-smoothness"): {"step": measured, "smoothness": 39 * here},
            table("batch-sharpness"): {"step": measured, "batch_sharpness": 45 * here, "standard_error": here},
            table("lowest"): {"step": measured, "eigenvalue": -1.5 * here, "products": 0 * measured} | certified,
            table("trace"): {"step": measured, "trace": 300 * here, "products": 0 * measured},
        },
    )


def density(step: np.ndarray, sharpness: np.ndarray) -> Columns:
    """Rows of the table `spectral_density`: a bulk around zero and a few outliers, the highest as given."""
    random = np.random.default_rng(1)
    count = len(step)
    nodes, weights = np.full((2, count, NODES), np.nan)
    nodes[:, :40] = 0.4 * random.standard_normal((count, 40)) ** 3
    nodes[:, 40:46] = sharpness[:, None] * np.array([0.08, 0.15, 0.3, 0.45, 0.8, 1.0])
    weights[:, :40] = np.exp(-3 * np.abs(nodes[:, :40]))
    weights[:, 40:46] = 1e-4 * random.random((count, 6))
    weights /= np.nansum(weights, axis=1, keepdims=True)
    order = np.argsort(nodes, axis=1)
    columns = {"nodes": nodes, "weights": weights}
    return {"step": step} | {name: np.take_along_axis(values, order, axis=1) for name, values in columns.items()}
