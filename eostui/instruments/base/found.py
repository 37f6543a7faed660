"""The newest results of the instruments, for the instruments that need them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.curvature.eigen.eigensolver import Eigenpairs
from eostui.instruments.base.instrument import State


@dataclass(frozen=True)
class Measured:
    """The newest eigenpairs of a matrix, and the step at which they were measured."""

    step: int
    pairs: Eigenpairs


class Found:
    """The newest eigenpairs of each matrix, by the name of its table, and the weights of processes beside the run."""

    def __init__(self) -> None:
        self._spectra: dict[str, Measured] = {}
        self._weights: dict[str, tuple[int, Tensor]] = {}

    def put_weights(self, process: str, step: int, theta: Tensor) -> None:
        """Say where a process beside the run is at a step: θ, (size,), which nobody changes in place."""
        self._weights[process] = step, theta

    def weights(self, process: str, step: int) -> Tensor | None:
        """Where that process is at `step`; None where nobody said."""
        there = self._weights.get(process)
        return there[1] if there is not None and there[0] == step else None

    def add(self, table: str, step: int, pairs: Eigenpairs) -> None:
        """Set the newest eigenpairs of a matrix."""
        self._spectra[table] = Measured(step, pairs)

    def newest(self, table: str) -> Measured | None:
        """The newest eigenpairs of a matrix; None before the first measurement."""
        return self._spectra.get(table)

    def at(self, table: str, step: int) -> Eigenpairs | None:
        """The eigenpairs that were measured at `step`; None where the newest are those of another step."""
        newest = self._spectra.get(table)
        return newest.pairs if newest is not None and newest.step == step else None

    def state_dict(self) -> State:
        """All eigenpairs. The eigenvectors stand for the subspaces, which are part of the searches' state."""
        return {
            table: {
                "step": measured.step,
                "values": torch.from_numpy(measured.pairs.values),
                "residuals": torch.from_numpy(measured.pairs.residuals),
                "errors": torch.from_numpy(measured.pairs.errors),
                "vectors": measured.pairs.vectors,
                "products": measured.pairs.products,
                "converged": measured.pairs.converged,
            }
            for table, measured in self._spectra.items()
        }

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` gave."""
        self._spectra = {}
        for table, said in state.items():
            arrays = {name: said[name].numpy() for name in ("values", "residuals", "errors")}
            pairs = Eigenpairs(
                **arrays,
                vectors=said["vectors"],
                subspace=said["vectors"],
                products=said["products"],
                converged=said["converged"],
            )
            self.add(table, said["step"], pairs)
