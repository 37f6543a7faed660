"""What an instrument sees: the run at one step, before the update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.curvature.eigen.eigensolver import Eigenpairs
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.thresholds import stability_threshold
from eostui.objective.objective import Objective
from eostui.store.events import Happening
from eostui.trainer.products import AUTOGRAD, Products


@dataclass(frozen=True)
class Measured:
    """The newest certified eigenpairs of a matrix, and the step at which they were."""

    step: int
    pairs: Eigenpairs


@dataclass(frozen=True)
class Moment:
    """The run at the weights θ_t, before update t."""

    step: int
    theta: Tensor
    """θ_t, all weights in one vector, shape (size,): the tensor that `optimizer` updates."""
    objective: Objective
    """The training loss L over all examples."""
    curvature: Objective
    """The training loss over the examples that curvature is measured on (`--eig-samples`)."""
    hessian: HessianOperator
    """∇²L over those examples at θ_t. All instruments share it and the graphs that it keeps; its gradient is there."""
    spectra: dict[str, Measured]
    """What the instruments of spectra measured last, by table; they write into it and others read the vectors."""
    test: Objective | None
    """The same loss over the test set, where there is one."""
    classes: bool
    """Whether examples have classes, and so an accuracy."""
    optimizer: torch.optim.Optimizer
    lr: float
    """The step size η of update t."""
    elapsed: float
    """Seconds since the start of the run."""
    measuring: float
    """Seconds of those that went into measuring."""
    note: Callable[[Happening], None]
    """Write into the run's record that this has happened."""
    compile_products: Callable[[], None]
    """Have products with the Hessian compiled, if the run measures for long enough to gain by it."""
    report: Callable[[str, float | None], None]
    """Say what is being done (and how far, from 0 to 1); raises when the measurement is to be abandoned."""
    products: Products = AUTOGRAD
    """Where products with the Hessian, and with other matrices, come from."""

    def preconditioned_hessian(self) -> PreconditionedHessianOperator | None:
        """P^(-1/2) (H + wI) P^(-1/2) with the optimizer's P and w; None before the first update, which makes a P.

        Its products go through `hessian` and the graphs that it keeps.
        """
        p = preconditioner(self.optimizer, [self.theta])
        if p is None:
            return None
        decay = stability_threshold(self.optimizer).weight_decay
        return PreconditionedHessianOperator(self.hessian, p, weight_decay=decay)

    def of_outputs(self, kind: type[GaussNewtonOperator]) -> GaussNewtonOperator:
        """A matrix of the network's outputs at θ_t, with as much memory for its graphs as the Hessian has."""
        return kind(
            self.curvature,
            self.theta,
            graph_bytes=self.hessian.graph_bytes,
            differences=self.products.differences,
            double=self.products.double,
        )
