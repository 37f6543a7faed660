"""The stability thresholds as texts: formulas, and the matrices that they are for. This module imports no torch."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Matrix(StrEnum):
    """The matrix whose largest eigenvalue a threshold is for, by the name of its table in the run file."""

    HESSIAN = "hessian"
    """H = ∇²L(θ)."""
    PRECONDITIONED = "preconditioned"
    """P^(-1/2) (H + wI) P^(-1/2), with the preconditioner P and the weight decay w that is part of the gradient."""


class Formula(NamedTuple):
    """A threshold as a text: without weight decay, with decoupled weight decay, and with η and that decay in P."""

    plain: str
    decoupled: str
    folded: str


GRADIENT_DESCENT = Formula("2/η", "(2−ηw)/η", "2")
HEAVY_BALL = Formula("(2+2μ)/η", "(2−ηw)(1+μ)/η", "2+2μ")
DAMPENED = Formula("(2+2μ)/(η(1−d))", "(2−ηw)(1+μ)/(η(1−d))", "(2+2μ)/(1−d)")
NESTEROV = Formula("(2+2μ)/(η(1+2μ))", "(2−ηw)(1+μ)/(η(1+2μ))", "(2+2μ)/(1+2μ)")
ADAM = Formula("(2+2β₁)/((1−β₁)η)", "(2−ηw)(1+β₁)/((1−β₁)η)", "(2+2β₁)/(1−β₁)")
ADAM_AT_ITS_DEFAULT = Formula("38/η", "19(2−ηw)/η", "38")
NADAM = Formula("(2+2β₁)/(η(1+β₁−2μₜβ₁))", "(2−ηw)(1+β₁)/(η(1+β₁−2μₜβ₁))", "(2+2β₁)/(1+β₁−2μₜβ₁)")
DECAYING_STEP = Formula("2/ηₜ", "(2−ηₜw)/ηₜ", "2")
