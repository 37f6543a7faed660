"""The catalogue of data sets. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Progress = Callable[[str, float | None], None]
"""Told what is being done, and how much of it is done (0 to 1; None when that is not known)."""


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be asked for by name.

    `load` names the code as `module:function`. It is called as `load(data_dir, progress, **options)` with the
    directory where data lives (`Path`) and a `Progress`, and returns a `Dataset`.
    """

    name: str
    load: str
    summary: str
    source: str
    options: Mapping[str, Any] = field(default_factory=dict)


def _cifar10(name: str, images: int) -> DatasetEntry:
    some = "all" if images == 50_000 else "the first"
    return DatasetEntry(
        name=name,
        load="eostui.problems.data.cifar10:load",
        options={"images": images},
        summary=f"{some} {images:,} training images of CIFAR-10, 3×32×32, 10 classes",
        source="Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html; declares no licence",
    )


_ENTRIES = (
    DatasetEntry(
        name="digits",
        load="eostui.problems.data.digits:load",
        summary="1,500 training and 297 test handwritten digits, 1×8×8, 10 classes; ships with eostui",
        source="Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits; CC BY 4.0",
    ),
    _cifar10("cifar10-1k", 1_000),
    _cifar10("cifar10-2k", 2_000),
    _cifar10("cifar10-5k", 5_000),
    _cifar10("cifar10-10k", 10_000),
    _cifar10("cifar10-20k", 20_000),
    _cifar10("cifar10", 50_000),
)

DATASETS: dict[str, DatasetEntry] = {entry.name: entry for entry in _ENTRIES}
