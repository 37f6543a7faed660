"""SVHN, in its format with real images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from eostui.problems.data.svhn import CHECKSUMS, TEST, TRAIN, load
from eostui.problems.errors import DataError
from tests.problems.building import assert_images, silent
from tests.problems.official_cifar import put
from tests.problems.official_digits import matlab, write_svhn


@pytest.fixture
def images(shared_data: Path) -> Path:
    return shared_data / "cifar10_mini_500_100.npz"


@pytest.mark.parametrize("folder", ["svhn", "."])
def test_images_are_read_in_order_with_the_channels_first_and_digit_zero_as_class_0(
    tmp_path: Path, images: Path, folder: str
) -> None:
    checksums = write_svhn(tmp_path / folder, images)
    data = load(tmp_path, silent, images=200, checksums=checksums)
    with np.load(images) as arrays:
        x, x_test = (arrays[part].transpose(0, 3, 1, 2) / 255 for part in ("x_train", "x_test"))
        y, y_test = arrays["y_train"], arrays["y_test"]
    assert_images(data, (x, y), (x_test, y_test))
    assert len(data.x) == 200
    assert isinstance(data.x, torch.Tensor)
    assert data.x.is_contiguous()
    assert data.provenance.startswith("the first 200 training images of SVHN (Netzer et al. 2011) from ")


def test_of_the_first_classes_there_are_the_first_images(tmp_path: Path, images: Path) -> None:
    checksums = write_svhn(tmp_path, images)
    data = load(tmp_path, silent, images=60, classes=3, checksums=checksums)
    with np.load(images) as arrays:
        y = arrays["y_train"]
    assert data.y is not None
    assert data.y.tolist() == y[y < 3][:60].tolist()
    assert data.classes == 3
    with pytest.raises(DataError, match=r"has only \d+ training images of the first 3 classes, not 300"):
        load(tmp_path, silent, images=300, classes=3, checksums=checksums)


def test_only_the_published_files_are_read(tmp_path: Path, images: Path) -> None:
    write_svhn(tmp_path, images)
    with pytest.raises(DataError, match=rf"{TRAIN} is truncated or damaged .*not {CHECKSUMS[TRAIN]}\): delete"):
        load(tmp_path, silent, images=100)


def test_a_missing_test_file_is_named(tmp_path: Path, images: Path) -> None:
    checksums = write_svhn(tmp_path, images)
    (tmp_path / TEST).unlink()
    with pytest.raises(DataError, match=f"{TEST} is missing: delete"):
        load(tmp_path, silent, images=100, checksums=checksums)


WRONG = {
    "garbage": b"garbage",
    "no labels": matlab(X=np.zeros((32, 32, 3, 5), np.uint8)),
    "fewer labels": matlab(X=np.zeros((32, 32, 3, 5), np.uint8), y=np.ones((4, 1), np.uint8)),
    "smaller images": matlab(X=np.zeros((28, 28, 3, 5), np.uint8), y=np.ones((5, 1), np.uint8)),
    "grey images": matlab(X=np.zeros((32, 32, 5), np.uint8), y=np.ones((5, 1), np.uint8)),
    "floating point": matlab(X=np.zeros((32, 32, 3, 5)), y=np.ones((5, 1), np.uint8)),
    "an eleventh class": matlab(X=np.zeros((32, 32, 3, 5), np.uint8), y=np.full((5, 1), 11, np.uint8)),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_a_file_that_is_not_of_svhn_is_refused_even_with_the_right_checksum(
    tmp_path: Path, images: Path, content: bytes
) -> None:
    checksums = write_svhn(tmp_path, images)
    checksums[TRAIN] = put(tmp_path / TRAIN, content)
    with pytest.raises(DataError, match=f"{TRAIN} is not a file of SVHN") as caught:
        load(tmp_path, silent, images=5, checksums=checksums)
    assert "\n" not in str(caught.value)
