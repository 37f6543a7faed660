"""eostui's own measurement, as a run makes it: a fresh operator at every point, started from the point before."""

from __future__ import annotations

import torch
from cases import Case
from method import FEW, TOLERANCE, Answer, Method, Point
from torch import Tensor

from eostui.curvature.eigensolver import Eigenpairs, top_eigenpairs
from eostui.curvature.hessian import HessianOperator
from eostui.trainer.spectrum import JUMP, VERIFIED_EVERY


class Tracker:
    """Certified eigenpairs from one measurement to the next, as the instrument of a run finds them."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._generator = torch.Generator().manual_seed(0)
        self._subspace: Tensor | None = None
        self._unverified = 0
        self._loss = 0.0

    def measure(self, hessian: HessianOperator) -> Eigenpairs:
        """The k largest eigenpairs at 1e-3."""
        here = hessian.gradient()
        pairs = top_eigenpairs(
            hessian,
            self._k,
            tol=TOLERANCE,
            start=self._subspace,
            gradient=here.gradient,
            verify=self._is_to_be_verified(float(here.loss)),
            generator=self._generator,
        )
        self._subspace = pairs.subspace
        return pairs

    def _is_to_be_verified(self, loss: float) -> bool:
        jumped = not 1 / JUMP < loss / self._loss < JUMP if self._loss else True
        due = self._unverified >= VERIFIED_EVERY or jumped
        self._unverified = 0 if due else self._unverified + 1
        self._loss = loss
        return due


class Ours(Method):
    """Graphs kept over the measurement, within the operator's own budget."""

    def __init__(self, k: int) -> None:
        super().__init__(k)
        self._tracker = Tracker(k)

    def sees(self, index: int, case: Case) -> bool:
        return self.k == 1 or index < FEW

    def solve(self, point: Point) -> Answer:
        with self.operator(point) as hessian:
            pairs = self._tracker.measure(hessian)
        return Answer(pairs.values, pairs.products, claimed=pairs.errors)

    def operator(self, point: Point) -> HessianOperator:
        return HessianOperator(point.objective, point.theta)


class Frugal(Ours):
    """Graphs built anew for every product."""

    def sees(self, index: int, case: Case) -> bool:
        return index < FEW

    def operator(self, point: Point) -> HessianOperator:
        return HessianOperator(point.objective, point.theta, graph_bytes=0)
