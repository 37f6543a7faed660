"""SGD with decoupled weight decay: what torch's SGD has no case for."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from eostui.dynamics.optim.sgd import DecoupledSGD


def test_without_decay_it_is_torchs_sgd_bit_for_bit() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.ones(5), torch.ones(5)
    optimizers = (
        DecoupledSGD([ours], lr=0.1, momentum=0.9),
        torch.optim.SGD([theirs], lr=0.1, momentum=0.9),
    )
    for _ in range(5):
        ours.grad = theirs.grad = torch.randn(5)
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(ours, theirs)


def test_every_group_has_its_own_decay() -> None:
    weights = [torch.ones(1) for _ in range(3)]
    groups: list[dict[str, Any]] = [{"params": weights[:1], "decay": 0.0}, {"params": weights[1:2]}]
    optimizer = DecoupledSGD(groups, lr=0.1, decay=2.0)
    optimizer.add_param_group({"params": weights[2:], "decay": 5.0})
    for w in weights:
        w.grad = torch.zeros(1)
    optimizer.step()
    assert [w.item() for w in weights] == pytest.approx([1.0, 0.8, 0.5])


def test_weights_without_a_gradient_do_not_decay() -> None:
    weights = [torch.ones(1), torch.ones(1)]
    weights[0].grad = torch.zeros(1)
    DecoupledSGD(weights, lr=0.1, decay=1.0).step()
    assert [w.item() for w in weights] == pytest.approx([0.9, 1.0])


def test_a_closure_sees_the_weights_before_the_decay() -> None:
    theta = torch.ones(1, requires_grad=True)
    optimizer = DecoupledSGD([theta], lr=0.1, decay=1.0)

    def closure() -> float:
        optimizer.zero_grad()
        loss = 0.5 * theta.square().sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == pytest.approx(0.5)
    assert theta.item() == pytest.approx(0.9 - 0.1)


def test_a_checkpoint_has_the_decay_in_it() -> None:
    state = DecoupledSGD([torch.ones(1)], lr=0.1, decay=2.0).state_dict()
    theta = torch.ones(1)
    resumed = DecoupledSGD([theta], lr=0.1)
    resumed.load_state_dict(state)
    theta.grad = torch.zeros(1)
    resumed.step()
    assert theta.item() == pytest.approx(0.8)


def test_a_negative_decay_is_refused() -> None:
    with pytest.raises(ValueError, match="not -1"):
        DecoupledSGD([torch.ones(1)], lr=0.1, decay=-1.0)
