"""MNIST and Fashion-MNIST, in their format with real images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from eostui.problems.data.mnist import SOURCES, TEST_FILES, TRAIN_FILES, load
from eostui.problems.errors import DataError
from tests.problems.building import assert_images, silent
from tests.problems.official_digits import idx, write_mnist

COUNTS = (500, 100)


@pytest.fixture
def images(shared_data: Path) -> Path:
    return shared_data / "cifar10_mini_500_100.npz"


@pytest.fixture
def folder(tmp_path: Path, images: Path) -> Path:
    path = tmp_path / SOURCES["mnist"].folder
    write_mnist(path, images)
    return path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_images_are_read_in_order_and_standardised_by_all_of_them(
    tmp_path: Path, images: Path, name: str, packed: bool
) -> None:
    write_mnist(tmp_path / SOURCES[name].folder, images, packed=packed)
    data = load(tmp_path, silent, name=name, images=300, counts=COUNTS)
    with np.load(images) as arrays:
        x, x_test = (arrays[part][:, None, 2:30, 2:30, 1] / 255 for part in ("x_train", "x_test"))
        y, y_test = arrays["y_train"], arrays["y_test"]
    assert_images(data, (x, y), (x_test, y_test))
    assert len(data.x) == 300
    assert data.classes == 10
    assert data.provenance.startswith(f"the first 300 training images of {SOURCES[name].title} from {tmp_path}")


def test_the_files_are_what_torchvision_reads(tmp_path: Path, images: Path) -> None:
    write_mnist(tmp_path / "MNIST" / "raw", images, packed=False)
    theirs = MNIST(tmp_path)
    with np.load(images) as arrays:
        assert np.array_equal(theirs.data.numpy(), arrays["x_train"][:, 2:30, 2:30, 1])
        assert theirs.targets.tolist() == arrays["y_train"].tolist()


def test_of_two_classes_there_are_the_signs(tmp_path: Path, folder: Path, images: Path) -> None:
    data = load(tmp_path, silent, name="mnist", images=50, classes=2, counts=COUNTS)
    with np.load(images) as arrays:
        y = arrays["y_train"][arrays["y_train"] < 2][:50]
        tested = np.count_nonzero(arrays["y_test"] < 2)
    assert data.y is not None
    assert data.y.tolist() == [[-1.0] if label == 0 else [1.0] for label in y]
    assert isinstance(data.x_test, torch.Tensor)
    assert len(data.x_test) == tested
    with pytest.raises(DataError, match=r"raw has only \d+ training images of the first 2 classes, not 400"):
        load(tmp_path, silent, name="mnist", images=400, classes=2, counts=COUNTS)


def test_a_pixel_that_is_blank_in_training_is_zero_even_where_a_test_image_is_not_blank(
    tmp_path: Path, folder: Path
) -> None:
    pixels = np.zeros((100, 28, 28), np.uint8)
    pixels[7, 3, 4] = 200
    blank = np.random.default_rng(0).integers(0, 256, (500, 28, 28), np.uint8)
    blank[:, 3, 4] = 0
    (folder / TRAIN_FILES[0]).write_bytes(idx(blank))
    (folder / TEST_FILES[0]).write_bytes(idx(pixels))
    data = load(tmp_path, silent, name="mnist", images=500, counts=COUNTS)
    assert isinstance(data.x, torch.Tensor)
    assert isinstance(data.x_test, torch.Tensor)
    assert not data.x[:, 0, 3, 4].any()
    assert not data.x_test[:, 0, 3, 4].any()


def complaint(data_dir: Path, counts: tuple[int, int] = COUNTS) -> str:
    with pytest.raises(DataError) as caught:
        load(data_dir, silent, name="mnist", images=100, counts=counts)
    message = str(caught.value)
    assert "\n" not in message
    assert "to have it downloaded anew" in message or "label" in message
    return message


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is damaged"), (b"garbage" * 100, "cannot read"), (b"\x1f\x8b garbage", "cannot read")],
    ids=["empty", "garbage", "garbage with the right beginning"],
)
def test_a_packed_file_that_is_damaged_is_named(tmp_path: Path, folder: Path, content: bytes, words: str) -> None:
    path = folder / f"{TEST_FILES[0]}.gz"
    path.write_bytes(content)
    message = complaint(tmp_path)
    assert words in message
    assert str(path) in message


def test_a_truncated_packed_file_is_named(tmp_path: Path, folder: Path) -> None:
    path = folder / f"{TRAIN_FILES[0]}.gz"
    path.write_bytes(path.read_bytes()[:-1000])
    assert f"cannot read {path}: Compressed file ended" in complaint(tmp_path)


WRONG = {
    "empty": b"",
    "garbage": b"garbage",
    "truncated": idx(np.zeros((500, 28, 28), np.uint8))[:-1],
    "too long": idx(np.zeros((500, 28, 28), np.uint8)) + b"\0",
    "fewer images": idx(np.zeros((400, 28, 28), np.uint8)),
    "larger images": idx(np.zeros((500, 32, 32), np.uint8)),
    "labels": idx(np.zeros((500,), np.uint8)),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_a_file_of_another_size_or_shape_is_refused(tmp_path: Path, folder: Path, content: bytes) -> None:
    (folder / TRAIN_FILES[0]).write_bytes(content)
    message = complaint(tmp_path)
    assert f"{folder / TRAIN_FILES[0]} is damaged: an array of shape (500, 28, 28) has 392,016 bytes" in message
    assert "starts with 00000803000001f4" in message
    assert f"but this has {len(content):,} and starts" in message


def test_by_default_there_must_be_as_many_images_as_were_published(tmp_path: Path, folder: Path) -> None:
    assert "has 47,040,016 bytes" in complaint(tmp_path, counts=(60_000, 10_000))


def test_a_missing_file_and_a_label_that_is_no_digit_are_named(tmp_path: Path, folder: Path) -> None:
    (folder / TEST_FILES[1]).write_bytes(idx(np.full(100, 10, np.uint8)))
    assert f"{TEST_FILES[1]} is damaged: it has the label 10" in complaint(tmp_path)
    (folder / f"{TRAIN_FILES[1]}.gz").unlink()
    assert f"{TRAIN_FILES[1]}.gz is missing: delete {folder}" in complaint(tmp_path)
