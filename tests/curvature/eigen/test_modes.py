"""The numbers that eigenvectors keep."""

from __future__ import annotations

import torch
from torch import Tensor

from eostui.curvature.eigen.modes import Modes


def turned(basis: Tensor, first: int, second: int, angle: float) -> Tensor:
    cos, sin = torch.cos(torch.tensor(angle)), torch.sin(torch.tensor(angle))
    basis = basis.clone()
    basis[:, first], basis[:, second] = (
        cos * basis[:, first] + sin * basis[:, second],
        cos * basis[:, second] - sin * basis[:, first],
    )
    return basis


def test_an_eigenvector_keeps_its_number_through_a_crossing_and_a_turn() -> None:
    modes, basis = Modes(), torch.eye(6)
    assert modes.number(basis[:, :3]).tolist() == [0, 1, 2]
    crossed = turned(basis, 0, 4, 0.5)[:, [1, 0, 2]]
    assert modes.number(-crossed).tolist() == [1, 0, 2]


def test_one_that_comes_up_gets_a_new_number_and_one_that_comes_back_does_not_get_its_old_one() -> None:
    modes, basis = Modes(), torch.eye(6)
    modes.number(basis[:, :2])
    assert modes.number(basis[:, [5, 0]]).tolist() == [2, 0]
    assert modes.number(basis[:, [0, 1]]).tolist() == [0, 3]
    assert modes.number(basis[:, :0]).tolist() == []
    assert modes.number(basis[:, [0]]).tolist() == [4]
