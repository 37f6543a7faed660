"""The losses, against their definitions written out."""

import pytest
import torch

from eostui.problems.criteria import ce, mse

OUTPUTS = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
CLASSES = torch.tensor([2, 0])


def test_mse_is_half_the_squared_distance_to_one_hot_rows_meaned_over_examples() -> None:
    first = 0.5 * (1.0**2 + 2.0**2 + 0.5**2)
    second = 0.5 * (1.0**2 + 3.0**2 + 1.0**2)
    assert mse(OUTPUTS, CLASSES).item() == pytest.approx((first + second) / 2)


def test_mse_on_numbers_is_the_same_as_on_the_classes_that_they_spell() -> None:
    numbers = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert torch.equal(mse(OUTPUTS, numbers), mse(OUTPUTS, CLASSES))


def test_ce_is_the_mean_negative_log_probability_in_nats() -> None:
    p = OUTPUTS.exp() / OUTPUTS.exp().sum(dim=1, keepdim=True)
    assert ce(OUTPUTS, CLASSES).item() == pytest.approx(-(p[0, 2].log() + p[1, 0].log()).item() / 2)


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        mse(torch.zeros(5, 1), torch.zeros(5))
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        mse(torch.zeros(5, 2), torch.zeros(5, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="integer class numbers"):
        ce(torch.zeros(5, 2), torch.zeros(5, 2))
