"""The losses, against their definitions written out."""

from collections.abc import Callable
from decimal import Decimal, getcontext

import pytest
import torch
from torch import Tensor

from eostui.problems.criteria import ce, logistic, mse

OUTPUTS = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
CLASSES = torch.tensor([2, 0])
SEQUENCES = torch.randn(5, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([[0, 1, 2, 0], [2, 2, 1, 1], [0, 0, 0, 0], [1, 2, 1, 2], [2, 1, 0, 1]])
IGNORED = TARGETS.where(torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1], [1, 1, 0, 0]]) > 0, -100)


def test_mse_is_half_the_squared_distance_to_one_hot_rows_meaned_over_examples() -> None:
    first = 0.5 * (1.0**2 + 2.0**2 + 0.5**2)
    second = 0.5 * (1.0**2 + 3.0**2 + 1.0**2)
    assert mse(OUTPUTS, CLASSES).item() == pytest.approx((first + second) / 2)


def test_mse_on_numbers_is_the_same_as_on_the_classes_that_they_spell() -> None:
    numbers = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert torch.equal(mse(OUTPUTS, numbers), mse(OUTPUTS, CLASSES))


def test_mse_of_a_sequence_is_summed_over_its_positions() -> None:
    expected = 0.5 * (SEQUENCES - torch.eye(3, dtype=torch.float64)[TARGETS]).square().sum() / 5
    assert mse(SEQUENCES, TARGETS).item() == pytest.approx(expected.item(), rel=1e-14)


def test_ce_is_the_mean_negative_log_probability_in_nats() -> None:
    p = OUTPUTS.exp() / OUTPUTS.exp().sum(dim=1, keepdim=True)
    assert ce(OUTPUTS, CLASSES).item() == pytest.approx(-(p[0, 2].log() + p[1, 0].log()).item() / 2)


def test_ce_of_sequences_is_the_mean_over_examples_and_positions() -> None:
    p = SEQUENCES.softmax(dim=2).flatten(0, 1)[torch.arange(20), TARGETS.flatten()]
    assert ce(SEQUENCES, TARGETS).item() == pytest.approx(-p.log().mean().item(), rel=1e-14)


@pytest.mark.parametrize("loss", [mse, ce])
def test_ignored_positions_neither_count_nor_have_a_gradient(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    outputs = SEQUENCES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(outputs, IGNORED), outputs)
    assert torch.equal(gradient[IGNORED == -100], torch.zeros(8, 3, dtype=torch.float64))
    assert (gradient[IGNORED != -100].abs().sum(1) > 0).all()
    # Two positions of the second sequence count: alone they would be the same loss.
    torch.testing.assert_close(loss(SEQUENCES[1:2], IGNORED[1:2]), loss(SEQUENCES[1:2, 2:], TARGETS[1:2, 2:]))


@pytest.mark.parametrize("loss", [mse, ce])
def test_the_loss_of_a_sequence_does_not_depend_on_its_company(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    for targets in (TARGETS, IGNORED):
        alone = [loss(SEQUENCES[i : i + 1], targets[i : i + 1]) for i in range(5)]
        torch.testing.assert_close(loss(SEQUENCES, targets), torch.stack(alone).mean())


def test_logistic_is_the_mean_of_log_1_plus_exp_of_minus_the_margin_for_signs_and_for_classes() -> None:
    outputs = torch.tensor([[0.3], [-2.0], [1.5]], dtype=torch.float64)
    signs = torch.tensor([[1.0], [1.0], [-1.0]], dtype=torch.float64)
    expected = (1 + (-signs * outputs).exp()).log().mean()
    assert logistic(outputs, signs).item() == pytest.approx(expected.item(), rel=1e-14)
    assert torch.equal(logistic(outputs, torch.tensor([1, 1, 0])), logistic(outputs, signs))


@pytest.mark.parametrize(("dtype", "precision"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
@pytest.mark.parametrize("margin", [-80, -30, -3, 0, 3, 15, 30, 80])
def test_logistic_and_its_two_derivatives_are_exact_for_large_margins(
    margin: int, dtype: torch.dtype, precision: float
) -> None:
    getcontext().prec = 60
    p = 1 / (1 + Decimal(margin).exp())  # of the wrong sign
    outputs = torch.tensor([[margin]], dtype=dtype, requires_grad=True)
    loss = logistic(outputs, torch.ones(1, 1, dtype=dtype))
    (slope,) = torch.autograd.grad(loss, outputs, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, outputs)
    assert loss.item() == pytest.approx(float(-(1 - p).ln()), rel=precision)
    assert slope.item() == pytest.approx(float(-p), rel=precision)
    # Where an example is far on the wrong side the curvature is next to nothing, and only that is promised.
    assert curvature.item() == pytest.approx(float(p * (1 - p)), rel=precision, abs=precision * (margin < 0))


def test_one_output_for_each_example_is_as_good_as_a_column() -> None:
    outputs, numbers, signs = torch.randn(4), torch.randn(4), torch.tensor([1.0, -1.0, -1.0, 1.0])
    assert mse(outputs, numbers).item() == pytest.approx(0.5 * (outputs - numbers).square().mean().item())
    assert torch.equal(mse(outputs, numbers), mse(outputs[:, None], numbers[:, None]))
    assert torch.equal(mse(outputs[0], numbers[:1]), mse(outputs[:1], numbers[:1]))  # squeezed
    assert torch.equal(logistic(outputs, signs), logistic(outputs[:, None], signs[:, None]))
    assert torch.equal(logistic(outputs, (signs > 0).long()), logistic(outputs, signs))


@pytest.mark.parametrize("loss", [mse, ce])
def test_classes_on_the_second_axis_are_the_same_loss(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    for targets in (TARGETS, IGNORED):
        torch.testing.assert_close(loss(SEQUENCES.movedim(-1, 1), targets), loss(SEQUENCES, targets), rtol=0, atol=0)
    images, classes = torch.randn(3, 2, 4, 5), torch.randint(2, (3, 4, 5))
    torch.testing.assert_close(loss(images, classes), loss(images.movedim(1, -1), classes))


@pytest.mark.parametrize("loss", [mse, ce])
def test_where_both_axes_could_be_the_classes_it_is_the_last_one(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    outputs, targets = torch.randn(2, 3, 3), torch.tensor([[0, 1, 2], [2, 2, 1]])
    one_by_one = [loss(outputs[:, i], targets[:, i]) for i in range(3)]
    together = loss(outputs, targets) / (1 if loss is ce else 3)
    torch.testing.assert_close(together, torch.stack(one_by_one).mean())


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"outputs \(5, 1\) and targets \(5,\) .*: write y.unsqueeze\(-1\) in the data"
    ):
        mse(torch.zeros(5, 1), torch.zeros(5))
    with pytest.raises(ValueError, match=r"outputs \(5,\) and targets \(5, 1\) .*: write y.squeeze\(-1\) in the data"):
        mse(torch.zeros(5), torch.zeros(5, 1))
    with pytest.raises(ValueError, match=r"one output for each class, \(n, classes\), not \(5,\)"):
        ce(torch.zeros(5), torch.zeros(5).long())
    with pytest.raises(
        ValueError, match=r"\(5, 3\), or \(5, 4\) where the classes are the second .*, not \(5, 1, 4\): .*squ"
    ):
        ce(torch.zeros(5, 3, 4), torch.zeros(5, 1, 4).long())
    with pytest.raises(ValueError, match="same shape"):
        mse(torch.zeros(5, 1), torch.zeros(5))
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        mse(torch.zeros(5, 2), torch.zeros(5, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="integer class numbers"):
        ce(torch.zeros(5, 2), torch.zeros(5, 2))
    with pytest.raises(ValueError, match=r"shape \(5, 3\)"):
        ce(torch.zeros(5, 3, 2), torch.zeros(5).long())
    with pytest.raises(ValueError, match="same shape"):
        logistic(torch.zeros(5, 1), torch.ones(5))
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        logistic(torch.zeros(5, 1), torch.ones(5, 1).long())
    with pytest.raises(ValueError, match="one output"):
        logistic(torch.zeros(5, 2), torch.ones(5, 2))
