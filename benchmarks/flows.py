"""What the flows cost and how far off they are: `python benchmarks/flows.py`.

A tanh network 64-32-32-10 on digits in float64, gradient descent at η = 0.4. First the cost of a step of the run, in
gradients: of the central flow, of the gradient flow, and of the papers' scheme (Cohen et al. 2024, arXiv 2410.24206:
Euler steps of ¼, the critical eigenvectors by `eigsh` and third derivatives by autograd at each), which is counted over
a few of its steps at the edge. Products with the Hessian count 1.5 gradients, as everywhere; third derivatives are
timed. Then both flows beside the same ones with steps of 1/N (`--fine N`): how far w is off after `--window` steps,
relative to the way that it has gone, and how far Σ.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.flows import central_flow
from eostui.dynamics.flows.central_flow import CentralFlow
from eostui.dynamics.flows.flow import Flow
from eostui.dynamics.flows.gradient_flow import GradientFlow
from eostui.dynamics.flows.law import Law
from eostui.dynamics.rules import GradientDescent
from eostui.objective.objective import Objective
from eostui.problems.problem import build_problem

LR, EVERY, PRODUCT = 0.4, 20, 1.5
LAW = Law(GradientDescent(), LR)


def network(data_dir: Path) -> Objective:
    """The network on all digits."""
    problem = build_problem(
        arch="fc-tanh",
        width=32,
        depth=2,
        data="digits",
        loss="mse",
        seed=0,
        data_dir=data_dir,
        dtype=torch.float64,
        device=torch.device("cpu"),
        progress=lambda text, fraction: None,
    )
    return Objective(problem.model, problem.loss, problem.dataset.x, problem.dataset.y)


def go(flow: Flow, steps: int, eigenvalues: int) -> None:
    """Go on as a run with rows of so many eigenvalues every `EVERY` steps has it."""
    end = flow.step + steps
    while flow.step < end - 1e-9:
        flow.advance(min(EVERY, end - flow.step))
        flow.top_pairs(eigenvalues)
        if isinstance(flow, CentralFlow):
            flow.oscillation()


def cost(flow: Flow) -> str:
    """The cost of a step of the run until here."""
    gradients, products = flow.gradients / flow.step, flow.products / flow.step
    return f"{gradients:5.2f} gradients + {products:5.2f} products = {gradients + PRODUCT * products:6.2f} gradients"


def of_the_papers(objective: Objective, theta: Tensor, k: int, steps: int) -> str:
    """The cost of a step of the papers' scheme with k critical directions, from so many of its quarters."""
    products, seconds, random = 0, [], np.random.default_rng(0)
    vectors = random.normal(size=(objective.size, k))
    for _ in range(steps):
        with HessianOperator(objective, theta) as hessian:
            made = 0

            def product(v: np.ndarray, hessian: HessianOperator = hessian) -> np.ndarray:
                nonlocal made
                made += 1
                image: np.ndarray = (hessian @ torch.from_numpy(v.reshape(-1).copy())).numpy()
                return image

            operator = LinearOperator((objective.size, objective.size), matvec=product, dtype=np.float64)
            _, vectors = eigsh(operator, k, which="LA", tol=1e-6, v0=vectors[:, -1])
            products += made
            start = time.perf_counter()
            hessian.curvature_gradient(torch.from_numpy(vectors[:, -1].copy()))
            seconds.append(time.perf_counter() - start)
            gradient = objective.gradient(theta).gradient
        theta = theta - LR / 4 * gradient
    a_gradient = median(timed(lambda: objective.gradient(theta)) for _ in range(20))
    third = median(seconds) / a_gradient
    each, thirds = 4 * products / steps, 4 * k * (k + 1) // 2
    total = 4 + PRODUCT * each + third * thirds
    parts = f"{4:5.2f} gradients + {each:5.0f} products + {thirds} third derivatives of {third:.1f} gradients"
    return f"{parts} = {total:6.0f} gradients"


def timed(work) -> float:  # type: ignore[no-untyped-def]
    """Seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def off(objective: Objective, theta: Tensor, steps: int, fine: int) -> str:
    """How far both flows are from fine ones after so many steps from θ."""
    usual = central_flow.EIGENVALUE_TOLERANCE
    said = []
    for kind in (CentralFlow, GradientFlow):
        coarse = kind(objective, LAW, theta, {})
        go(coarse, steps, 1)
        central_flow.EIGENVALUE_TOLERANCE = 1e-6
        converged = kind(objective, LAW, theta, {})
        central_flow.EIGENVALUE_TOLERANCE = usual
        converged.LONGEST = converged.FIRST = 1 / fine  # type: ignore[misc]
        converged._h = 1 / fine
        go(converged, steps, 1)
        moved = (converged.theta - theta).norm()
        said.append(f"{kind.__name__}: w {(coarse.theta - converged.theta).norm() / moved:.2%} of its way")
        if isinstance(coarse, CentralFlow) and isinstance(converged, CentralFlow):
            variance, true = coarse.oscillation().variances, converged.oscillation().variances
            said.append(f"Σ {' and '.join(f'{v / t - 1:+.2%}' for v, t in zip(variance, true, strict=False))}")
    return "; ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000, help="steps of the run that costs are means over")
    parser.add_argument("--window", type=int, default=40, help="steps over which errors are taken")
    parser.add_argument("--fine", type=int, default=64, help="steps of 1/FINE in the flows to compare with; 0 for none")
    parser.add_argument("--data-dir", type=Path, default=Path())
    options = parser.parse_args()
    torch.set_num_threads(1)
    objective = network(options.data_dir)
    theta = objective.parameters()
    central, gradient = CentralFlow(objective, LAW, theta, {}), GradientFlow(objective, LAW, theta, {})
    go(gradient, options.steps, 3)
    print(f"gradient flow   {cost(gradient)} a step", flush=True)
    at_the_edge = theta
    while central.step < options.steps:
        go(central, EVERY, 3)
        if central.step <= options.steps * 0.4:
            at_the_edge = central.theta
    print(f"central flow    {cost(central)} a step", flush=True)
    print(f"papers' scheme  {of_the_papers(objective, at_the_edge, 2, 4)} a step, with two directions", flush=True)
    if options.fine:
        print(f"after {options.window} steps at the edge: {off(objective, at_the_edge, options.window, options.fine)}")


if __name__ == "__main__":
    main()
