"""All eigenvalues near the threshold, however many they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eostui.instruments.base.eigenvalues import most_followed
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import CERTIFIED, STEP, Column, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Followed(Instrument):
    """All eigenvalues that the solver found for the matrix of the threshold, and which eigenvector is which."""

    name = "followed"
    summary = "every eigenvalue above --eig-above times the threshold, and which eigenvector is which"
    when = "with a threshold, unless --eig-above is inf"
    needs = ("preconditioned", "hessian")

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        return scope.follows

    @classmethod
    def table(cls, scope: Scope) -> Table:
        width = most_followed(scope.measuring.eigs)
        return Table(
            "followed",
            "every eigenvalue above --eig-above times the threshold, and --eigs of them at least, of the matrix that "
            "the threshold is for; NaN past the last",
            (
                STEP,
                Column("eigenvalues", "largest eigenvalues, from the largest down", width=width),
                Column("residuals", "‖Av − λv‖ of each pair; a true eigenvalue lies within it", width=width),
                Column("errors", "estimated error of each eigenvalue, as in the table of the matrix", width=width),
                Column("modes", "number of each eigenvector, kept where they cross; -1 for none", "", "int64", width),
                CERTIFIED,
            ),
        ).with_charts()

    @classmethod
    def work(cls, scope: Scope) -> Work:
        # The search of the matrix's own instrument finds them. Each one beyond --eigs costs that about three products.
        return Work()

    def __init__(self, scope: Scope) -> None:
        from eostui.curvature.eigen.modes import Modes

        self._table = scope.matrix
        self._width = most_followed(scope.measuring.eigs)
        self._modes = Modes()

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """Eigenvalues, residuals, errors and numbers of the modes, (width,) each; None where nothing was found."""
        pairs = found.at(self._table, point.step)
        if pairs is None:
            return None
        return {
            "eigenvalues": self._padded(pairs.values, np.nan),
            "residuals": self._padded(pairs.residuals, np.nan),
            "errors": self._padded(pairs.errors, np.nan),
            "certified": int(point.products.certified),
            "modes": self._padded(self._modes.number(pairs.vectors), -1),
        }

    def state_dict(self) -> State:
        return {"modes": self._modes.state_dict()}

    def load_state_dict(self, state: State) -> None:
        self._modes.load_state_dict(state["modes"])

    def _padded(self, values: NDArray[Any], nothing: float) -> NDArray[Any]:
        return np.pad(values, (0, self._width - len(values)), constant_values=nothing)
