"""Products with the Hessian by two compiled programs, made once for a model and used at every θ.

    primal:   θ, buffers, x, y           ->  residuals        what the products at θ have in common
    tangent:  v, θ, buffers, x, y, residuals  ->  H v         the forward derivative of the gradient (Pearlmutter 1994)

`tangent_compiler` makes them, in minutes at worst, and best in another process; here they are loaded and run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from eostui.curvature.compiled.scratch import scratch_in
from eostui.objective.objective import Batch, Objective
from eostui.objective.weights import flatten

PRIMAL, TANGENT = "primal.pt2", "tangent.pt2"
"""The programs' files."""


class TangentProgram:
    """The programs for physical batches of so many `examples`, in bfloat16 where torch's autocast has it.

    residual_bytes: what the residuals take; None before the first were computed.
    """

    residual_bytes: int | None = None

    def __init__(
        self, primal: Callable[..., Sequence[Tensor]], tangent: Callable[..., Sequence[Tensor]], examples: int
    ) -> None:
        self._primal = primal
        self._tangent = tangent
        self.examples = examples

    @classmethod
    def load(cls, directory: Path, examples: int) -> Self:
        """The programs that `compile_tangent` has left in a directory, which they need for as long as they are used.

        Raises RuntimeError or OSError for files that are not what they should be, AttributeError where torch is too
        old to load any.
        """
        with scratch_in(directory):
            primal, tangent = (torch._inductor.aoti_load_package(str(directory / name)) for name in (PRIMAL, TANGENT))
        return cls(primal, tangent, examples)

    def fits(self, batch: Batch) -> bool:
        """Whether the batch is of the size that the programs are for."""
        return len(examples_of(batch)[0]) == self.examples

    def linearize(self, objective: Objective, theta: Tensor, batch: Batch) -> TangentProduct:
        """Compute the residuals of one physical batch at θ (size,)."""
        given = arguments(objective, theta, batch)
        with torch.no_grad():
            residuals = self._primal(*given)
        self.residual_bytes = sum(residual.nbytes for residual in residuals)
        return TangentProduct(objective, self._tangent, [*given, *residuals])


class TangentProduct:
    """One physical batch's Hessian times a vector, both in the shapes of the parameters."""

    def __init__(self, objective: Objective, tangent: Callable[..., Sequence[Tensor]], given: list[Tensor]) -> None:
        self._objective = objective
        self._tangent = tangent
        self._given = given

    def __call__(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        with torch.no_grad():
            (image,) = self._tangent(flatten(v), *self._given)
        return tuple(self._objective.split(image))


def arguments(objective: Objective, theta: Tensor, batch: Batch) -> list[Tensor]:
    """What both programs take, in this order: θ (size,), the model's buffers and the examples of a batch."""
    return [theta, *objective.buffers().values(), *examples_of(batch)]


def examples_of(batch: Batch) -> list[Tensor]:
    """The tensors of a batch's examples: the inputs, and the targets where there are any."""
    inputs = [batch.inputs] if isinstance(batch.inputs, Tensor) else list(batch.inputs.values())
    return inputs if batch.targets is None else [*inputs, batch.targets]
