"""Other packages that measure the top of a Hessian's spectrum, each called as its own documentation does.

They come with `pip install '.[bench]'`. Where one leaves the number of iterations to its user, it is told the smallest
that is accurate, which nobody can know who has not measured already: a perfect stop.
"""

from __future__ import annotations

import gc
import importlib.util
import warnings
from unittest import mock

import numpy as np
import torch
from method import TOLERANCE, Answer, Array, Method, Point, Reference, error
from module_at import module_at
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn
from torch.func import replace_all_batch_norm_modules_

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Loss


class Package(Method):
    """A method of an installed package; raises ModuleNotFoundError where it is not."""

    module: str

    def __init__(self, k: int) -> None:
        super().__init__(k)
        if importlib.util.find_spec(self.module) is None:
            raise ModuleNotFoundError(f"{self.module} is not installed: pip install '.[bench]'")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(self.module)

    def prepare(self, point: Point) -> None:
        self._model = module_at(point)
        self._data = point.objective.inputs, point.objective.targets
        assert point.objective.loss is not None
        self._loss = point.objective.loss


class PyHessian(Package):
    """`pyhessian`: power iteration from a random vector.

    With a perfect stop, or at the best of 100 iterations, its default, where none is accurate. It puts the model into
    evaluation mode, where batch norm has another Hessian; here that is undone. Its tolerance only says that two
    values in a row are close.
    """

    module = "pyhessian"
    most = 100
    iterations = 20

    def tune(self, point: Point, hessian: HessianOperator, reference: Reference) -> None:
        torch.manual_seed(point.index)
        sizes = [p.numel() for p in self._model.parameters()]
        v = torch.cat([torch.randn(size) for size in sizes])
        best, self.iterations = np.inf, 1
        for iteration in range(1, self.most + 1):
            v = (v / torch.linalg.vector_norm(v, dtype=torch.float64)).float()
            image = hessian @ v
            off = error(np.array([float(v.double() @ image.double())]), reference)
            if off < best:
                best, self.iterations = off, iteration
            if off <= TOLERANCE:
                break
            v = image

    def solve(self, point: Point) -> Answer:
        from pyhessian import hessian

        torch.manual_seed(point.index)
        with mock.patch.object(self._model, "eval", return_value=self._model):
            measured = hessian(self._model, self._loss, data=self._data, cuda=False)
            values, _ = measured.eigenvalues(maxIter=self.iterations, tol=0.0, top_n=1)
        for p in self._model.parameters():
            p.grad = None  # it holds a graph that holds it
        return Answer(np.array(values), self.iterations)


class Eigenthings(Package):
    """`hessian-eigenthings`: Lanczos from a random vector, products rebuilt, with a perfect stop.

    Its default for the largest eigenvalue is two iterations.
    """

    module = "hessian_eigenthings"
    most = 60
    iterations = 20

    def tune(self, point: Point, hessian: HessianOperator, reference: Reference) -> None:
        from hessian_eigenthings import LambdaOperator, lanczos_tridiagonal

        generator = torch.Generator().manual_seed(point.index)
        v0 = torch.randn(hessian.size, generator=generator)
        operator = LambdaOperator(hessian.__matmul__, hessian.size)
        run = lanczos_tridiagonal(operator, v0, self.most)
        off = [error(_largest_of_tridiagonal(run.alphas[:m], run.betas[: m - 1]), reference) for m in range(1, 61)]
        accurate = [m for m, e in enumerate(off, start=1) if e <= TOLERANCE]
        self.iterations = accurate[0] if accurate else int(np.argmin(off)) + 1

    def solve(self, point: Point) -> Answer:
        from hessian_eigenthings import HessianOperator as Theirs
        from hessian_eigenthings import lanczos, supervised_loss

        operator = Theirs(self._model, [self._data], supervised_loss(self._loss))
        found = lanczos(operator, k=1, max_iter=self.iterations, which="LA", seed=point.index)
        return Answer(found.eigenvalues.numpy().astype(float), self.iterations)


class Curvlinops(Package):
    """`curvlinops` and scipy's `eigsh` at 1e-3, in float32, without the package's own checks."""

    module = "curvlinops"

    def prepare(self, point: Point) -> None:
        super().prepare(point)
        # vmap cannot update running statistics, and in training mode nothing depends on them.
        replace_all_batch_norm_modules_(self._model)

    def solve(self, point: Point) -> Answer:
        from curvlinops import HessianLinearOperator

        parameters = list(self._model.parameters())
        theirs = HessianLinearOperator(
            self._model, _MeanLoss(self._loss), parameters, [self._data], check_deterministic=False
        ).to_scipy(dtype=np.float32)
        products = 0

        def product(v: np.ndarray) -> np.ndarray:
            nonlocal products
            products += 1
            image: np.ndarray = theirs @ v
            return image

        counted = LinearOperator(theirs.shape, matvec=product, dtype=np.float32)
        random = np.random.default_rng(point.index).standard_normal(theirs.shape[0]).astype(np.float32)
        values = eigsh(counted, 1, which="LA", tol=TOLERANCE, v0=random, return_eigenvectors=True)[0]
        gc.collect()
        return Answer(values.astype(float), products)


class _MeanLoss(nn.Module):
    """The loss as curvlinops takes it."""

    reduction = "mean"

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self._loss = loss

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self._loss(outputs, targets)


def _largest_of_tridiagonal(diagonal: Tensor, beside: Tensor) -> Array:
    matrix = torch.diag(diagonal) + torch.diag(beside, 1) + torch.diag(beside, -1)
    eigenvalues: Array = torch.linalg.eigvalsh(matrix.double()).numpy()
    return eigenvalues[-1:]
