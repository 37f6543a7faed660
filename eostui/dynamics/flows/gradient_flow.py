"""The gradient flow: where an optimizer would go if it took infinitely small steps.

With P = 1/η for gradient descent or (√ν + ε)/η for the adaptive ones, and one step as the unit of time,

    w' = −P⁻¹∇L,        ν' = ((1−β₂)/β₂)(∇L² − ν).

For an adaptive optimizer this is the "stable flow" of Cohen et al. 2024 (arXiv 2410.24206).
"""

from __future__ import annotations

from torch import Tensor

from eostui.curvature.products import AUTOGRAD, Products
from eostui.dynamics.flows.flow import Flow
from eostui.dynamics.flows.law import Law
from eostui.dynamics.flows.top_pairs import TopSpectrum
from eostui.dynamics.update_rule import State
from eostui.objective.objective import Objective

EIGENVALUE_TOLERANCE = 1e-3
"""Largest error of an eigenvalue, relative to λ₁."""
MARGIN = 1.1
"""A step is stable for eigenvalues up to so many times the largest one at its beginning."""


class GradientFlow(Flow):
    """The gradient flow from weights w and a state of the rule; the arguments are those of `Flow`."""

    LONGEST = 20.0
    TOLERANCE = 5e-3

    def __init__(
        self,
        objective: Objective,
        law: Law,
        theta: Tensor,
        state: State,
        *,
        step: float = 0,
        seed: int = 0,
        by: Products = AUTOGRAD,
    ) -> None:
        spectrum = TopSpectrum(at_most=1, share=float("inf"), tol=EIGENVALUE_TOLERANCE, seed=seed)
        super().__init__(objective, law, theta, state, spectrum=spectrum, step=step, by=by)

    def _step(self, h: float) -> None:
        self._go(h, MARGIN * max(self._known_sharpness(self.LONGEST / 2), 0.0))
