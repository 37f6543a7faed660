"""The present values in the row of sparklines: what each is, where it comes from, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from eostui.dashboard.series import Series, at_steps

Rows = Mapping[str, Series]


@dataclass(frozen=True)
class Reading:
    """One number on the screen: its label, its definition for the help, its values so far (n,) and its form as text."""

    label: str
    definition: str
    values: Callable[[Rows], np.ndarray]
    text: Callable[[float], str]
    log: bool = False
    """Whether its sparkline is on a logarithmic scale."""


def _column(table: str, column: str) -> Callable[[Rows], np.ndarray]:
    def values(rows: Rows) -> np.ndarray:
        return rows[table][column] if table in rows else np.empty(0)

    return values


def _sharpness(rows: Rows) -> np.ndarray:
    sharpness: np.ndarray = rows["hessian"]["eigenvalues"][:, 0] if "hessian" in rows else np.empty(0)
    return sharpness


def _sharpness_over_threshold(rows: Rows) -> np.ndarray:
    if "hessian" not in rows:
        return np.empty(0)
    ratio: np.ndarray = _sharpness(rows) / at_steps(rows["train"], "threshold", rows["hessian"]["step"])
    return ratio


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


READINGS: tuple[Reading, ...] = (
    Reading(
        "loss",
        "the training loss L(θ), mean over all examples",
        _column("train", "loss"),
        "{:.4g}".format,
        log=True,
    ),
    Reading(
        "accuracy",
        "share of the training examples classified correctly",
        _column("train", "accuracy"),
        _percent,
    ),
    Reading(
        "sharpness",
        "S = λ₁, the largest algebraic eigenvalue of the loss Hessian; its residual ‖Hv − λv‖ is in the run file",
        _sharpness,
        "{:.4g}".format,
    ),
    Reading(
        "S/thresh",
        "sharpness divided by the optimizer's stability threshold: 1 is the edge of stability",
        _sharpness_over_threshold,
        "{:.3f}".format,
    ),
    Reading(
        "‖∇L‖",
        "Euclidean norm of the gradient of the training loss",
        _column("train", "grad_norm"),
        "{:.3g}".format,
        log=True,
    ),
    Reading(
        "steps/s",
        "updates a second between the last two measurements, measuring included",
        _column("timing", "steps_per_second"),
        "{:.3g}".format,
    ),
    Reading(
        "measuring",
        "share of the time between the last two measurements that went into measuring",
        _column("timing", "measuring_share"),
        _percent,
    ),
)
