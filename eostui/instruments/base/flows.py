"""What the instruments of flows share: when a flow begins, and how it keeps up with the run."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from eostui.dynamics.flows.refusals import why_no_flow
from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import PRODUCT
from eostui.store.events import Checked

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.dynamics.flows.flow import Flow
    from eostui.dynamics.flows.law import Law
    from eostui.dynamics.update_rule import State as RuleState
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say
    from eostui.objective.objective import Objective

NEAR = 0.9
"""Adam's flows begin by themselves once λ₁ is above this share of its threshold: begun earlier, they stray in flat
directions."""
SETTLED = 10
"""The step at which the flows of RMSProp begin by themselves: its first second moments are those of few gradients."""


@dataclass(frozen=True)
class _Seen:
    """A step that was seen before the flow begins: t, η, θ_t and the state of the rule, where it has one."""

    step: int
    lr: float
    theta: Tensor
    state: RuleState | None


def kinked(objective: Objective) -> list[str]:
    """The kinds of layers of a network that have kinks, as far as they are modules: ReLU, Hardtanh, …, sorted."""
    from torch import nn

    kinds = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish)
    return sorted({type(module).__name__ for module in objective.model.modules() if isinstance(module, kinds)})


class FlowInstrument(Instrument):
    """A flow that moves beside the run, and a row of it at every measurement and at every change of η.

    A flow that begins in the course of a run does so from the midpoint (θ_{t−1} + 2θ_t + θ_{t+1})/4, which has no part
    of an oscillation with period 2. That is known at step t + 1.
    """

    flow: ClassVar[str]
    """The name, as `--flow` takes it."""
    central: ClassVar[bool] = False
    needs = ("hessian", "preconditioned")
    keeps = 30  # those of its search, y and the stages of a step; critical directions have k² more
    at_new_step_sizes = True

    @classmethod
    def refusal(cls, scope: Scope) -> str:
        training = scope.training
        hyperparameters = {
            name: getattr(training, name) for name in ("momentum", "weight_decay", "decoupled", "centered")
        }
        return why_no_flow(
            training.optimizer, hyperparameters, minibatches=training.batch_size is not None, central=cls.central
        )

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._flow: Flow | None = None
        self._origin = math.nan
        self._seen: list[_Seen] = []
        """The last steps in a row, at most two."""
        self._asked_at: int | None = None
        """The step of the first measurement; 0 where the flow begins by itself."""
        self._began = self._ended = False
        self._saved: State | None = None
        """The state of the flow in a checkpoint, until the first measurement after it."""

    @property
    def eager(self) -> bool:
        """Whether it has to see the next step, whatever the cadence says: it is about to begin."""
        return bool(self._seen) or self._settles()

    @abstractmethod
    def make(self, point: Point, law: Law, theta: Tensor, state: RuleState, step: int) -> Flow:
        """The flow of this instrument."""

    @abstractmethod
    def row(self, flow: Flow, point: Point, found: Found) -> Mapping[str, Any]:
        """What the row has beside `step`, `origin` and `gradients`."""

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """The row of the flow at the step of the point; NaN while it waits. None where nothing was to be measured."""
        if self._asked_at is None:
            self._asked_at = point.step
        if self._ended:
            return None
        if self._saved is not None:
            self._go_on(point, self._saved)
        eager = self.eager
        if self._flow is None and not self._begin(point, found, say):
            return None if eager else {"origin": math.nan, "time": point.time}
        flow = self._flow
        assert flow is not None
        self._keep_up(flow, point, say)
        if self._flow is None:  # given up, to begin anew later on
            return {"origin": math.nan, "time": point.time}
        if why := self.why_ended(flow):
            self._stop(why, say)
            return {"origin": self._origin, "time": point.time}
        cost = flow.gradients + PRODUCT * flow.products
        return {"origin": self._origin, "time": point.time, "gradients": cost, **self.row(flow, point, found)}

    def why_ended(self, flow: Flow) -> str:
        """Why the flow cannot go on, in words; empty where it can."""
        return "" if flow.finite else "its loss or gradient is no longer finite"

    def _stop(self, why: str, say: Say) -> None:
        say.event(Checked(f"{self.name} has ended: {why}; the run goes on"))
        self._flow, self._ended = None, True

    def _keep_up(self, flow: Flow, point: Point, say: Say) -> None:
        """Let the flow go on to the step of the point, with the η that was in force until here."""
        from eostui.dynamics.flows.law import law_of

        begun, end = flow.step, point.step
        text = f"advancing the {self.flow} flow"
        flow.on_work = lambda: say.progress(text, (flow.step - begun) / (end - begun) if end > begun else None)
        flow.advance(end - begun)
        assert point.optimizer is not None
        if (law := law_of(point.optimizer)) != flow.law:
            flow.obey(law)

    def _begin(self, point: Point, found: Found, say: Say) -> bool:
        """Begin where it is time to. Returns whether the flow is there now."""
        from eostui.dynamics.flows.law import law_of, state_of

        assert point.optimizer is not None
        theta, state, law = point.theta, state_of(point.optimizer, point.theta), law_of(point.optimizer)
        if point.step == 0 and state is not None:
            return self._forks(point, law, theta.clone(), state, 0, say)
        last = self._seen[-1] if self._seen else None
        if last is not None and (last.step != point.step - 1 or last.lr != law.lr):
            self._seen = []  # the midpoint of steps of different lengths would be none
        if not self._seen and not self._is_time(point, found):
            return False
        self._seen.append(_Seen(point.step, law.lr, theta.clone(), state))
        if len(self._seen) < 3:
            return False
        before, middle, after = self._seen
        self._seen = []
        if middle.state is None:
            return False
        midpoint = (before.theta + 2 * middle.theta + after.theta) / 4
        return self._forks(point, law, midpoint, middle.state, middle.step, say)

    def _is_time(self, point: Point, found: Found) -> bool:
        """Whether the run is where its flow begins."""
        if self._asked_at or self._began:  # somebody asked for it in the course of the run, or it has waited
            return self.may_begin(point, found)
        if self._scope.matrix is Matrix.HESSIAN:
            return self.may_begin(point, found)
        if self._settles():
            return point.step >= SETTLED - 1 and self.may_begin(point, found)
        return self._share(point, found) > NEAR and self.may_begin(point, found)

    def _settles(self) -> bool:
        """Whether it begins by itself once the second moments of RMSProp are those of several gradients."""
        by_itself = self._asked_at == 0 and not self._began
        return by_itself and "rmsprop" in self._scope.training.optimizer

    def may_begin(self, point: Point, found: Found) -> bool:
        """Whether a flow from here would mean anything."""
        return True

    def _share(self, point: Point, found: Found) -> float:
        """λ₁ of the run, as it was measured last, ÷ its threshold; NaN where it was not."""
        newest = found.newest(str(self._scope.matrix))
        return math.nan if newest is None else float(newest.pairs.values[0]) / point.threshold.value

    def _forks(self, point: Point, law: Law, theta: Tensor, state: RuleState, step: int, say: Say) -> bool:
        self._flow = self.make(point, law, theta, state, step)
        self._flow.on_work = lambda: say.progress(f"beginning the {self.flow} flow")
        if not self._began and (layers := kinked(point.objective)):
            text = (
                f"{self.name}: the network has {', '.join(layers)}, whose kinks no derivative sees; "
                "a flow moves as if there were none"
            )
            say.event(Checked(text))
        self._origin, self._began = float(step), True
        return True

    def _go_on(self, point: Point, saved: State) -> None:
        """Go on with the flow of a checkpoint; with none where the optimizer is another one by now."""
        from eostui.dynamics.flows.law import law_of, state_of

        self._saved = None
        assert point.optimizer is not None
        law, state = law_of(point.optimizer), state_of(point.optimizer, point.theta)
        if saved["rule"] != repr(law.rule) or state is None:
            self.wait()
            return
        law = replace(law, lr=saved["lr"])  # until here; a run may be resumed with another one
        self._flow = self.make(point, law, point.theta, state, 0)
        self._flow.load_state_dict(saved["flow"])

    def wait(self) -> None:
        """Give up the present flow, and begin anew once that is possible."""
        self._flow, self._origin, self._seen = None, math.nan, []

    def in_units_of_threshold(self, values: np.ndarray[Any, np.dtype[np.float64]], flow: Flow) -> np.ndarray[Any, Any]:
        """Eigenvalues of P⁻¹H as those that the threshold is for, NaN beyond them: (eigs,)."""
        count = self._scope.measuring.eigs
        decay = flow.law.decay if self._scope.matrix is Matrix.HESSIAN else 0.0
        shown = values[:count] / flow.law.lr - decay
        return np.pad(shown, (0, count - len(shown)), constant_values=np.nan)

    def state_dict(self) -> State:
        saved = self._saved
        if self._flow is not None:
            law = self._flow.law
            saved = {"flow": self._flow.state_dict(), "rule": repr(law.rule), "lr": law.lr}
        return {
            "saved": saved,
            "origin": self._origin,
            "asked_at": self._asked_at,
            "began": self._began,
            "ended": self._ended,
            "seen": [[seen.step, seen.lr, seen.theta, seen.state] for seen in self._seen],
        }

    def load_state_dict(self, state: State) -> None:
        self._flow, self._saved = None, state["saved"]
        self._origin, self._asked_at = state["origin"], state["asked_at"]
        self._began, self._ended = state["began"], state["ended"]
        self._seen = [_Seen(*seen) for seen in state["seen"]]
