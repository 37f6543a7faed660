"""An optimizer as pure functions of its state, without `torch.optim`: what a flow in continuous time needs of it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

State = dict[str, Tensor]
"""The state s of a rule: its tensors by name. Which ones they are is up to the rule."""


class UpdateRule(ABC):
    """s ← next(s, g) and then θ ← (1 − ηw)θ − ηP(s)⁻¹u, with a diagonal P and decoupled weight decay w.

    g (size,) is the gradient at θ. Coupled weight decay is part of it: g = ∇L(θ) + wθ. u (size,) is what momentum makes
    of the gradients. Nothing is changed in place. All results can be differentiated by the state and by the gradient,
    any number of times.
    """

    @abstractmethod
    def initial(self, theta: Tensor) -> State:
        """The state before the first update, for weights θ (size,)."""

    @abstractmethod
    def preconditioner(self, state: State) -> Tensor:
        """P(s), (size,) or one number () for all weights. It means nothing before the first update."""

    def direction(self, state: State, gradient: Tensor) -> Tensor:
        """u, (size,), by the state after `next`: the gradient itself where the rule has no momentum."""
        return gradient

    @abstractmethod
    def next(self, state: State, gradient: Tensor) -> State:
        """The state after one more gradient g, (size,)."""

    @abstractmethod
    def rate(self, state: State, gradient: Tensor, variance: Tensor | None = None) -> State:
        """ds/dt where the gradient is g, (size,), and one unit of time is one step.

        `variance`, (size,), is that of the gradient's entries over an oscillation: it belongs to the mean of g².

        A moving average x ← βx + (1−β)y flows by x' = b(y − x) with b = (1−β)/β. The right side is what one step adds
        to x, exactly, where x is the average after the step. For the second moment this is ν' = ((1−β₂)/β₂)(g² − ν),
        the equation of the central flow of RMSProp (Cohen et al. 2024, "Understanding Optimization in Deep Learning
        with Central Flows", arXiv 2410.24206). The central flow puts the mean over the oscillation in the place of g².

        Raises ValueError where β is 0: such an average has no memory, and so no rate.
        """

    @abstractmethod
    def preconditioner_rate(self, state: State, rate: State) -> Tensor:
        """dP/dt where ds/dt is `rate`, in the shape of P(s). It is 0 where ν is 0, of weights that nothing moves."""

    def step(
        self, theta: Tensor, state: State, gradient: Tensor, *, lr: float, decay: float = 0.0
    ) -> tuple[Tensor, State]:
        """θ (size,) and s after one update with step size η = `lr` and decoupled weight decay w = `decay`."""
        state = self.next(state, gradient)
        step = lr * self.direction(state, gradient) / self.preconditioner(state)
        return (1 - lr * decay) * theta - step, state
