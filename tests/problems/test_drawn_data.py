"""Data sets that are computed: sorting, Chebyshev polynomials, the deep linear task, blobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.polynomial import chebyshev as polynomials
from torch import nn

from eostui.problems.by_path import load_callable
from eostui.problems.dataset import IGNORED, Dataset
from eostui.problems.datasets import find_dataset
from tests.problems.building import to_test_on, to_train_on


def load(name: str) -> Dataset:
    entry = find_dataset(name)
    assert entry is not None
    data: Dataset = load_callable(entry.load)(Path("unused"), lambda _text, _fraction: None, **entry.options)
    return data


@pytest.mark.parametrize("name", ["sorting", "chebyshev-4", "deep-linear", "blobs"])
def test_the_global_seed_is_neither_heeded_nor_advanced(name: str) -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    first_x, first_y = to_train_on(load(name))
    after = torch.rand(1), np.random.random()  # noqa: NPY002
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert (torch.rand(1), np.random.random()) == after  # noqa: NPY002
    x, y = to_train_on(load(name))
    assert torch.equal(x, first_x)
    assert torch.equal(y, first_y)


def test_sequences_are_to_be_sorted_token_by_token() -> None:
    data = load("sorting")
    training, test = to_train_on(data), to_test_on(data)
    for x, y in (training, test):
        assert x.shape == y.shape == (1_000, 15)
        assert x.dtype == y.dtype == torch.int64
        assert torch.equal(y[:, 7:], x[:, :8].sort(dim=1).values)
        assert torch.equal(y[:, 7:-1], x[:, 8:])
        assert (y[:, :7] == IGNORED).all()
        assert torch.bincount(x[:, :8].flatten(), minlength=4).min() > 1_900
    assert data.classes == data.vocabulary == 4
    assert not torch.equal(training[0], test[0])


def test_what_cannot_be_predicted_is_ignored_by_the_cross_entropy_of_torch() -> None:
    _, y = to_train_on(load("sorting"))
    outputs = torch.randn(1_000, 15, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loss = nn.functional.cross_entropy(outputs.flatten(0, 1), y.flatten())
    kept = nn.functional.cross_entropy(outputs[:, 7:].flatten(0, 1), y[:, 7:].flatten())
    torch.testing.assert_close(loss, kept, rtol=1e-12, atol=0)


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5, 17, 200])
def test_chebyshev_targets_are_the_polynomial_at_even_points(degree: int) -> None:
    data = load(f"chebyshev-{degree}")
    assert data.classes is None
    for (x, y), n in ((to_train_on(data), 20), (to_test_on(data), 200)):
        points = np.linspace(-1, 1, n)
        expected = polynomials.chebval(points, [0] * degree + [1])
        assert x.dtype == y.dtype == torch.float32
        torch.testing.assert_close(x, torch.from_numpy(points[:, None]).float(), rtol=0, atol=0)
        torch.testing.assert_close(y, torch.from_numpy(expected[:, None]).float(), rtol=0, atol=1e-7)


def test_inputs_of_the_deep_linear_task_are_white_and_targets_linear_in_them() -> None:
    data = load("deep-linear")
    x, y = (part.double() for part in to_train_on(data))
    torch.testing.assert_close(x.T @ x / 50, torch.eye(50, dtype=torch.float64), rtol=0, atol=1e-5)
    a = torch.linalg.solve(x, y).T
    assert a.mean().abs() < 0.1
    assert a.std() == pytest.approx(1, abs=0.05)
    assert (data.x_test, data.y_test, data.classes) == (None, None, None)


def test_loss_and_sharpness_of_a_deep_linear_network_start_in_the_thousands() -> None:
    x, y = (part.double() for part in to_train_on(load("deep-linear")))
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(50, 50, dtype=torch.float64, generator=generator) / 50**0.5 for _ in range(20)]
    for weight in weights:
        weight.requires_grad_()  # Xavier: variance 2 / (50 + 50)
    outputs = x
    for weight in weights:
        outputs = outputs @ weight.T
    loss = 0.5 * (outputs - y).square().sum(dim=1).mean()
    gradient = torch.autograd.grad(loss, weights, create_graph=True)
    vector = [torch.randn(50, 50, dtype=torch.float64, generator=generator) for _ in weights]
    for _ in range(30):
        inner = torch.stack([(g * v).sum() for g, v in zip(gradient, vector, strict=True)]).sum()
        vector = list(torch.autograd.grad(inner, weights, retain_graph=True))
        norm = torch.stack([v.square().sum() for v in vector]).sum().sqrt()
        vector = [v / norm for v in vector]
    assert 1_000 < loss.item() < 3_000
    assert 1_000 < norm.item() < 20_000


def test_blobs_are_standardised_and_nearly_told_apart_by_their_centres() -> None:
    data = load("blobs")
    (x, y), (x_test, y_test) = to_train_on(data), to_test_on(data)
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(10), rtol=0, atol=1e-5)
    torch.testing.assert_close(x.std(dim=0, correction=0), torch.ones(10), rtol=1e-5, atol=0)
    assert torch.bincount(y).tolist() == torch.bincount(y_test).tolist() == [125] * 4
    centres = torch.stack([x[y == c].mean(dim=0) for c in range(4)])
    right = (torch.cdist(x_test, centres).argmin(dim=1) == y_test).float().mean()
    assert 0.9 < right < 1
