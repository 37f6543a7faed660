"""Whether a search for eigenvectors with products in low precision pays, which one measurement finds out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.inner_products import norm
from eostui.curvature.linear_operator import COMPILED, HasRoughProducts, LinearOperator
from eostui.one_line import in_one_line

Clock = Callable[[], float]
"""Seconds since some moment."""


@dataclass(frozen=True)
class TrialLimits:
    """The conditions for trying rough products, and for making searches with them.

    A text that names no measurement has none on record: it says what the choice trades off.
    """

    tried_after: int = 2
    """The first trial follows this measurement, so it does not delay the first number or a run with one measurement."""

    worthwhile: float = 0.01
    """Seconds of an exact product. Where it takes less there is little to gain, and no trial is made."""

    cheaper: float = 0.75
    """Rough products pay where a search with them takes at most this fraction of the time with exact products.

    The rest of the time is for confirming the result by exact products.
    """

    products: int = 8
    """The assumed number of products in a search. The time to prepare rough products is spread over them.

    Certified measurements at the edge take from about 3 to 15.
    """

    accurate: float = 0.01
    """Rough products are accurate where they are wrong by at most this fraction of their length.

    Eigenvalues are then wrong by its square over the gap. bfloat16 was seen to be wrong by some thousandths.
    """

    repeats: int = 3
    """The time of a product is the shortest of this many attempts: the attempt that was disturbed least."""


USUAL_LIMITS = TrialLimits()


class RoughTrials:
    """The trials along one trajectory of measurements, and the products that they recommend for the search.

    The choice depends on the time that products take. Two runs may choose differently, and then their eigenvalues
    differ within the claimed errors.

    trials: in the order of time; a kind that was not worth a trial has none.
    """

    def __init__(self, limits: TrialLimits = USUAL_LIMITS) -> None:
        self._limits = limits
        self._measurements = 0
        self._kinds_tried: list[str] = []
        self.trials: list[RoughTrial] = []

    @property
    def best(self) -> RoughTrial | None:
        """The kind that saves most time; None where exact products are the better choice."""
        paying = (trial for trial in self.trials if self.pays(trial))
        return min(paying, key=lambda trial: trial.seconds(self._limits.products), default=None)

    def pays(self, trial: RoughTrial) -> bool:
        """Whether a search with these products is accurate and cheaper than one with exact ones."""
        products = self._limits.products
        cheap = trial.seconds(products) <= self._limits.cheaper * products * trial.exact
        return cheap and self.accurate(trial)

    def accurate(self, trial: RoughTrial) -> bool:
        """Whether these products are accurate enough for a search."""
        return not trial.failure and trial.noise <= self._limits.accurate

    def after_measurement(self, operator: HasRoughProducts, v: Tensor) -> list[RoughTrial]:
        """Try every kind of rough products that is due, with v (size,), and return the new trials.

        This must be called after every measurement, with the measured matrix. Each kind that the matrix offers is due
        once. A kind that the matrix offers later, such as compiled products, is due then.
        """
        self._measurements += 1
        new: list[RoughTrial] = []
        if self._measurements >= self._limits.tried_after:
            for kind in operator.rough_kinds:
                if kind not in self._kinds_tried:
                    self._kinds_tried.append(kind)
                    trial = try_rough_products(operator, v, kind, self._limits)
                    new += [] if trial is None else [trial]
        self.trials += new
        return new

    def state_dict(self) -> dict[str, Any]:
        """What was tried and found, as numbers, strings and lists."""
        return {
            "measurements": self._measurements,
            "kinds_tried": [*self._kinds_tried],
            "trials": [asdict(trial) for trial in self.trials],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` has returned. What a process has compiled is gone with it, and is due again."""
        self._measurements = state["measurements"]
        self._kinds_tried = [kind for kind in state["kinds_tried"] if kind != COMPILED]
        self.trials = [RoughTrial(**trial) for trial in state["trials"] if trial["kind"] != COMPILED]


def try_rough_products(
    operator: HasRoughProducts,
    v: Tensor,
    kind: str,
    limits: TrialLimits = USUAL_LIMITS,
    clock: Clock = time.perf_counter,
) -> RoughTrial | None:
    """Time products with v (size,), on existing graphs; None where exact products take so little time already.

    A failure of rough products is noted in the trial and not raised: a model may have operations without a lower
    precision.
    """
    if operator.dtype != torch.float32:
        return None
    exact, image = _quickest(operator, v, limits.repeats, clock)
    if exact < limits.worthwhile:
        return None
    rough = operator.rough(kind)
    try:
        start = clock()
        float((rough @ v)[0])
        first = clock() - start
        seconds, rough_image = _quickest(rough, v, limits.repeats, clock)
        noise = float(norm((rough_image - image)[None])[0] / norm(image[None])[0])
        return RoughTrial(kind, exact, max(first - seconds, 0.0), seconds, noise)
    except (RuntimeError, TypeError, ValueError) as error:
        return RoughTrial(kind, exact, torch.inf, torch.inf, torch.inf, in_one_line(error))
    finally:
        rough.close()


def _quickest(operator: LinearOperator, v: Tensor, repeats: int, clock: Clock) -> tuple[float, Tensor]:
    """Seconds of the quickest product with v, and the product."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        image = operator @ v
        float(image[0])  # the host waits for the device
        seconds.append(clock() - start)
    return min(seconds), image
