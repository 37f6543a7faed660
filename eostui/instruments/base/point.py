"""The point that instruments measure at: the weights at one step before the update, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import GRAPH_BYTES
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.curvature.products import AUTOGRAD, Products
from eostui.dynamics.thresholds import Threshold
from eostui.objective.objective import Gradient, Objective


@dataclass(eq=False, kw_only=True)
class Point:
    """The weights θ_t of a process, before update t.

    step: t. theta: θ_t, all weights in one vector, (size,). lr: the step size η of update t.
    objective: the training loss L over all examples. curvature: the same over the examples that curvature is measured
    on (`--eig-samples`), the very same object where these are all. test: the same over the test set, in evaluation
    mode, where there is one. classes: whether examples have classes, and so an accuracy.
    threshold: the stability threshold for η, and what it is for. preconditioner: P of the optimizer, (size,), None
    where there is none or none yet. optimizer: the optimizer itself, which is only read. time: Σ η of all updates made.
    evaluation: loss and gradient at θ_t that update t is made with; None where the point has no update.
    products: where products with curvature matrices come from. program: compiled ones, where there are any.
    search_with: by instrument, the rough products that its search is made with; exact ones where there are none.
    graph_bytes: what may be kept for further products.
    elapsed, waited, measuring: seconds since the start of the run, those of them that it has stood still for, paused,
    and those that went into measuring.

    A point is a context manager. At its end it frees the graphs, because the update changes θ in place.
    """

    step: int
    theta: Tensor
    lr: float
    objective: Objective
    curvature: Objective
    threshold: Threshold
    preconditioner: Callable[[], Tensor | None] = lambda: None
    optimizer: torch.optim.Optimizer | None = None
    time: float = math.nan
    evaluation: Gradient | None = None
    test: Objective | None = None
    classes: bool = False
    products: Products = AUTOGRAD
    program: TangentProgram | None = None
    search_with: Mapping[str, RoughTrial] = field(default_factory=dict)
    graph_bytes: int = GRAPH_BYTES
    elapsed: float = 0.0
    waited: float = 0.0
    measuring: float = 0.0
    _hessian: HessianOperator | None = field(default=None, init=False)

    @property
    def hessian(self) -> HessianOperator:
        """∇²L at θ_t over the examples for curvature. All instruments share it, its gradient and its graphs."""
        if self._hessian is None:
            self._hessian = self.products.hessian(
                self.curvature, self.theta, graph_bytes=self.graph_bytes, program=self.program
            )
        return self._hessian

    def preconditioned_hessian(self) -> PreconditionedHessianOperator | None:
        """P^(-1/2) (H + wI) P^(-1/2) with the optimizer's P and w; None before the first update, which makes a P.

        Its products use `hessian` and its graphs.
        """
        p = self.preconditioner()
        if p is None:
            return None
        return PreconditionedHessianOperator(self.hessian, p, weight_decay=self.threshold.weight_decay)

    def of_outputs(self, kind: type[GaussNewtonOperator]) -> GaussNewtonOperator:
        """A matrix of the network's outputs at θ_t, with as much memory for its graphs as the Hessian has."""
        return kind(
            self.curvature,
            self.theta,
            graph_bytes=self.graph_bytes,
            differences=self.products.differences,
            double=self.products.double,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the graphs at θ_t."""
        if self._hessian is not None:
            self._hessian.close()
            self._hessian = None
