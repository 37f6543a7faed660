"""Curvature products and the eigensolver beside what one would use instead, in one process and on real data.

    python benchmarks/curvature.py                  the digits that ship with eostui
    python benchmarks/curvature.py --data-dir DIR   also CIFAR-10 from DIR/cifar10_5k_1k.npz

Times alternate between the two that are compared, so that a busy machine slows both; ratios are of medians.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

import eostui
from eostui.curvature.eigensolver import top_eigenpairs
from eostui.curvature.hessian import HessianOperator
from eostui.curvature.objective import Objective

TOLERANCE = 1e-3
STEPS_BETWEEN = 10


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return 0.5 * (outputs - F.one_hot(targets, 10)).square().sum(1).mean()


def fully_connected(images: np.ndarray, classes: np.ndarray) -> Objective:
    """fc-tanh, 200-200, on standardised images."""
    inputs = torch.as_tensor(images, dtype=torch.float32).flatten(1)
    inputs = (inputs - inputs.mean()) / inputs.std()
    torch.manual_seed(0)
    widths = [inputs.shape[1], 200, 200, 10]
    layers = [layer for widths_of_two in pairwise(widths) for layer in (nn.Linear(*widths_of_two), nn.Tanh())]
    targets = torch.as_tensor(classes, dtype=torch.long)
    return Objective(nn.Sequential(*layers[:-1]), half_squared_error, inputs, targets)


def naive_product(objective: Objective, theta: Tensor, v: Tensor) -> Tensor:
    """The usual Hessian product: loss, gradient and its derivative, all over again for every v."""
    theta = theta.clone().requires_grad_()
    names = [name for name, _ in objective.model.named_parameters()]
    state = dict(zip(names, objective.split(theta), strict=True))
    loss = objective.loss(functional_call(objective.model, state, objective.inputs), objective.targets)
    (gradient,) = torch.autograd.grad(loss, theta, create_graph=True)
    return torch.autograd.grad(gradient, theta, v)[0]


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def compare_products(objective: Objective, repeats: int) -> None:
    theta, v = objective.parameters(), torch.randn(objective.size)
    ours, naive = [], []
    with HessianOperator(objective, theta) as hessian:
        torch.testing.assert_close(hessian @ v, naive_product(objective, theta, v), rtol=1e-3, atol=1e-4)
        for _ in range(repeats):
            ours.append(seconds(lambda: hessian @ v))
            naive.append(seconds(lambda: naive_product(objective, theta, v)))
    build = seconds(lambda: HessianOperator(objective, theta) @ v) - median(ours)
    print(
        f"  Hessian product    {median(ours) * 1e3:8.2f} ms, graph {build * 1e3:.2f} ms once; "
        f"rebuilt every time {median(naive) * 1e3:8.2f} ms: {median(naive) / median(ours):.2f}x"
    )


class Scipy:
    """eigsh(which="LA") on the same operator, at the loosest tolerance that still gives the wanted error."""

    def __init__(self, hessian: HessianOperator, k: int) -> None:
        self.k = k
        self.products = 0
        self.hessian = hessian
        self.operator = LinearOperator((hessian.size,) * 2, matvec=self._product, dtype=np.float32)

    def _product(self, v: np.ndarray) -> np.ndarray:
        self.products += 1
        return (self.hessian @ torch.as_tensor(v.ravel(), dtype=torch.float32)).numpy()

    def solve(self, tol: float, v0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.products = 0
        values, vectors = eigsh(self.operator, k=self.k, which="LA", tol=tol, v0=v0)
        return values[::-1], vectors[:, ::-1]

    def loosest_tolerance(self, exact: np.ndarray, v0: np.ndarray) -> float:
        for tol in (0.3, 0.1, 0.03, 0.01, 0.003, 0.001):
            if np.abs(self.solve(tol, v0)[0] - exact).max() <= TOLERANCE * exact[0]:
                return tol
        return 1e-4


def compare_solvers(objective: Objective, k: int, lr: float, before: int, measurements: int) -> None:
    """Cold and warm, every STEPS_BETWEEN steps of gradient descent after `before` of them."""
    generator = torch.Generator().manual_seed(0)
    theta, start, last = objective.parameters(), None, None
    rows: dict[str, list[tuple[int, float, float]]] = {}
    for step in range(before + STEPS_BETWEEN * measurements + 1):
        if step >= before and (step - before) % STEPS_BETWEEN == 0:
            with HessianOperator(objective, theta) as hessian:
                exact = top_eigenpairs(hessian, k, tol=1e-5, generator=generator).values
                scipy = Scipy(hessian, k)
                random = np.random.default_rng(step).standard_normal(objective.size).astype(np.float32)
                starts = {"cold": (None, random)} if start is None else {"cold": (None, random), "warm": (start, last)}
                for name, (own, v0) in starts.items():
                    began = time.perf_counter()
                    pairs = top_eigenpairs(hessian, k, tol=TOLERANCE, start=own, generator=generator)
                    took = time.perf_counter() - began
                    error = np.abs(pairs.values - exact).max() / exact[0]
                    rows.setdefault(f"ours {name}", []).append((pairs.products, took, error))
                    tol = scipy.loosest_tolerance(exact, v0)
                    began = time.perf_counter()
                    values, vectors = scipy.solve(tol, v0)
                    took = time.perf_counter() - began
                    error = np.abs(values - exact).max() / exact[0]
                    rows.setdefault(f"eigsh {name}", []).append((scipy.products, took, error))
                # The sum of the last vectors is the best that one starting vector can be.
                start, last = pairs.subspace, vectors.sum(axis=1)
        theta = theta - lr * objective.gradient(theta).gradient
    print(f"  top {k} eigenvalues from step {before}, every {STEPS_BETWEEN} steps, λ₁ = {exact[0]:.2f}")
    middle = {name: [median(column) for column in zip(*of_name, strict=True)] for name, of_name in rows.items()}
    for name, (products, took, error) in middle.items():
        print(f"    {name:11s} {products:6.1f} products {took:8.3f} s   error {error:.0e} λ₁")
    for name in ("cold", "warm"):
        ours, theirs = middle[f"ours {name}"], middle[f"eigsh {name}"]
        print(f"    {name}: eigsh ÷ ours {theirs[0] / ours[0]:.1f}x products, {theirs[1] / ours[1]:.1f}x seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("EOSTUI_DATA"), help="folder with CIFAR-10")
    parser.add_argument("--threads", type=int, default=1, help="torch threads (default 1)")
    parser.add_argument("--repeats", type=int, default=15, help="products timed (default 15)")
    parser.add_argument("--measurements", type=int, default=4, help="warm measurements (default 4)")
    parser.add_argument("--steps", type=int, default=100, help="training steps before them (default 100)")
    parser.add_argument("--eigs", type=int, default=[1, 4], nargs="+", help="how many eigenvalues (default 1 and 4)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    digits = np.load(Path(eostui.__file__).parent / "problems" / "data" / "digits_8x8.npz")
    problems = {"digits": fully_connected(digits["x"], digits["y"])}
    cifar = Path(options.data_dir or "") / "cifar10_5k_1k.npz"
    if options.data_dir and cifar.is_file():
        arrays = np.load(cifar)
        problems["cifar10, 1000 images"] = fully_connected(arrays["x_train"][:1000], arrays["y_train"][:1000])
    else:
        print("CIFAR-10 skipped: name the folder that holds cifar10_5k_1k.npz with --data-dir")
    for name, objective in problems.items():
        print(f"{name}: fc-tanh, {objective.size} parameters, {objective.examples} examples, float32")
        compare_products(objective, options.repeats)
        for k in options.eigs:
            compare_solvers(objective, k, lr=2 / 40, before=options.steps, measurements=options.measurements)


if __name__ == "__main__":
    main()
