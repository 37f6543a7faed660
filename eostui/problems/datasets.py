"""The catalogue of data sets. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eostui.home import expand_home
from eostui.problems.errors import DataError, ProblemError, did_you_mean

Progress = Callable[[str, float | None], None]
"""Called with what is being done, and how much of it is done (0 to 1; None when that is not known)."""


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be asked for by name.

    `load` names the code as `module:function`. It is called as `load(data_dir, progress, **options)` with the
    directory of all data (`Path`) and a `Progress`, and returns a `Dataset`.

    inputs:   "image" (n, c, h, w) and "vector" (n, d), floating point, or "tokens" (n, T) int64
    targets:  "classes" (n,) int64, for tokens (n, T); "signs" ±1 (n, 1) or "numbers" (n, k), floating point
    examples: number of training examples; None where that is not known before loading
    shape:    shape of one example's inputs
    """

    name: str
    load: str
    summary: str
    source: str
    inputs: str
    targets: str
    examples: int | None
    options: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] | None = None


def find_dataset(name: str) -> DatasetEntry | None:
    """The data set of that name: a listed one, a member of a family, or a text file; None where it is none of these.

    The families are `cifar10-300` and `cifar10-5k` (the first N images), `cifar10-1k-4c` (the first N images of the
    first C classes), `cifar10-2c` (all images of these), the same for `svhn`, `fashion-mnist`, `mnist` and `digits`,
    and `chebyshev-D`, `wikitext-2-N` and `wikitext-2-char-N`. A text file is `path/to/file.txt` (its characters),
    `path/to/file.txt:words` or `path/to/file.txt:chars`. The name of its entry has the absolute path.

    Raises ProblemError for an impossible member of a family and for a text that cannot be read as asked. Raises
    DataError, which is a ProblemError, for a file that does not exist.
    """
    return DATASETS.get(name) or _text_file(name) or _member(name)


@dataclass(frozen=True)
class _Images:
    """A set of labelled images. Its first images and its first classes can be asked for.

    per_class: number of training images of each class
    """

    name: str
    title: str
    load: str
    source: str
    shape: tuple[int, int, int]
    per_class: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def member(self, name: str) -> DatasetEntry:
        form = re.fullmatch(r"(?:-(\d{1,9}k?))?(?:-(\d{1,9})c)?", name.removeprefix(self.name))
        if form is None:
            raise ProblemError(
                f"there is no data set {name!r}: write {self.name}, {self.name}-N or {self.name}-N-Cc, for the first "
                f"N training images (written 300 or 1k) of the first C classes: {self.name}-300-4c"
            )
        number, classes = form[1], len(self.per_class) if form[2] is None else int(form[2])
        if not 2 <= classes <= len(self.per_class):
            raise ProblemError(
                f"there is no data set {name!r}: C is a number of classes from 2 to {len(self.per_class)}, "
                f"as in {self.name}-300-4c"
            )
        some = classes < len(self.per_class)
        there = sum(self.per_class[:classes])
        images = there if number is None else _read_number(number)
        if not 1 <= images <= there:
            raise ProblemError(
                f"there is no data set {name!r}: there are {there:,} training images in {self.title}"
                f"{f', of its first {classes} classes' * some}; N is from 1 to {there}"
            )
        pixels = "×".join(map(str, self.shape))
        kind = "signs ±1 for the first 2 classes" if classes == 2 else f"{'the first ' * some}{classes} classes"
        return DatasetEntry(
            name=self.name + f"-{_write_number(images)}" * (images < there) + f"-{classes}c" * some,
            load=self.load,
            summary=f"{'the first' if images < there else 'all'} {images:,} training images of {self.title}, "
            f"{pixels}, {kind}",
            source=self.source,
            inputs="image",
            targets="signs" if classes == 2 else "classes",
            examples=images,
            options={**self.options, "images": images, "classes": classes},
            shape=self.shape,
        )


_IMAGES = (
    _Images(
        name="digits",
        title="the digits that ship with eostui",
        load="eostui.problems.data.digits:load",
        source="Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits; CC BY 4.0",
        shape=(1, 8, 8),
        per_class=(151, 151, 150, 153, 148, 152, 151, 149, 146, 149),
    ),
    _Images(
        name="cifar10",
        title="CIFAR-10",
        load="eostui.problems.data.cifar10:load",
        source="Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html; declares no licence",
        shape=(3, 32, 32),
        per_class=(5_000,) * 10,
    ),
    _Images(
        name="svhn",
        title="SVHN, the street view house numbers",
        load="eostui.problems.data.svhn:load",
        source="Netzer et al. 2011, http://ufldl.stanford.edu/housenumbers; for non-commercial use",
        shape=(3, 32, 32),
        per_class=(4_948, 13_861, 10_585, 8_497, 7_458, 6_882, 5_727, 5_595, 5_045, 4_659),
    ),
    _Images(
        name="fashion-mnist",
        title="Fashion-MNIST",
        load="eostui.problems.data.mnist:load",
        source="Xiao, Rasul & Vollgraf 2017, https://github.com/zalandoresearch/fashion-mnist; MIT",
        shape=(1, 28, 28),
        per_class=(6_000,) * 10,
        options={"name": "fashion-mnist"},
    ),
    _Images(
        name="mnist",
        title="MNIST",
        load="eostui.problems.data.mnist:load",
        source="LeCun, Cortes & Burges 1998, http://yann.lecun.com/exdb/mnist; CC BY-SA 3.0",
        shape=(1, 28, 28),
        per_class=(5_923, 6_742, 5_958, 6_131, 5_842, 5_421, 5_918, 6_265, 5_851, 5_949),
        options={"name": "mnist"},
    ),
)

TEXT_LEVELS = ("words", "chars")
"""The tokens of a text: its words or its characters."""
TABLES = (".csv", ".tsv", ".json", ".jsonl")
ARRAYS = (
    ".npy",
    ".npz",
    ".pt",
    ".pth",
    ".pkl",
    ".pickle",
    ".safetensors",
    ".h5",
    ".hdf5",
    ".mat",
    ".parquet",
    ".feather",
)
"""Endings of files that hold numbers rather than text."""
SEQUENCE = 35
"""Tokens in one example of a text, as in the language modelling of Cohen et al. 2021."""

_WIKITEXT = "wikitext-2"
_WIKITEXT_WORDS = 2_088_628  # in the training text, counting the ends of its lines


def _wikitext(name: str) -> DatasetEntry:
    form = re.fullmatch(r"(-char)?(?:-(\d{1,9}k?))?", name.removeprefix(_WIKITEXT))
    if form is None:
        raise ProblemError(
            f"there is no data set {name!r}: write {_WIKITEXT} or {_WIKITEXT}-N for words, {_WIKITEXT}-char or "
            f"{_WIKITEXT}-char-N for characters, where N is the number of sequences, written 300 or 1k"
        )
    characters, sequences = form[1] is not None, None if form[2] is None else _read_number(form[2])
    most = None if characters else (_WIKITEXT_WORDS - 1) // SEQUENCE
    if sequences is not None and (sequences < 1 or (most is not None and sequences > most)):
        raise ProblemError(
            f"there is no data set {name!r}: the number of sequences must be "
            f"{'at least 1' if most is None else f'from 1 to {most}'}"
        )
    level = "chars" if characters else "words"
    return DatasetEntry(
        name=_WIKITEXT + "-char" * characters + (f"-{_write_number(sequences)}" if sequences else ""),
        load="eostui.problems.data.wikitext:load",
        summary=f"{'all' if sequences is None else f'the first {sequences:,}'} sequences of {SEQUENCE} "
        f"{'characters' if characters else 'words'} of WikiText-2; the task is to predict the next one",
        source="Merity et al. 2016, https://arxiv.org/abs/1609.07843; CC BY-SA 3.0",
        inputs="tokens",
        targets="classes",
        examples=sequences,
        options={"level": level, "sequences": sequences},
        shape=(SEQUENCE,),
    )


_HIGHEST_DEGREE = 1_000_000  # the error of cos(D arccos x) grows as D


def _chebyshev(name: str) -> DatasetEntry:
    form = re.fullmatch(r"-(\d{1,9})", name.removeprefix("chebyshev"))
    if form is None or not 1 <= int(form[1]) <= _HIGHEST_DEGREE:
        raise ProblemError(
            f"there is no data set {name!r}: write chebyshev-D with a degree D from 1 to {_HIGHEST_DEGREE}, "
            "as in chebyshev-4"
        )
    degree = int(form[1])
    return DatasetEntry(
        name=f"chebyshev-{degree}",
        load="eostui.problems.data.chebyshev:load",
        summary=f"20 points of the Chebyshev polynomial of degree {degree} on [-1, 1]",
        source="Cohen et al. 2021, appendix",
        inputs="vector",
        targets="numbers",
        examples=20,
        options={"degree": degree},
        shape=(1,),
    )


_DRAWN = (
    DatasetEntry(
        name="sorting",
        load="eostui.problems.data.sorting:load",
        summary="1,000 sequences: 8 tokens of 4 kinds, and then the same tokens sorted, to be predicted one by one",
        source="Cohen et al. 2024, drawn from a fixed seed",
        inputs="tokens",
        targets="classes",
        examples=1_000,
        shape=(15,),
    ),
    DatasetEntry(
        name="deep-linear",
        load="eostui.problems.data.deep_linear:load",
        summary="50 orthogonal inputs of length √50 in 50 dimensions, and their images under a Gaussian matrix",
        source="Cohen et al. 2021, appendix, drawn from a fixed seed",
        inputs="vector",
        targets="numbers",
        examples=50,
        shape=(50,),
    ),
    DatasetEntry(
        name="blobs",
        load="eostui.problems.data.blobs:load",
        summary="500 points of 4 overlapping Gaussian clouds in 10 dimensions, 4 classes",
        source="drawn from a fixed seed",
        inputs="vector",
        targets="classes",
        examples=500,
        shape=(10,),
    ),
    DatasetEntry(
        name="one",
        load="eostui.problems.data.one:load",
        summary="one example, the input 1 and the target 1",
        source="nowhere: it is two numbers",
        inputs="vector",
        targets="numbers",
        examples=1,
        shape=(1,),
    ),
)


_FAMILIES: Mapping[str, Callable[[str], DatasetEntry]] = {
    **{images.name: images.member for images in _IMAGES},
    _WIKITEXT: _wikitext,
    "chebyshev": _chebyshev,
}


def _member(name: str) -> DatasetEntry | None:
    for prefix, member in _FAMILIES.items():
        if name == prefix or name.startswith(f"{prefix}-"):
            return member(name)
    return next((entry for entry in _DRAWN if entry.name == name), None)


def _text_file(name: str) -> DatasetEntry | None:
    """The entry of an existing text file; None for a name of another kind."""
    whole = name.endswith(".txt") or ":" not in name
    path, _, level = (name, "", "chars") if whole else name.rpartition(":")
    file = expand_home(path)
    _refuse_numbers(path, file, "" if whole else level)
    if not path.endswith(".txt"):
        # Other endings are accepted for a file that exists, where the name cannot mean a data set or a function.
        meant = not path.endswith(".py") and ("/" in path if whole else level in TEXT_LEVELS)
        if not meant or not file.is_file():
            return None
    if level not in TEXT_LEVELS:
        raise ProblemError(f"{name!r}: a text is read as {path}:words or {path}:chars, not as {level!r}")
    if not file.is_file():
        beside = sorted(found.name for found in file.parent.glob("*.txt") if found.is_file())
        raise DataError(f"there is no text file {path!r}{did_you_mean(file.name, beside)}")
    what = "characters" if level == "chars" else "words"
    return DatasetEntry(
        name=f"{file.absolute()}:{level}",
        load="eostui.problems.data.text:load",
        summary=f"sequences of {SEQUENCE} {what} of {file.name}; the task is to predict the next one",
        source="your own",
        inputs="tokens",
        targets="classes",
        examples=None,
        options={"path": str(file.absolute()), "level": level},
        shape=(SEQUENCE,),
    )


def _refuse_numbers(path: str, file: Path, level: str) -> None:
    """Raise ProblemError for a folder, and for a file of numbers without a `level` that asks to read it as a text."""
    remedy = "write a function that loads it and returns (x, y), and name it as file.py:function"
    if not level and "/" in path and file.is_dir():
        raise ProblemError(f"{path} is a folder: {remedy}")
    if file.suffix.lower() not in TABLES + ARRAYS or level in TEXT_LEVELS:
        return
    if file.is_file():
        characters = f"; to learn its characters, write {path}:chars" * (file.suffix.lower() in TABLES)
        raise ProblemError(f"{path} is not a text: {remedy}{characters}")
    if not level:
        beside = sorted(found.name for found in file.parent.glob(f"*{file.suffix}"))
        raise DataError(f"there is no file {path!r}{did_you_mean(file.name, beside)}; once it exists, {remedy}")


def first_examples(data: str, number: int) -> str | None:
    """The name of the data set that has the first `number` examples of another; None where it has no name."""
    classes = re.search(r"(-\d+c)?$", data)[0]  # type: ignore[index]
    family = data.removesuffix(classes)
    for whole in (family, re.sub(r"-\d+k?$", "", family)):
        name = f"{whole}-{_write_number(number)}{classes}"
        try:
            entry = find_dataset(name)
        except ProblemError:
            continue
        if entry is not None and entry.examples == number:
            return name
    return None


def _read_number(written: str) -> int:
    """`300` or `5k`."""
    return 1000 * int(written[:-1]) if written.endswith("k") else int(written)


def _write_number(number: int) -> str:
    return f"{number // 1000}k" if number % 1000 == 0 else str(number)


DATASETS: dict[str, DatasetEntry] = {
    entry.name: entry
    for name in (
        "digits",
        *(f"cifar10-{n}" for n in ("1k", "2k", "5k", "10k", "20k")),
        "cifar10",
        "cifar10-1k-4c",
        "cifar10-1k-2c",
        "svhn-5k",
        "svhn",
        "fashion-mnist-5k",
        "fashion-mnist",
        "mnist-5k",
        "mnist",
        "wikitext-2",
        "wikitext-2-1k",
        "wikitext-2-char",
        "wikitext-2-char-1k",
        "sorting",
        *(f"chebyshev-{degree}" for degree in (3, 4, 5)),
        "deep-linear",
        "blobs",
        "one",
    )
    if (entry := _member(name)) is not None
}
