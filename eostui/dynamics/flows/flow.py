"""What the flows share: weights, and an optimizer's state, that move in continuous time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from eostui.curvature.products import AUTOGRAD, Products
from eostui.dynamics.flows.chebyshev import chebyshev_step, local_error, stages_for
from eostui.dynamics.flows.law import Law, Layout
from eostui.dynamics.flows.top_pairs import TopPairs, TopSpectrum
from eostui.dynamics.update_rule import State
from eostui.objective.objective import Gradient, Objective

Held = tuple[Tensor | None, Tensor | None]
"""What an oscillation does in a step: its pull on w, and the variance of the gradient, (size,) each."""


@dataclass(frozen=True)
class Trial:
    """A step to y, loss and gradient there, and an estimate of its relative error."""

    y: Tensor
    here: Gradient
    error: float


class Flow(ABC):
    """Weights w and the state s of a rule at a time that is counted in steps.

    objective: the training loss L. law: what moves the flow; it may be replaced between two calls of `advance`. step:
    the time. gradients, products: how many of each it has taken. `by` says where products with the Hessian come from.
    on_work: is called before each gradient and product, and may raise to abandon what is being done.
    """

    FIRST: ClassVar[float] = 0.5
    """First step: what a flow begins with may change much faster than what it comes to."""
    SHORTEST: ClassVar[tuple[float, float]] = (1 / 64, 0.5)
    """Shortest step, within `SETTLING` steps of the beginning and later. It is taken whatever its error, for the error
    of a step over a kink of a network does not fall as its length does."""
    SETTLING: ClassVar[float] = 10.0
    LONGEST: ClassVar[float]
    """Longest step, in steps of the optimizer."""
    TOLERANCE: ClassVar[float]
    """Largest error of a step, relative to the way that it goes."""

    def __init__(
        self,
        objective: Objective,
        law: Law,
        theta: Tensor,
        state: State,
        *,
        spectrum: TopSpectrum,
        step: float = 0,
        by: Products = AUTOGRAD,
    ) -> None:
        self.objective = objective
        self.law = law
        self.step = self._begun = float(step)
        self.gradients = 0
        self.products = 0
        self._spectrum = spectrum
        self._by = by
        self.on_work: Callable[[], None] = lambda: None
        self._layout = Layout(theta, state)
        self._y = self._layout.packed(theta, state).clone()
        self._here: Gradient | None = None
        self._pairs: TopPairs | None = None
        self._sharpness = (math.inf, math.nan)
        """λ₁ of P⁻¹H as it was found last, and when."""
        self._h = self.FIRST

    @property
    def theta(self) -> Tensor:
        """w, (size,)."""
        return self._layout.parts(self._y)[0]

    @property
    def state(self) -> State:
        """s: the tensors of the rule by name."""
        return self._layout.parts(self._y)[1]

    def obey(self, law: Law) -> None:
        """Move by another law from here on. What is known in the units of the last one is forgotten."""
        self.law, self._pairs, self._sharpness = law, None, (math.inf, math.nan)
        self._h = min(self._h, self.FIRST)

    def advance(self, steps: float) -> None:
        """Go on by a time, and end exactly there."""
        end = self.step + steps
        while end - self.step > 1e-9:
            left = end - self.step
            self._step(left if left <= self._h else left / 2 if left < 2 * self._h else self._h)

    @abstractmethod
    def _step(self, h: float) -> None:
        """Go on by h or less, and choose the length of the step after it."""

    def top_pairs(self, k: int = 1) -> TopPairs:
        """The `k` largest eigenpairs of P⁻¹H at w, and those in sight of the edge. Raises NonFiniteProduct."""
        if self._pairs is None or len(self._pairs.values) < min(k, self.objective.size):
            here = self.evaluation()
            hessian = self._by.hessian(self.objective, self.theta)
            self._pairs = self._spectrum.measure(
                hessian,
                self.preconditioner(),
                edge=self.law.edge,
                decay=self.law.decay,
                here=here,
                k=k,
                on_product=lambda _: self.on_work(),
            )
            hessian.close()
            self.products += self._pairs.products
            self._sharpness = (float(self._pairs.values[0]), self.step)
        return self._pairs

    def _known_sharpness(self, for_steps: float) -> float:
        """λ₁ of P⁻¹H, as it was found in the last `for_steps` steps or is found now."""
        value, found_at = self._sharpness
        if not self.step - found_at <= for_steps:
            value = float(self.top_pairs().values[0])
        return value

    def preconditioner(self) -> Tensor:
        """P, (size,) or (), which has 1/η in it."""
        return self.law.preconditioner(self.state)

    def evaluation(self) -> Gradient:
        """L(w) and ∇L(w), with the coupled weight decay in the gradient and without it in the loss. Computed once."""
        if self._here is None:
            self._here = self._evaluation_at(self.theta)
        return self._here

    @property
    def finite(self) -> bool:
        """Whether loss and gradient are finite."""
        here = self.evaluation()
        return bool(here.loss.isfinite()) and bool(here.gradient.isfinite().all())

    def _evaluation_at(self, theta: Tensor) -> Gradient:
        self.on_work()
        self.gradients += 1
        found = self.objective.gradient(theta)
        if not self.law.decay:
            return found
        return Gradient(found.loss, found.accuracy, found.gradient + self.law.decay * theta)

    def _gradient_at(self, theta: Tensor) -> Tensor:
        return self._evaluation_at(theta).gradient

    def _slope(self, y: Tensor, gradient: Tensor, pull: Tensor | None, variance: Tensor | None) -> Tensor:
        """dy/dt where the gradient is `gradient` + `pull`, and an oscillation gives it a `variance`, (size,) each."""
        _, state = self._layout.parts(y)
        force = gradient if pull is None else gradient + pull
        rate = self.law.rule.rate(state, gradient, variance)
        return self._layout.packed(-force / self.law.preconditioner(state), rate)

    def _rate(self, pull: Tensor | None = None, variance: Tensor | None = None) -> Callable[[Tensor], Tensor]:
        """dy/dt as a function of y, with an oscillation that does not change meanwhile."""

        def rate(y: Tensor) -> Tensor:
            return self._slope(y, self._gradient_at(self._layout.parts(y)[0]), pull, variance)

        return rate

    def _try(self, h: float, rho: float, pull: Tensor | None = None, variance: Tensor | None = None) -> Trial:
        """One step of length h, where the largest eigenvalue of P⁻¹H is ρ. Nothing moves yet."""
        here = self.evaluation().gradient
        slope = self._slope(self._y, here, pull, variance)
        y = chebyshev_step(self._rate(pull, variance), self._y, slope, h, stages_for(h, rho))
        after = self._evaluation_at(self._layout.parts(y)[0])
        wrong = local_error(self._y, y, slope, self._slope(y, after.gradient, pull, variance), h)
        return Trial(y, after, self._relative(wrong, y - self._y))

    def _relative(self, wrong: Tensor, move: Tensor) -> float:
        """The error of a step: in w relative to the way that w has moved, in s relative to s."""
        theta_wrong, state_wrong = self._layout.parts(wrong)
        theta_move, _ = self._layout.parts(move)
        errors = [_ratio(theta_wrong, theta_move)]
        errors += [_ratio(state_wrong[name], value) for name, value in self.state.items()]
        return max(errors)

    @property
    def _shortest(self) -> float:
        return self.SHORTEST[self.step >= self._begun + self.SETTLING]

    def _go(self, h: float, rho: float, held: Callable[[float], Held] = lambda _: (None, None)) -> float:
        """Make a step of length h, or a shorter one where its error is too large. Returns its length.

        `held` gives the pull and the variance of an oscillation for a step of some length. The length of the next step
        follows from the error of this one, which grows as the square of h.
        """
        while True:
            trial = self._try(h, rho, *held(h))
            if trial.error <= self.TOLERANCE or h <= self._shortest:
                break
            h = max(h / 2, self._shortest)
        self._y, self._here, self._pairs = trial.y, trial.here, None
        self.step += h
        factor = (0.8 * self.TOLERANCE / max(trial.error, 1e-12)) ** 0.5
        self._h = min(max(h * min(2.0, max(0.3, factor)), self._shortest), self.LONGEST)
        return h

    def state_dict(self) -> dict[str, Any]:
        """Everything that the following steps depend on, but for the objective and the law. Tensors are not copied."""
        here, pairs = self._here, self._pairs
        return {
            "y": self._y,
            "here": None if here is None else [here.loss, here.accuracy, here.gradient],
            "pairs": None if pairs is None else [torch.from_numpy(pairs.values), pairs.vectors, pairs.products],
            "spectrum": self._spectrum.state_dict(),
            "sharpness": list(self._sharpness),
            "step": self.step,
            "begun": self._begun,
            "length": self._h,
            "gradients": self.gradients,
            "products": self.products,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` gave, of a flow that was made in the same way."""
        self._y, self._h = state["y"].to(self._y), state["length"]
        self._here = None if state["here"] is None else Gradient(*state["here"])
        self._pairs = None
        if state["pairs"] is not None:
            values, vectors, products = state["pairs"]
            self._pairs = TopPairs(values.numpy(), vectors, products)
        value, found_at = state["sharpness"]
        self._sharpness = value, found_at
        self._spectrum.load_state_dict(state["spectrum"])
        self.step, self._begun = state["step"], state["begun"]
        self.gradients, self.products = state["gradients"], state["products"]


def _ratio(part: Tensor, whole: Tensor) -> float:
    length = float(torch.linalg.vector_norm(whole))
    return float(torch.linalg.vector_norm(part)) / length if length else 0.0
