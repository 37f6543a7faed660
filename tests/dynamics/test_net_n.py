"""Net N is the network that its figures were computed with."""

from __future__ import annotations

import pytest
import torch

from tests.dynamics.net_n import EIGENVALUES, LOSS, net_n, plain_loss


def test_net_n_has_its_loss_and_its_eigenvalues() -> None:
    objective = net_n()
    theta = objective.parameters()
    hessian = torch.autograd.functional.hessian(plain_loss, theta)
    assert plain_loss(theta).item() == pytest.approx(LOSS, abs=1e-7)
    assert torch.linalg.eigvalsh(hessian).flip(0)[:2].tolist() == pytest.approx(EIGENVALUES, abs=1e-7)


def test_the_objective_of_net_n_is_the_formula() -> None:
    objective = net_n()
    theta = objective.parameters() + 0.1 * torch.cos(torch.arange(objective.size))
    assert objective.gradient(theta).loss.item() == pytest.approx(plain_loss(theta).item(), rel=1e-14)
    slope = torch.func.grad(plain_loss)(theta)
    torch.testing.assert_close(objective.gradient(theta).gradient, slope, rtol=1e-12, atol=1e-14)
