"""CIFAR-10 from the official folder and from the small file, on real images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10

from eostui.problems.data.cifar10 import STATISTICS, SUBSET, load
from eostui.problems.data.cifar10_batches import CHECKSUMS, FOLDER, read_batch
from eostui.problems.datasets import DATASETS, find_dataset
from eostui.problems.errors import DataError
from tests.problems.building import silent, to_test_on, to_train_on
from tests.problems.official_cifar import IMAGES, put, python3_batch, write_official

FIRST_LABELS = [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]


@pytest.fixture
def images(shared_data: Path) -> Path:
    return shared_data / "cifar10_mini_500_100.npz"


@pytest.fixture
def official(tmp_path: Path, images: Path) -> tuple[Path, dict[str, str]]:
    """A data directory with an official folder of 500 + 100 images, and the checksums of its files."""
    return tmp_path, write_official(tmp_path / FOLDER, images)


def test_the_checksums_are_those_that_torchvision_publishes() -> None:
    assert dict(CHECKSUMS) == dict(CIFAR10.train_list + CIFAR10.test_list)


def test_official_batches_are_read_in_order_with_the_channels_first(
    official: tuple[Path, dict[str, str]], images: Path
) -> None:
    data_dir, checksums = official
    pixels, labels = read_batch(data_dir / FOLDER, "data_batch_1", checksums)
    with np.load(images) as arrays:
        assert np.array_equal(pixels.transpose(0, 2, 3, 1), arrays["x_train"][:IMAGES])
        assert np.array_equal(labels, arrays["y_train"][:IMAGES])
    assert labels[:10].tolist() == FIRST_LABELS


def test_images_are_standardised_by_the_full_training_set(official: tuple[Path, dict[str, str]], images: Path) -> None:
    data_dir, checksums = official
    data = load(data_dir, silent, images=250, checksums=checksums)
    with np.load(images) as arrays:
        x = arrays["x_train"].transpose(0, 3, 1, 2) / 255
        x_test = arrays["x_test"].transpose(0, 3, 1, 2) / 255
        y = arrays["y_train"]
    expected = torch.from_numpy((x[:250] - x.mean(axis=0)) / x.std(axis=0)).float()
    torch.testing.assert_close(data.x, expected, rtol=0, atol=2e-6)
    assert to_train_on(data)[1].tolist() == y[:250].tolist()
    assert data.x_test is not None
    expected = torch.from_numpy((x_test - x.mean(axis=0)) / x.std(axis=0)).float()
    torch.testing.assert_close(data.x_test, expected, rtol=0, atol=2e-6)


def test_the_statistics_are_kept_so_that_later_only_the_batches_asked_for_are_read(
    official: tuple[Path, dict[str, str]],
) -> None:
    data_dir, checksums = official
    first = load(data_dir, silent, images=100, checksums=checksums)
    for i in range(2, 6):
        (data_dir / FOLDER / f"data_batch_{i}").unlink()
    again = load(data_dir, silent, images=100, checksums=checksums)
    torch.testing.assert_close(again.x, first.x, rtol=0, atol=1e-6)
    assert sorted(path.name for path in data_dir.iterdir()) == sorted([FOLDER, STATISTICS])


def test_the_statistics_of_the_file_beside_the_small_one_are_used_as_they_are(shared_data: Path) -> None:
    data = load(shared_data, silent, **DATASETS["cifar10-1k"].options)
    with np.load(shared_data / STATISTICS) as statistics, np.load(shared_data / SUBSET) as arrays:
        x = (arrays["x_train"][:1000] / 255 - statistics["mean"]) / statistics["std"]
    torch.testing.assert_close(data.x, torch.from_numpy(x.transpose(0, 3, 1, 2)).float(), rtol=0, atol=2e-6)


def test_cifar10_5k_comes_from_the_small_file_where_there_is_no_official_folder(shared_data: Path) -> None:
    data = load(shared_data, silent, **DATASETS["cifar10-5k"].options)
    x, y = to_train_on(data)
    assert x.shape == (5000, 3, 32, 32)
    assert x.dtype == torch.float32
    assert x.is_contiguous()
    assert y[:10].tolist() == FIRST_LABELS
    assert y.dtype == torch.int64
    assert to_test_on(data)[0].shape == (1000, 3, 32, 32)
    assert data.classes == 10
    assert SUBSET in data.provenance


def test_of_the_first_classes_there_are_the_first_images(official: tuple[Path, dict[str, str]], images: Path) -> None:
    data_dir, checksums = official
    data = load(data_dir, silent, images=60, classes=4, checksums=checksums)
    with np.load(images) as arrays:
        x = arrays["x_train"].transpose(0, 3, 1, 2) / 255
        y, y_test = arrays["y_train"], arrays["y_test"]
    chosen = np.flatnonzero(y < 4)[:60]
    assert chosen[-1] > IMAGES  # so that more than one batch is needed
    expected = torch.from_numpy((x[chosen] - x.mean(axis=0)) / x.std(axis=0)).float()
    torch.testing.assert_close(data.x, expected, rtol=0, atol=2e-6)
    assert to_train_on(data)[1].tolist() == y[chosen].tolist()
    assert to_test_on(data)[1].tolist() == y_test[y_test < 4].tolist()
    assert data.classes == 4
    assert "the first 60 training images of the first 4 classes of CIFAR-10" in data.provenance


def test_the_subset_of_the_central_flows_has_1000_images_of_4_classes(shared_data: Path) -> None:
    data = load(shared_data, silent, **DATASETS["cifar10-1k-4c"].options)
    x, y = to_train_on(data)
    assert x.shape == (1000, 3, 32, 32)
    assert y[:4].tolist() == [label for label in FIRST_LABELS if label < 4]
    assert torch.bincount(y).min() > 230
    assert data.x_test is not None
    assert len(data.x_test) == 395


def test_of_two_classes_there_are_the_signs(shared_data: Path) -> None:
    entry = find_dataset("cifar10-900-2c")
    assert entry is not None
    data, numbered = (load(shared_data, silent, images=900, classes=classes) for classes in (2, 3))
    assert entry.options == {"images": 900, "classes": 2}
    (_, signs), (_, numbers) = to_train_on(data), to_train_on(numbered)
    assert signs.dtype == torch.float32
    assert signs.shape == (900, 1)
    first = numbers[numbers < 2]
    assert signs[: len(first), 0].tolist() == (2 * first - 1).tolist()
    assert to_test_on(data)[1].shape == (192, 1)
    assert data.classes == 2


def test_the_small_file_is_passed_over_where_it_has_too_few_images_of_the_classes(
    shared_data: Path, tmp_path: Path
) -> None:
    # It has 965 of the first two classes. So a download is tried, for which a file is in the way.
    (tmp_path / SUBSET).symlink_to(shared_data / SUBSET)
    (tmp_path / STATISTICS).symlink_to(shared_data / STATISTICS)
    assert len(load(tmp_path, silent, images=965, classes=2).x) == 965
    tmp_path.joinpath(FOLDER).write_text("in the way")
    with pytest.raises(DataError, match=f"{FOLDER} is a file, but must be the folder of CIFAR-10"):
        load(tmp_path, silent, images=966, classes=2)


def test_an_official_folder_without_enough_images_of_the_classes_is_refused(
    official: tuple[Path, dict[str, str]],
) -> None:
    data_dir, checksums = official
    with pytest.raises(DataError, match=r"has only \d+ training images of the first 2 classes, not 400"):
        load(data_dir, silent, images=400, classes=2, checksums=checksums)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"y_train": np.full(5, 10, np.uint8)}, "y_train are not class numbers from 0 to 9"),
        ({"y_train": np.zeros(5)}, "y_train are not class numbers from 0 to 9"),
        ({"y_train": np.zeros(4, np.uint8)}, "x_train are not 4 images"),
        ({"x_test": np.zeros((2, 32, 32, 3))}, "x_test are not 2 images of unsigned bytes"),
        ({"x_test": np.zeros((2, 28, 28, 3), np.uint8)}, "x_test has shape"),
    ],
)
def test_a_small_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], words: str
) -> None:
    written = {
        "x_train": np.zeros((5, 32, 32, 3), np.uint8),
        "y_train": np.zeros(5, np.uint8),
        "x_test": np.zeros((2, 32, 32, 3), np.uint8),
        "y_test": np.zeros(2, np.uint8),
    } | arrays
    np.savez(
        tmp_path / SUBSET,
        x_train=written["x_train"],
        y_train=written["y_train"],
        x_test=written["x_test"],
        y_test=written["y_test"],
    )
    with pytest.raises(DataError, match=words):
        load(tmp_path, silent, images=2)


def test_the_small_file_without_the_statistics_names_them(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / SUBSET).symlink_to(shared_data / SUBSET)
    with pytest.raises(DataError, match=f"needs {STATISTICS} beside it"):
        load(tmp_path, silent, images=1000)


def test_a_small_file_with_fewer_images_than_asked_for_is_refused(
    shared_data: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / SUBSET).symlink_to(images)
    (tmp_path / STATISTICS).symlink_to(shared_data / STATISTICS)
    assert len(load(tmp_path, silent, images=500).x) == 500
    with pytest.raises(DataError, match="only 500 training images, not 1,000"):
        load(tmp_path, silent, images=1000)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"x" * 1000])
def test_a_damaged_file_is_named(shared_data: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / SUBSET).write_bytes(content)
    with pytest.raises(DataError, match=SUBSET):
        load(tmp_path, silent, images=1000)
    (tmp_path / SUBSET).unlink()
    (tmp_path / SUBSET).symlink_to(shared_data / SUBSET)
    (tmp_path / STATISTICS).write_bytes(content)
    with pytest.raises(DataError, match=STATISTICS):
        load(tmp_path, silent, images=1000)


def test_a_truncated_batch_is_refused_before_it_is_unpickled(official: tuple[Path, dict[str, str]]) -> None:
    data_dir, checksums = official
    path = data_dir / FOLDER / "data_batch_1"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DataError, match=r"data_batch_1 is truncated or damaged.*delete"):
        load(data_dir, silent, images=100, checksums=checksums)


def test_by_default_only_the_published_files_are_read(official: tuple[Path, dict[str, str]]) -> None:
    data_dir, _ = official
    with pytest.raises(DataError, match="c99cafc152244af753f735de768cd75f"):
        load(data_dir, silent, images=100)


def test_a_missing_batch_is_named(official: tuple[Path, dict[str, str]]) -> None:
    data_dir, checksums = official
    (data_dir / FOLDER / "test_batch").unlink()
    with pytest.raises(DataError, match="test_batch is missing"):
        load(data_dir, silent, images=100, checksums=checksums)


class Evil:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.witness),)


def test_a_pickle_that_would_run_code_is_refused_even_with_the_right_checksum(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    checksum = put(tmp_path / "data_batch_1", python3_batch(data=Evil(witness), labels=[]))
    with pytest.raises(DataError, match=rf"asks for {os.name}\.mkdir"):
        read_batch(tmp_path, "data_batch_1", {"data_batch_1": checksum})
    assert not witness.exists()


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"data": 3, "labels": [1]},
        {"data": np.zeros((2, 3072), np.uint8), "labels": [1]},
        {"data": np.zeros((1, 3072), np.float32), "labels": [1]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [10]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": ["cat"]},
    ],
)
def test_a_pickle_that_is_no_batch_is_refused(tmp_path: Path, entries: dict[str, object]) -> None:
    checksum = put(tmp_path / "data_batch_1", python3_batch(**entries))
    with pytest.raises(DataError, match="data_batch_1 is not a batch of CIFAR-10"):
        read_batch(tmp_path, "data_batch_1", {"data_batch_1": checksum})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_costs_nothing_but_the_kept_statistics(
    official: tuple[Path, dict[str, str]],
) -> None:
    data_dir, checksums = official
    data_dir.chmod(0o555)
    try:
        assert len(load(data_dir, silent, images=100, checksums=checksums).x) == 100
        assert [path.name for path in data_dir.iterdir()] == [FOLDER]
    finally:
        data_dir.chmod(0o755)
