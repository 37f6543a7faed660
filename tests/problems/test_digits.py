"""The digits that ship with the package."""

import hashlib
from importlib.resources import files
from pathlib import Path

import torch

from eostui.problems.data.digits import load
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import find_dataset
from tests.problems.building import to_test_on, to_train_on


def digits() -> Dataset:
    return load(Path("unused"), lambda _text, _fraction: None)


def test_digits_ship_unaltered_with_their_attribution() -> None:
    folder = files("eostui.problems.data")
    digest = hashlib.sha256((folder / "digits_8x8.npz").read_bytes()).hexdigest()
    assert digest == "6f801551877abf69fbf3711373bb642a18dc933430a3385cd6febc235225ea6f"
    attribution = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "Alpaydin" in attribution
    assert "Creative Commons Attribution 4.0" in attribution


def test_digits_are_1500_to_train_and_297_to_test() -> None:
    data = digits()
    x, y = to_train_on(data)
    assert x.shape == (1500, 1, 8, 8)
    assert to_test_on(data)[0].shape == (297, 1, 8, 8)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert data.classes == 10
    assert y[:10].tolist() == list(range(10))
    assert set(y.tolist()) == set(range(10))


def test_every_pixel_of_the_training_digits_is_standardised_and_blank_ones_stay_zero() -> None:
    x = to_train_on(digits())[0].double()
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(1, 8, 8, dtype=torch.float64), rtol=0, atol=1e-6)
    deviations = x.std(dim=0, correction=0).flatten()
    blank = deviations == 0
    assert blank.nonzero().flatten().tolist() == [0, 32, 39]
    torch.testing.assert_close(deviations[~blank], torch.ones_like(deviations[~blank]), rtol=1e-5, atol=0)


def test_digits_are_the_same_every_time() -> None:
    assert torch.equal(to_train_on(digits())[0], to_train_on(digits())[0])


def test_the_first_digits_of_two_classes_are_standardised_like_all_of_them() -> None:
    whole_x, whole_y = to_train_on(digits())
    some = load(Path("unused"), lambda _text, _fraction: None, images=100, classes=2)
    x, y = to_train_on(some)
    chosen = (whole_y < 2).nonzero().flatten()[:100]
    assert torch.equal(x, whole_x[chosen])
    assert y.flatten().tolist() == (2 * whole_y[chosen] - 1).tolist()
    assert y.shape == (100, 1)
    assert to_test_on(some)[1].shape == (58, 1)


def test_the_catalogue_knows_how_many_digits_there_are_of_every_class() -> None:
    _, y = to_train_on(digits())
    for classes in range(2, 11):
        entry = find_dataset(f"digits-{classes}c")
        assert entry is not None
        assert entry.examples == (y < classes).sum()
