"""The update rules that a flow can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.dynamics.update_rule import State, UpdateRule


@dataclass(frozen=True)
class GradientDescent(UpdateRule):
    """θ ← θ − ηg: no state, and P = 1. It has no momentum."""

    def initial(self, theta: Tensor) -> State:
        """Nothing."""
        return {}

    def preconditioner(self, state: State) -> Tensor:
        """1, ()."""
        return torch.ones(())

    def next(self, state: State, gradient: Tensor) -> State:
        """Nothing."""
        return {}

    def rate(self, state: State, gradient: Tensor, variance: Tensor | None = None) -> State:
        """Nothing."""
        return {}

    def preconditioner_rate(self, state: State, rate: State) -> Tensor:
        """0, ()."""
        return torch.zeros(())


@dataclass(frozen=True)
class RMSProp(UpdateRule):
    """ν ← β₂ν + (1−β₂)g² and P = √ν + ε (Hinton 2012), without momentum, and without a correction of ν's bias.

    The state is `nu`, ν (size,).
    """

    beta2: float
    eps: float

    def initial(self, theta: Tensor) -> State:
        """ν = 0."""
        return {"nu": torch.zeros_like(theta)}

    def preconditioner(self, state: State) -> Tensor:
        """√ν + ε, in the shape of ν."""
        return state["nu"].sqrt() + self.eps

    def next(self, state: State, gradient: Tensor) -> State:
        """ν after one more gradient."""
        return {"nu": state["nu"] + (1 - self.beta2) * (self._square(gradient) - state["nu"])}

    def rate(self, state: State, gradient: Tensor, variance: Tensor | None = None) -> State:
        """ν' = ((1−β₂)/β₂)(g² + variance − ν)."""
        return {"nu": _pace(self.beta2) * (self._square(gradient, variance) - state["nu"])}

    def preconditioner_rate(self, state: State, rate: State) -> Tensor:
        """ν'/2√ν."""
        return _root_rate(state["nu"], rate["nu"])

    def _square(self, gradient: Tensor, variance: Tensor | None = None) -> Tensor:
        return _mean_square(gradient, variance)


@dataclass(frozen=True)
class ScalarRMSProp(RMSProp):
    """RMSProp with one ν ← β₂ν + (1−β₂)‖g‖² for all weights (Cohen et al. 2024, arXiv 2410.24206).

    The state is `nu`, ν (); its rate is ν' = ((1−β₂)/β₂)(‖g‖² − ν).
    """

    def initial(self, theta: Tensor) -> State:
        """ν = 0."""
        return {"nu": theta.new_zeros(())}

    def _square(self, gradient: Tensor, variance: Tensor | None = None) -> Tensor:
        return _mean_square(gradient, variance).sum()


@dataclass(frozen=True)
class Adam(UpdateRule):
    """u ← β₁u + (1−β₁)g, ν as in RMSProp, and both corrected for their bias towards 0 (Kingma & Ba 2015).

    The state is `nu`, ν̂ = ν/(1−β₂ᵗ) (size,), and `t` (), the number of updates; with β₁ > 0 also `u` (size,). The state
    has ν without its bias. The bias of u is part of P = (1−β₁ᵗ)(√ν̂ + ε), because the threshold would change with it
    otherwise (Cohen et al. 2022).
    """

    beta1: float
    beta2: float
    eps: float

    def initial(self, theta: Tensor) -> State:
        """Zeros. ν̂ is not defined at t = 0, and the first update does not use the zero."""
        moments = {"nu": torch.zeros_like(theta), "t": torch.zeros((), dtype=torch.float64)}
        return {**moments, "u": torch.zeros_like(theta)} if self.beta1 else moments

    def preconditioner(self, state: State) -> Tensor:
        """(1−β₁ᵗ)(√ν̂ + ε), (size,)."""
        return (1 - self.beta1 ** state["t"]) * (state["nu"].sqrt() + self.eps)

    def direction(self, state: State, gradient: Tensor) -> Tensor:
        """u, or g itself where β₁ = 0."""
        return state["u"] if self.beta1 else gradient

    def next(self, state: State, gradient: Tensor) -> State:
        """The state after one more gradient: ν̂ ← ν̂ + ((1−β₂)/(1−β₂ᵗ))(g² − ν̂) at the new t."""
        t = state["t"] + 1
        newest = (1 - self.beta2) / (1 - self.beta2**t)
        following = {"nu": state["nu"] + newest * (gradient.square() - state["nu"]), "t": t}
        if self.beta1:
            following["u"] = state["u"] + (1 - self.beta1) * (gradient - state["u"])
        return following

    def rate(self, state: State, gradient: Tensor, variance: Tensor | None = None) -> State:
        """ν̂' = (b/(1−β₂ᵗ))(g² + variance − ν̂) with b = (1−β₂)/β₂, u' = ((1−β₁)/β₁)(g − u) and t' = 1.

        u has a rate where it is part of the state: a flow that takes P⁻¹g for the mean update has none. The first is
        ν' = b(g² − ν) for ν̂ = ν/(1−β₂ᵗ), with b for −ln β₂, the rate at which β₂ᵗ falls: they differ by about b²/2. It
        is infinite at t = 0.
        """
        pace = _pace(self.beta2) / (1 - self.beta2 ** state["t"])
        square = _mean_square(gradient, variance)
        rates = {"nu": pace * (square - state["nu"]), "t": torch.ones_like(state["t"])}
        if "u" in state:
            rates["u"] = _pace(self.beta1) * (gradient - state["u"])
        return rates

    def preconditioner_rate(self, state: State, rate: State) -> Tensor:
        """(1−β₁ᵗ)ν̂'/2√ν̂ − t'β₁ᵗ ln β₁ (√ν̂ + ε)."""
        bias = self.beta1 ** state["t"]
        fading = -math.log(self.beta1) * bias * rate["t"] if self.beta1 else 0.0
        nu = state["nu"]
        return (1 - bias) * _root_rate(nu, rate["nu"]) + fading * (nu.sqrt() + self.eps)


def _mean_square(gradient: Tensor, variance: Tensor | None) -> Tensor:
    square = gradient.square()
    return square if variance is None else square + variance


def _root_rate(nu: Tensor, rate: Tensor) -> Tensor:
    """The rate of √ν where ν has this one."""
    return torch.where(nu > 0, rate / (2 * nu.sqrt()), torch.zeros_like(nu))


def _pace(beta: float) -> float:
    """b = (1−β)/β, of a moving average x ← βx + (1−β)y."""
    if beta <= 0:
        raise ValueError(f"a moving average with β = {beta} has no rate in continuous time: β must be above 0")
    return (1 - beta) / beta
