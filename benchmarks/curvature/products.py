"""What one product with a curvature matrix costs, its graphs kept or built anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from compiled import compiled_program
from method import Point
from module_at import module_at
from rebuilt import rebuilt_product

from eostui.curvature.linear_operator import BFLOAT16, COMPILED
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import GRAPH_SIZES
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.objective.objective import Objective


def compare_products(objective: Objective, repeats: int) -> None:
    """Print a line for each kind of product: milliseconds and gradients, medians of measurements taken in turn."""
    theta = objective.parameters()
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(objective.size, generator=generator)
    preconditioner = torch.rand(objective.size, generator=generator) + 0.1
    model = module_at(Point(0, 0, objective, theta))
    everything = 1 << 40
    program = compiled_program(objective)
    with (
        HessianOperator(objective, theta, graph_bytes=everything, program=program) as hessian,
        GaussNewtonOperator(objective, theta, graph_bytes=everything) as gauss_newton,
    ):
        low, compiled = hessian.rough(BFLOAT16), hessian.rough(COMPILED)
        scaled = PreconditionedHessianOperator(hessian, preconditioner)
        kinds: dict[str, Callable[[], object]] = {
            "gradient": lambda: objective.gradient(theta),
            "graph of the gradient, and the gradient": lambda: HessianOperator(objective, theta).gradient(),
            "Hessian, kept": lambda: hessian @ v,
            "Hessian, rebuilt": lambda: HessianOperator(objective, theta, graph_bytes=0) @ v,
            "Hessian, rebuilt as the papers do": lambda: rebuilt_product(model, objective, v),
            "Hessian, kept, bfloat16": lambda: low @ v,
            "Hessian, compiled bfloat16": lambda: compiled @ v,
            "what it needs beforehand": lambda: [
                program.linearize(objective, theta, b) for b in objective.physical_batches()
            ],
            "Gauss-Newton, kept": lambda: gauss_newton @ v,
            "Gauss-Newton, rebuilt": lambda: GaussNewtonOperator(objective, theta, graph_bytes=0) @ v,
            "preconditioned, kept": lambda: scaled @ v,
        }
        seconds: dict[str, list[float]] = {name: [] for name in kinds}
        for once in range(repeats + 1):
            for name, run in kinds.items():
                start = time.perf_counter()
                run()
                if once:  # the first builds the graphs that are kept
                    seconds[name].append(time.perf_counter() - start)
        kept = GRAPH_SIZES.of(hessian) or 0.0
    print(f"  {'':40} {'ms':>9} {'gradients':>10}")
    for name, taken in seconds.items():
        gradients = [one / gradient for one, gradient in zip(taken, seconds["gradient"], strict=True)]
        print(f"  {name:40} {1e3 * median(taken):9.2f} {median(gradients):10.2f}")
    print(f"  a physical batch's graph keeps {kept / 2**20:.0f} MiB; there are {objective.batches}")
