"""What the papers' code does, rebuilt here: double backward for every product, and ARPACK.

(Cohen et al. 2021, arXiv 2103.00065: their `get_hessian_eigenvalues` calls scipy's `eigsh` on a LinearOperator whose
products go through the data in physical batches of 1,000.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from method import TOLERANCE, Answer, Array, Method, Point, Reference, error
from module_at import module_at
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective

PHYSICAL_BATCH = 1000
"""Of the papers."""

TIGHTEST = 1e-5
"""A tolerance below which nobody would go in float32."""


def rebuilt_product(model: nn.Module, objective: Objective, v: Tensor) -> Tensor:
    """H v at the model's own weights: loss, gradient and its derivative, all over again for every v (size,)."""
    assert isinstance(objective.inputs, Tensor)
    assert objective.targets is not None
    assert objective.loss is not None
    parameters = list(model.parameters())
    total = torch.zeros_like(v)
    for first in range(0, objective.examples, PHYSICAL_BATCH):
        inputs = objective.inputs[first : first + PHYSICAL_BATCH]
        targets = objective.targets[first : first + PHYSICAL_BATCH]
        loss = objective.loss(model(inputs), targets) * (len(inputs) / objective.examples)
        gradient = torch.autograd.grad(loss, parameters, create_graph=True)
        product = torch.autograd.grad(parameters_to_vector(gradient) @ v, parameters)
        total += parameters_to_vector([part.contiguous() for part in product])
    return total


class Counted:
    """A product with the Hessian as scipy wants it, which counts."""

    def __init__(self, size: int, product: Callable[[Tensor], Tensor]) -> None:
        self.products = 0
        self._product = product
        self.operator = LinearOperator((size, size), matvec=self._matvec, dtype=np.float32)

    def _matvec(self, v: np.ndarray) -> np.ndarray:
        self.products += 1
        return self._product(torch.as_tensor(v.ravel(), dtype=torch.float32)).numpy()

    def largest(self, k: int, *, tol: float, v0: np.ndarray | None = None, ncv: int | None = None) -> Reference:
        """The largest algebraic eigenpairs."""
        values, vectors = eigsh(self.operator, k, which="LA", tol=tol, v0=v0, ncv=ncv)
        order = np.argsort(values)[::-1]
        return Reference(values[order].astype(float), vectors[:, order])


class Papers(Method):
    """As shipped: float32, from a random vector, tolerance 0, which is the rounding of the dtype."""

    tol = 0.0

    def prepare(self, point: Point) -> None:
        self._model = module_at(point)

    def solve(self, point: Point) -> Answer:
        counted = self._counted(point)
        random = np.random.default_rng(point.index).standard_normal(point.objective.size).astype(np.float32)
        return Answer(counted.largest(self.k, tol=self.tol, v0=random).values, counted.products)

    def _counted(self, point: Point) -> Counted:
        objective = point.objective
        return Counted(objective.size, lambda v: rebuilt_product(self._model, objective, v))


class PapersLoose(Papers):
    """The same, asked for what is needed."""

    tol = TOLERANCE


class Expert(Papers):
    """The same from the eigenvectors of the point before, with few Lanczos vectors and a tolerance found by trying.

    v0 is the sum of those eigenvectors, the best that one vector can be, and they are the exact ones. The tolerance is
    the loosest that was accurate at every point so far: looking at the truth costs this expert nothing.
    """

    tol = 0.3

    def watch(self, point: Point, hessian: HessianOperator, reference: Reference) -> None:
        if point.previous is None or min(len(point.previous.values), len(reference.values)) < self.k:
            return
        while self.tol > TIGHTEST:
            values = self._largest(Counted(hessian.size, hessian.__matmul__), point)
            if error(values, reference) <= TOLERANCE:
                break
            self.tol /= 3

    def solve(self, point: Point) -> Answer:
        counted = self._counted(point)
        return Answer(self._largest(counted, point), counted.products)

    def _largest(self, counted: Counted, point: Point) -> Array:
        if point.previous is None:
            v0 = np.random.default_rng(point.index).standard_normal(point.objective.size).astype(np.float32)
        else:
            v0 = point.previous.vectors[:, : self.k].sum(axis=1)
        try:
            return counted.largest(self.k, tol=self.tol, v0=v0, ncv=2 * self.k + 4).values
        except ArpackNoConvergence:
            return np.full(self.k, np.nan)


def truth(hessian: HessianOperator, k: int, seed: int) -> Reference:
    """The k largest eigenpairs by ARPACK, independent of eostui's own eigensolver.

    Residuals of 1e-4 λ leave the values 1e-8 λ²/gap; they are Rayleigh quotients summed in float64, because sums over
    all parameters in float32 are off by more. One pair more than is wanted has to converge, lest one be missed.
    """
    random = np.random.default_rng(1000 + seed).standard_normal(hessian.size).astype(np.float32)
    found = Counted(hessian.size, hessian.__matmul__).largest(k + 1, tol=1e-4, v0=random, ncv=2 * k + 14)
    vectors = torch.as_tensor(found.vectors[:, :k].copy())
    v, image = vectors.double(), (hessian @ vectors).double()
    return Reference(((v * image).sum(0) / v.square().sum(0)).numpy(), vectors.numpy())
