"""The official CIFAR-10 batches, read without trusting them.

They are pickles, and a pickle can run any code. A batch is therefore read only if its MD5 sum is the published one. The
unpickler can make nothing but dictionaries, lists, numbers, strings and numpy arrays.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eostui.problems.data.verified import read_verified
from eostui.problems.errors import DataError

FOLDER = "cifar-10-batches-py"
TRAIN_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_BATCH = "test_batch"

CHECKSUMS: Mapping[str, str] = MappingProxyType(
    {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    }
)
"""The published MD5 sums."""

_RECONSTRUCT: Any = np.empty(0).__reduce__()[0]  # its module's name changed with numpy 2, the function did not
_ADMITTED: Mapping[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def read_batch(
    folder: Path, name: str, checksums: Mapping[str, str] = CHECKSUMS
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images (n, 3, 32, 32) and labels (n,) of one batch file of `folder`, in their order.

    Raises DataError where the file is missing or unreadable, does not match its checksum, or is not a batch of
    CIFAR-10.
    """
    path = folder / name
    # The checksum finds half-written files. The unpickler below protects against forged ones.
    content = read_verified(path, checksums[name], f"delete {folder} to have CIFAR-10 downloaded anew")
    try:
        batch = _ArrayUnpickler(io.BytesIO(content), encoding="latin1").load()
        pixels, labels = batch["data"], np.asarray(batch["labels"], dtype=np.int64)
        sound = pixels.dtype == np.uint8 and pixels.shape == (len(labels), 3 * 32 * 32) and labels.ndim == 1
    except Exception as error:  # a foreign pickle can fail in any way
        raise DataError(f"{path} is not a batch of CIFAR-10: {type(error).__name__}: {error}") from error
    if not sound or labels.min(initial=0) < 0 or labels.max(initial=0) > 9:
        raise DataError(f"{path} is not a batch of CIFAR-10: its images and labels do not have the right shapes")
    return pixels.reshape(-1, 3, 32, 32), labels
