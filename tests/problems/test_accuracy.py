"""The fraction of right answers, counted by hand."""

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy

ONE_HOT = torch.eye(3)


def test_the_largest_output_is_the_class() -> None:
    outputs = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert class_accuracy(outputs, torch.tensor([0, 1, 1])).item() == pytest.approx(2 / 3)


def test_every_position_of_a_sequence_counts() -> None:
    outputs = ONE_HOT[torch.tensor([[0, 1, 2, 0], [1, 1, 1, 1]])]
    assert class_accuracy(outputs, torch.tensor([[0, 1, 2, 2], [1, 0, 0, 0]])).item() == pytest.approx(4 / 8)


def test_ignored_positions_are_left_out_of_their_own_sequence() -> None:
    outputs = ONE_HOT[torch.tensor([[0, 1, 2, 0], [1, 1, 1, 1]])]
    targets = torch.tensor([[-100, -100, 2, 2], [1, 0, 0, 0]])
    whole = class_accuracy(outputs, targets).item()
    assert whole == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert sum(class_accuracy(outputs[i : i + 1], targets[i : i + 1]).item() for i in (0, 1)) / 2 == whole


def test_classes_may_be_the_second_axis_where_they_cannot_be_the_last() -> None:
    outputs = ONE_HOT[torch.tensor([[0, 1, 2, 0], [1, 1, 1, 1]])]
    targets = torch.tensor([[-100, -100, 2, 2], [1, 0, 0, 0]])
    assert torch.equal(class_accuracy(outputs.movedim(-1, 1), targets), class_accuracy(outputs, targets))
    with pytest.raises(ValueError, match=r"outputs \(2, 4, 3\) are not for class numbers \(2,\)"):
        class_accuracy(outputs, targets[:, 0])


def test_signs_may_be_one_number_for_each_example() -> None:
    outputs, signs = torch.tensor([0.1, -3.0, -0.1, 0.0]), torch.tensor([1.0, -1.0, 1.0, -1.0])
    for targets in (signs, (signs > 0).long()):
        assert sign_accuracy(outputs, targets).item() == 0.75


@pytest.mark.parametrize("targets", [torch.tensor([[1.0], [-1.0], [1.0], [-1.0]]), torch.tensor([1, 0, 1, 0])])
def test_an_output_on_the_side_of_its_sign_or_class_is_right(targets: Tensor) -> None:
    outputs = torch.tensor([[0.1], [-3.0], [-0.1], [0.0]])
    assert sign_accuracy(outputs, targets).item() == 0.75


def test_accuracy_has_the_dtype_of_the_outputs_and_no_gradient() -> None:
    outputs = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    for accuracy in (class_accuracy, sign_accuracy):
        value = accuracy(outputs, torch.zeros(2).long())
        assert (value.dtype, value.requires_grad, value.ndim) == (torch.float64, False, 0)
