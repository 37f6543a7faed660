"""Putting a problem together from the names of the catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy
from tests.problems.building import Own, build, complaint, initial_loss


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_seed_0_of_fc_tanh_on_cifar10_5k_starts_at_the_published_loss(shared_data: Path, dtype: torch.dtype) -> None:
    problem = build(data="cifar10-5k", data_dir=shared_data, dtype=dtype)
    assert initial_loss(problem) == pytest.approx(0.5968, abs=5e-5)
    assert problem.outputs == 10
    assert isinstance(problem.dataset.x, Tensor)
    assert problem.dataset.x.dtype == dtype
    assert next(problem.model.parameters()).dtype == dtype


def test_a_seed_decides_the_weights() -> None:
    assert initial_loss(build(seed=3)) == initial_loss(build(seed=3))
    assert initial_loss(build(seed=3)) != initial_loss(build(seed=4))


def test_a_network_of_the_catalogue_fits_numbers_too(own: Own) -> None:
    problem = build(data=own("def f(): return torch.randn(5, 4), torch.randn(5, 3)"))
    assert problem.outputs == 3
    assert problem.accuracy is None


@pytest.mark.parametrize(
    ("arch", "data", "loss", "outputs", "accuracy"),
    [
        ("fc-tanh", "digits-100", "mse", 10, class_accuracy),
        ("fc-tanh", "digits-100", "ce", 10, class_accuracy),
        ("fc-tanh", "digits-100-2c", "mse", 1, sign_accuracy),
        ("fc-tanh", "digits-100-2c", "logistic", 1, sign_accuracy),
        ("fc-tanh", "blobs", "ce", 4, class_accuracy),
        ("regression", "chebyshev-4", "mse", 1, None),
        ("deep-linear", "deep-linear", "mse", 50, None),
        ("transformer", "sorting", "ce", 4, class_accuracy),
        ("lstm", "sorting", "mse", 4, class_accuracy),
    ],
)
def test_outputs_and_accuracy_follow_from_data_and_loss(
    arch: str, data: str, loss: str, outputs: int, accuracy: object
) -> None:
    problem = build(arch, data, loss)
    assert (problem.outputs, problem.accuracy) == (outputs, accuracy)


def test_two_classes_are_one_output_under_the_logistic_loss_and_two_under_another(own: Own) -> None:
    data = own("def f(): return torch.randn(5, 4), torch.tensor([0, 1, 1, 0, 1])")
    assert (build(data=data, loss="logistic").outputs, build(data=data, loss="ce").outputs) == (1, 2)
    assert build(data=data, loss="logistic").accuracy is sign_accuracy
    assert build(data=data, loss="ce").accuracy is class_accuracy


def test_tokens_stay_integers_in_every_dtype_and_their_number_goes_to_the_network(own: Own) -> None:
    data = own("def f():\n    x = torch.arange(40, dtype=torch.uint8).view(5, 8) % 7\n    return x, x.roll(1, 1)")
    problem = build("transformer", data, "ce", dtype=torch.float64)
    assert isinstance(problem.dataset.x, Tensor)
    assert problem.dataset.x.dtype == torch.int64
    assert (problem.dataset.vocabulary, problem.dataset.classes, problem.outputs) == (7, 7, 7)
    assert problem.model(problem.dataset.x).shape == (5, 8, 7)
    assert problem.model(problem.dataset.x).dtype == torch.float64


def test_width_and_depth_vary_the_network() -> None:
    def parameters(*, width: int | None = None, depth: int | None = None) -> int:
        return sum(p.numel() for p in build(data="digits-100", width=width, depth=depth).model.parameters())

    assert parameters() == parameters(width=200, depth=2)
    assert parameters(width=10, depth=3) == 64 * 10 + 10 + 2 * (10 * 10 + 10) + 10 * 10 + 10


def test_data_that_fit_are_not_copied(own: Own) -> None:
    data = own("X, Y = torch.randn(5, 4), torch.randn(5, 2)\ndef f(): return X, Y\ndef address(): return X.data_ptr()")
    problem = build(data=data)
    assert isinstance(problem.dataset.x, Tensor)
    again = build(data=data)
    assert isinstance(again.dataset.x, Tensor)
    assert problem.dataset.x.data_ptr() == again.dataset.x.data_ptr()
    assert problem.dataset.y is again.dataset.y


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("arch", "fc-tan", "fc-tanh"),
        ("arch", "resnet", "resnet32"),
        ("data", "cifar-10-5k", "cifar10-5k"),
        ("loss", "msee", "mse"),
    ],
)
def test_an_unknown_name_lists_the_nearest(kind: str, name: str, nearest: str) -> None:
    message = complaint(**{kind: name})
    assert repr(name) in message
    assert nearest in message.split("did you mean")[1].split("?")[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arch": "resnet32"}, "those of this data set have shape (20,)"),
        ({"arch": "transformer"}, "transformer takes tokens, which are integers; x is torch.float32"),
        ({"loss": "ce"}, "ce needs class numbers, {data} has numbers to regress on; give --loss mse"),
        ({"loss": "logistic"}, "logistic needs class numbers or signs ±1, {data} has numbers to regress on"),
    ],
)
def test_own_numbers_that_do_not_go_with_a_name_are_refused(own: Own, given: dict[str, str], words: str) -> None:
    data = own("def f(): return torch.randn(5, 20), torch.randn(5, 3)")
    assert words.format(data=data) in complaint(data=data, **given)


@pytest.mark.parametrize(
    ("x", "arch", "loss", "words"),
    [
        ("torch.ones(5, 4).int()", "fc-tanh", "mse", "fc-tanh takes images or vectors, and x is torch.int64, which"),
        ("-torch.ones(5, 4).int()", "transformer", "ce", "x has the token -1; for transformer tokens count from 0"),
        ("{'a': torch.ones(5, 4)}", "fc-tanh", "mse", "takes images or vectors, not a dictionary of a; that is for"),
        ("torch.ones(5, 4)", "fc-tanh", "logistic", "logistic is for two classes, {data} has 4; give --loss mse or ce"),
    ],
)
def test_own_classes_that_do_not_go_with_a_name_are_refused(own: Own, x: str, arch: str, loss: str, words: str) -> None:
    data = own(f"def f(): return {x}, torch.tensor([0, 1, 2, 3, 0])")
    assert words.format(data=data) in complaint(arch=arch, data=data, loss=loss)
