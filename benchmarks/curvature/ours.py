"""eostui's own measurement, as a run makes it: a fresh operator at every point, started from the point before."""

from __future__ import annotations

from cases import Case
from compiled import program_for
from method import FEW, TOLERANCE, Answer, Method, Point

from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.curvature.eigen.eigensolver import Eigenpairs
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.operators.hessian import HessianOperator
from eostui.instruments.base.rough_trials import RoughTrials


def measure(spectrum: TrajectorySpectrum, trials: RoughTrials, hessian: HessianOperator, step: int) -> Eigenpairs:
    """What the instrument of a run measures."""
    here = hessian.gradient()
    pairs = spectrum.measure(hessian, step=step, loss=float(here.loss), gradient=here.gradient, search_with=trials.best)
    trials.after_measurement(hessian, pairs.vectors[:, 0])
    return pairs


class Ours(Method):
    """Graphs kept over the measurement, within the operator's own budget."""

    def __init__(self, k: int) -> None:
        super().__init__(k)
        self._spectrum = TrajectorySpectrum(k, tol=TOLERANCE)
        self._trials = RoughTrials()
        self._program: TangentProgram | None = None

    def prepare(self, point: Point) -> None:
        self._program = program_for(self._trials, point.objective)

    def sees(self, index: int, case: Case) -> bool:
        return self.k == 1 or index < FEW

    def solve(self, point: Point) -> Answer:
        with self.operator(point) as hessian:
            pairs = measure(self._spectrum, self._trials, hessian, point.step)
        return Answer(pairs.values, pairs.products, claimed=pairs.errors)

    def operator(self, point: Point) -> HessianOperator:
        return HessianOperator(point.objective, point.theta, program=self._program)


class Frugal(Ours):
    """Graphs built anew for every product, and a small basis."""

    def __init__(self, k: int) -> None:
        super().__init__(k)
        self._spectrum = TrajectorySpectrum(k, tol=TOLERANCE, frugal=True)

    def sees(self, index: int, case: Case) -> bool:
        return index < FEW

    def operator(self, point: Point) -> HessianOperator:
        return HessianOperator(point.objective, point.theta, graph_bytes=0)
