"""Which examples a step of minibatch training sees."""

from __future__ import annotations

import torch

from eostui.dynamics.minibatches import Minibatches


def minibatches(size: int, seed: int = 0) -> Minibatches:
    return Minibatches(10, size, seed=seed, device=torch.device("cpu"))


def test_every_epoch_visits_every_example_once() -> None:
    batches = minibatches(4)
    for epoch in range(3):
        seen = [batches.at(3 * epoch + i) for i in range(3)]
        assert [len(batch) for batch in seen] == [4, 3, 3]
        assert sorted(torch.cat(seen).tolist()) == list(range(10))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = [minibatches(10, seed).at(epoch).tolist() for seed in range(3) for epoch in range(3)]
    assert len({tuple(order) for order in orders}) == 9


def test_a_step_sees_the_same_examples_however_it_is_reached() -> None:
    one, other = minibatches(3), minibatches(3)
    assert [one.at(step).tolist() for step in range(9)][7] == other.at(7).tolist()
    assert one.at(2).tolist() == other.at(2).tolist()
