"""RMSprop with one second moment: that it is one, and survives what an optimizer must survive."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from eostui.dynamics.optim.scalar_rmsprop import ScalarRMSprop


def run(optimizer: ScalarRMSprop, weights: list[Tensor], seeds: range) -> None:
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        for w in weights:
            w.grad = torch.randn(w.shape, dtype=w.dtype, generator=generator)
        optimizer.step()


def test_weights_in_pieces_and_in_groups_move_as_they_do_in_one_vector() -> None:
    whole = [torch.zeros(6, dtype=torch.float64)]
    optimizer = ScalarRMSprop(whole, lr=0.1)
    pieces = [torch.zeros(2, 2, dtype=torch.float64), torch.zeros((), dtype=torch.float64), torch.zeros(1).double()]
    in_groups = ScalarRMSprop([{"params": pieces[:1]}, {"params": pieces[1:]}], lr=0.1)
    for seed in range(5):
        run(optimizer, whole, range(seed, seed + 1))
        gradient = whole[0].grad
        assert gradient is not None
        for piece, part in zip(pieces, gradient.split([4, 1, 1]), strict=True):
            piece.grad = part.view(piece.shape)
        in_groups.step()
    torch.testing.assert_close(torch.cat([piece.reshape(-1) for piece in pieces]), whole[0])


def test_every_update_is_along_the_gradient() -> None:
    theta = torch.zeros(4, dtype=torch.float64)
    optimizer = ScalarRMSprop([theta], lr=0.1, beta2=0.5, eps=0.0)
    theta.grad = torch.tensor([3.0, 0.0, -4.0, 0.0], dtype=torch.float64)
    optimizer.step()  # ν = ½·25
    torch.testing.assert_close(theta, -0.1 / 12.5**0.5 * theta.grad)


def test_it_resumes_from_a_checkpoint_bit_for_bit() -> None:
    weights, others = [torch.zeros(3), torch.zeros(2)], [torch.zeros(3), torch.zeros(2)]
    optimizer, resumed = ScalarRMSprop(weights), ScalarRMSprop(others)
    run(optimizer, weights, range(3))
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for mine, theirs in zip(others, weights, strict=True):
        mine.copy_(theirs)
    run(optimizer, weights, range(3, 6))
    run(resumed, others, range(3, 6))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(others, weights, strict=True))


def test_a_closure_is_evaluated_and_its_loss_returned() -> None:
    theta = torch.ones(1, requires_grad=True)
    optimizer = ScalarRMSprop([theta], lr=0.1, beta2=0.0)

    def closure() -> float:
        loss = theta.square().sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == pytest.approx(1.0)
    assert theta.item() == pytest.approx(0.9)


def test_without_any_gradient_nothing_happens() -> None:
    theta = torch.ones(1)
    optimizer = ScalarRMSprop([theta])
    optimizer.step()
    assert theta.item() == 1.0
    assert not optimizer.state


@pytest.mark.parametrize("settings", [{"lr": -1.0}, {"eps": -1.0}, {"weight_decay": -1.0}, {"beta2": 1.0}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"-1\.0|1\.0"):
        ScalarRMSprop([torch.zeros(1)], **settings)
