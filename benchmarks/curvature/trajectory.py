"""Every method along one trajectory, point by point, so that a busy machine slows them all alike."""

from __future__ import annotations

import gc
import time
import warnings
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from cases import Case
from method import TOLERANCE, Method, Point, Reference, error
from ours import Ours
from progress import progress
from rebuilt import truth
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from eostui.one_line import in_one_line

GROSS = 5e-3
"""An error that must never be."""

EXACT = 1e-5
"""How far the truth may be off, relative to λ₁."""


@dataclass
class Record:
    """What one method did, a number for each point that it saw.

    above: how far a value is above the truth, excess: how far an error is above the claimed one, relative to λ₁.
    failure: why it was given up.
    """

    method: Method
    points: list[int] = field(default_factory=list)
    products: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    above: list[float] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    failure: str = ""


def follow(case: Case, objective: Objective, methods: dict[str, Method]) -> dict[str, Record]:
    """Measure at every point of the case's trajectory."""
    records = {name: Record(method) for name, method in methods.items()}
    thetas = case.trajectory(objective)
    previous: Reference | None = None
    sharpness = []
    for index, theta in enumerate(thetas):
        progress(f"point {index + 1} of {len(thetas)}")
        point = Point(index, case.start + index * case.every, objective, theta, previous)
        due, next_due = (
            [r for r in records.values() if not r.failure and r.method.sees(at, case)] for at in (index, index + 1)
        )
        if not due and not next_due:
            continue
        # The next point's methods may start from the eigenvectors here.
        top = max(record.method.k for record in due + next_due)
        with HessianOperator(objective, theta) as hessian:
            reference = truth(hessian, top, seed=index)
            for method in methods.values():
                method.watch(point, hessian, reference)
            for record in due:
                record.method.prepare(point)
                record.method.tune(point, hessian, reference)
        turn = index % max(1, len(due))
        _measure(point, reference, due[turn:] + due[:turn])
        previous = reference
        sharpness.append(reference.values[0] * case.lr / 2)
    progress()
    print(f"  λ₁·η/2: median {median(sharpness):.3f}, from {min(sharpness):.3f} to {max(sharpness):.3f}")
    return records


def _measure(point: Point, reference: Reference, records: list[Record]) -> None:
    """One measurement by each method, a gradient timed before each."""
    gradients = []
    measured = []
    for record in records:
        gc.collect()
        start = time.perf_counter()
        point.objective.gradient(point.theta)
        gradients.append(time.perf_counter() - start)
        try:
            # Not every peer knows that attention's fused kernels have no second derivative.
            with sdpa_kernel(SDPBackend.MATH), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what peers will have to change
                start = time.perf_counter()
                answer = record.method.solve(point)
                record.seconds.append(time.perf_counter() - start)
        except Exception as problem:  # a peer's failure is a result, too
            record.failure = in_one_line(problem)
            continue
        measured.append(record)
        record.points.append(point.index)
        record.products.append(answer.products)
        record.errors.append(error(answer.values, reference))
        exact = reference.values[: len(answer.values)]
        record.above.append(float(((answer.values - exact) / exact[0]).max()))
        if answer.claimed is not None:
            beyond = np.abs(answer.values - exact) - answer.claimed
            record.excess.append(float(beyond.max() / abs(exact[0])))
    for record in measured:
        record.gradients.append(record.seconds[-1] / median(gradients))


def report(records: dict[str, Record]) -> None:
    """The table; each method is compared with ours for the same k."""
    ours = {record.method.k: record for record in records.values() if type(record.method) is Ours}
    print(
        f"  {'method':16} {'points':>6} {'products':>8} {'seconds':>8} {'gradients':>9} {'÷ ours':>7} "
        f"{'error: median':>13} {'worst':>7} {'>1e-3':>5} {'>5e-3':>5}  claims broken"
    )
    for name, record in records.items():
        if not record.points:
            print(f"  {name:16} {'failed, ' + record.failure if record.failure else 'no point'}")
            continue
        print(
            f"  {name:16} {len(record.points):6d} {median(record.products):8.1f} {median(record.seconds):8.3f} "
            f"{median(record.gradients):9.1f} {_ratio(record, ours.get(record.method.k)):>7} "
            f"{median(record.errors):13.0e} {max(record.errors):7.0e} "
            f"{_beyond(record, TOLERANCE):5d} {_beyond(record, GROSS):5d}  {_broken(record)}"
        )
        if record.failure:
            print(f"  {'':16} and then failed, {record.failure}")
    above = max((value for record in records.values() for value in record.above), default=0.0)
    if above > 10 * EXACT:
        print(f"  BEWARE: a value is {above:.0e} λ₁ above the truth, by rounding or because the truth missed it")


def _ratio(record: Record, yardstick: Record | None) -> str:
    """How much longer it took, in the median of the points that both have seen."""
    if yardstick is None:
        return ""
    seconds = dict(zip(yardstick.points, yardstick.seconds, strict=True))
    both = [s / seconds[point] for point, s in zip(record.points, record.seconds, strict=True) if point in seconds]
    return f"{median(both):.1f}x" if both else ""


def _beyond(record: Record, limit: float) -> int:
    return sum(not value <= limit for value in record.errors)


def _broken(record: Record) -> str:
    """How many claimed errors were smaller than the true ones, and by how much of λ₁ at worst."""
    if not record.excess:
        return "no claim"
    broken = sum(value > EXACT for value in record.excess)
    return f"{broken}, by {max(record.excess):.0e}" if broken else "0"
