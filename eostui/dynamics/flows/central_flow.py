"""The central flow: where an optimizer goes that oscillates at the edge of stability, and how large its oscillation is.

With P = 1/η for gradient descent or (√ν + ε)/η for the adaptive ones, and one step as the unit of time,

    w' = −P⁻¹(∇L + ½∇⟨H, Σ⟩),        ν' = ((1−β₂)/β₂)(∇L² + diag(HΣH) − ν),

where Σ = UXUᵀ is the covariance of the oscillation, which lies in the critical directions U: HU = PUΛ, UᵀPU = I, λ near
the edge c. X is such that no λ passes c (Cohen et al. 2024, "Understanding Optimization in Deep Learning with Central
Flows", arXiv 2410.24206). For scalar RMSProp ‖∇L‖² and tr(HΣH) stand in the second equation. Adam is not in the paper:
to leading order in its momentum the same holds, with its own c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigen.ritz import Array
from eostui.curvature.products import AUTOGRAD, Products
from eostui.dynamics.flows.complementarity import covariance
from eostui.dynamics.flows.flow import Flow, Held
from eostui.dynamics.flows.law import Law
from eostui.dynamics.flows.top_pairs import TopSpectrum, curvature_gradients
from eostui.dynamics.update_rule import State
from eostui.objective.objective import Objective

CRITICAL = 0.99
"""An eigenvalue that is above this share of the edge, or will be at the end of the step, is critical."""
IN_SIGHT = 0.9
"""An eigenvalue above this share of the edge is looked for, so that it is seen before it is critical."""
FAR = 0.7
"""As long as λ₁ is below this share of the edge, it is looked for every `LONGEST` steps only."""
OFF_EDGE = 5e-4
"""How far from the edge, relative to it, an eigenvalue may be after a step that was to bring it there."""
EIGENVALUE_TOLERANCE = 1e-4
"""Largest error of an eigenvalue, relative to λ₁. With 1e-3, what is wrong with the eigenvectors lowers the loss of a
small network by 0.5 % in 800 steps."""


@dataclass(frozen=True)
class Critical:
    """The critical directions at one point.

    vectors: U, (size, k). pu: PU, (size, k). gradients: Mᵢⱼ = ∇(uᵢᵀHuⱼ), (k, k, size).
    """

    vectors: Tensor
    pu: Tensor
    gradients: Tensor


@dataclass(frozen=True)
class Spread:
    """An oscillation about w with the covariance Σ, in its principal directions.

    edge: c. x: the eigenvalues of X, (k,), from the largest down. images: Pb, (size, k), where b are the directions,
    bᵀPb = 1. unit: what makes the eigenvalues of Σ from those of X; 1 for those of P^½ΣP^½.
    """

    edge: float
    x: Array
    images: Tensor
    unit: float = 1.0

    @property
    def variances(self) -> Array:
        """The eigenvalues of Σ, or of P^½ΣP^½, (k,)."""
        return self.unit * self.x

    @property
    def loss(self) -> float:
        """½tr(HΣ), by which the mean loss is above L(w)."""
        return float(0.5 * self.edge * self.x.sum())

    @property
    def squared_grad_norm(self) -> float:
        """tr(HΣH), by which the mean of ‖∇L‖² is above ‖∇L(w)‖²."""
        lengths = self.images.square().sum(0).cpu().double().numpy()
        return float(self.edge**2 * (self.x * lengths).sum())

    def measured(self, apart: Tensor) -> Array:
        """The squares of a displacement from w, (size,), along the same directions, in the same units: (k,)."""
        along: Array = (self.images.T @ apart).cpu().double().numpy()
        return self.unit * along**2


class CentralFlow(Flow):
    """The central flow from weights w and a state of the rule; the arguments are those of `Flow`.

    At most `at_most` eigenvalues near the edge are followed.
    """

    LONGEST = 10.0
    TOLERANCE = 0.01

    def __init__(
        self,
        objective: Objective,
        law: Law,
        theta: Tensor,
        state: State,
        *,
        step: float = 0,
        at_most: int = 10,
        seed: int = 0,
        by: Products = AUTOGRAD,
    ) -> None:
        spectrum = TopSpectrum(at_most=at_most, share=IN_SIGHT, tol=EIGENVALUE_TOLERANCE, seed=seed)
        super().__init__(objective, law, theta, state, spectrum=spectrum, step=step, by=by)
        self._critical: Critical | None = None
        self._last: tuple[Tensor, Array] | None = None
        """The critical directions of the last step, (size, k), and its X, (k, k)."""
        self._rates = np.zeros(0)
        """dλ/dt of the largest eigenvalues in the last step."""

    def obey(self, law: Law) -> None:
        super().obey(law)
        self._forget()

    def _forget(self) -> None:
        """Nothing is known any more of the directions that were critical."""
        self._critical = self._last = None
        self._rates = np.zeros(0)

    def _step(self, h: float) -> None:
        c = self.law.edge
        if self._known_sharpness(self.LONGEST) < FAR * c:
            self._go(h, c)
            self._forget()
            return
        before, critical, x = self.top_pairs(), self.critical(), np.zeros((0, 0))

        def held(h: float) -> Held:
            nonlocal x
            if critical is None:
                return None, None
            x = covariance(*self._problem(critical, h))
            return self._held(critical, x)

        h = self._go(h, max(float(before.values[0]), c), held)
        self._last = None if critical is None else (critical.vectors, x)
        self._critical = None
        after = self.top_pairs().values
        known = min(len(after), len(before.values))
        self._rates = (after[:known] - before.values[:known]) / h
        if np.trace(x) > 0:
            off = abs(float(after[0]) / c - 1)
            self._h = max(min(self._h, h * max(0.3, (0.5 * OFF_EDGE / max(off, 1e-12)) ** 0.5)), self._shortest)

    def critical(self) -> Critical | None:
        """The critical directions at w; None where there are none."""
        pairs = self.top_pairs()
        rising = np.zeros(len(pairs.values))
        known = min(len(rising), len(self._rates))
        rising[:known] = 1.5 * self._h * np.maximum(self._rates[:known], 0.0)
        near = np.flatnonzero(pairs.values + rising > CRITICAL * self.law.edge)
        if not len(near):
            return None
        if self._critical is None:
            vectors, here, theta = pairs.vectors[:, : near[-1] + 1], self.evaluation().gradient, self.theta
            m = curvature_gradients(lambda move: self._gradient_at(theta + move), here, vectors)
            p = self.preconditioner()
            self._critical = Critical(vectors, vectors * (p if p.ndim == 0 else p[:, None]), m)
        return self._critical

    def _problem(self, critical: Critical, h: float) -> tuple[Array, Array]:
        """A (k, k) and B (k, k, k, k) of the complementarity problem for a step of length h."""
        c, m, u, cpu = self.law.edge, critical.gradients, critical.vectors, self.law.edge * critical.pu
        k, state, gradient = u.shape[1], self.state, self.evaluation().gradient
        p, rule = self.preconditioner(), self.law.rule
        rest = rule.rate(state, gradient)
        a = m @ (gradient / p) + c * _quadratic(u, rule.preconditioner_rate(state, rest) / self.law.lr)
        flat = m.reshape(k * k, -1)
        b = (0.5 * (flat / p) @ flat.T).reshape(k, k, k, k)
        for i in range(k):
            for j in range(k):
                more = rule.rate(state, gradient, cpu[:, i] * cpu[:, j])
                extra = {name: more[name] - rest[name] for name in more}
                extra |= {"t": torch.zeros_like(extra["t"])} if "t" in extra else {}
                grows = rule.preconditioner_rate(state, extra) / self.law.lr
                b[:, :, i, j] += c * _quadratic(u, grows)
        apart = np.diag(c - self.top_pairs().values[:k])
        return apart + h * a.cpu().double().numpy(), h * b.cpu().double().numpy()

    def oscillation(self) -> Spread:
        """The oscillation at w: the mean of those in the steps before and after it."""
        critical = self.critical()
        if critical is None:
            return Spread(self.law.edge, np.zeros(0), self.theta.new_zeros(self.objective.size, 0))
        x = covariance(*self._problem(critical, self._h))
        if self._last is not None:
            vectors, before = self._last
            turned = (critical.pu.T @ vectors).cpu().double().numpy()
            x = (x + turned @ before @ turned.T) / 2
        values, axes = np.linalg.eigh(x)
        principal = torch.from_numpy(axes[:, ::-1].copy()).to(critical.pu)
        # Without a state, P is 1/η, and weights are measured in their own units.
        unit = 1.0 if self.state else self.law.lr
        return Spread(self.law.edge, np.maximum(values[::-1], 0.0), critical.pu @ principal, unit)

    def _held(self, critical: Critical, x: Array) -> Held:
        """½∇⟨H, Σ⟩ and diag(HΣH), (size,) each."""
        weights = torch.from_numpy(x).to(critical.vectors)
        pull = 0.5 * torch.einsum("ij,ijn->n", weights, critical.gradients)
        cpu = self.law.edge * critical.pu
        return pull, ((cpu @ weights) * cpu).sum(1)

    def state_dict(self) -> dict[str, Any]:
        critical, last = self._critical, self._last
        return {
            **super().state_dict(),
            "critical": None if critical is None else [critical.vectors, critical.pu, critical.gradients],
            "last": None if last is None else [last[0], torch.from_numpy(last[1])],
            "rates": torch.from_numpy(self._rates),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        critical, last = state["critical"], state["last"]
        self._critical = None if critical is None else Critical(*critical)
        self._last = None if last is None else (last[0], last[1].numpy())
        self._rates = state["rates"].numpy()


def _quadratic(u: Tensor, diagonal: Tensor) -> Tensor:
    """uᵢᵀ D uⱼ, (k, k), of a diagonal D, (size,) or ()."""
    return u.T @ (diagonal * u if diagonal.ndim == 0 else diagonal[:, None] * u)
