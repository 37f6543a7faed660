"""The catalogues of names: complete, cheap, and every entry leads to code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eostui.problems.by_path import load_callable
from eostui.problems.datasets import DATASETS, DatasetEntry, find_dataset, first_examples
from eostui.problems.errors import DataError, ProblemError
from eostui.problems.losses import LOSSES


def found(name: str) -> DatasetEntry:
    entry = find_dataset(name)
    assert entry is not None
    return entry


def test_names_are_known_without_importing_torch() -> None:
    code = (
        "import sys; import eostui.problems.losses; from eostui.problems.datasets import find_dataset; "
        "find_dataset('cifar10-300-4c'); sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_data_sets_are_listed_with_what_they_give() -> None:
    expected = {
        "digits": ("image", "classes", 1_500, (1, 8, 8)),
        "cifar10-1k": ("image", "classes", 1_000, (3, 32, 32)),
        "cifar10-2k": ("image", "classes", 2_000, (3, 32, 32)),
        "cifar10-5k": ("image", "classes", 5_000, (3, 32, 32)),
        "cifar10-10k": ("image", "classes", 10_000, (3, 32, 32)),
        "cifar10-20k": ("image", "classes", 20_000, (3, 32, 32)),
        "cifar10": ("image", "classes", 50_000, (3, 32, 32)),
        "cifar10-1k-4c": ("image", "classes", 1_000, (3, 32, 32)),
        "cifar10-1k-2c": ("image", "signs", 1_000, (3, 32, 32)),
        "svhn-5k": ("image", "classes", 5_000, (3, 32, 32)),
        "svhn": ("image", "classes", 73_257, (3, 32, 32)),
        "fashion-mnist-5k": ("image", "classes", 5_000, (1, 28, 28)),
        "fashion-mnist": ("image", "classes", 60_000, (1, 28, 28)),
        "mnist-5k": ("image", "classes", 5_000, (1, 28, 28)),
        "mnist": ("image", "classes", 60_000, (1, 28, 28)),
        "wikitext-2": ("tokens", "classes", None, (35,)),
        "wikitext-2-1k": ("tokens", "classes", 1_000, (35,)),
        "wikitext-2-char": ("tokens", "classes", None, (35,)),
        "wikitext-2-char-1k": ("tokens", "classes", 1_000, (35,)),
        "sorting": ("tokens", "classes", 1_000, (15,)),
        "chebyshev-3": ("vector", "numbers", 20, (1,)),
        "chebyshev-4": ("vector", "numbers", 20, (1,)),
        "chebyshev-5": ("vector", "numbers", 20, (1,)),
        "deep-linear": ("vector", "numbers", 50, (50,)),
        "blobs": ("vector", "classes", 500, (10,)),
        "one": ("vector", "numbers", 1, (1,)),
    }
    assert {n: (e.inputs, e.targets, e.examples, e.shape) for n, e in DATASETS.items()} == expected
    assert list(DATASETS) == list(expected)
    assert all(entry.name == name and find_dataset(name) is entry for name, entry in DATASETS.items())


@pytest.mark.parametrize(
    "name", ["digits", "digits-100-2c", "digits-7", "sorting", "chebyshev-1", "chebyshev-40", "deep-linear", "blobs"]
)
def test_what_an_entry_promises_is_what_is_loaded(name: str) -> None:
    entry = found(name)
    data = load_callable(entry.load)(Path("unused"), lambda _text, _fraction: None, **entry.options)
    assert entry.shape is not None
    assert data.x.shape == (entry.examples, *entry.shape)
    assert len(data.y) == entry.examples
    assert data.x.is_floating_point() == (entry.inputs != "tokens")
    assert data.y.is_floating_point() == (entry.targets != "classes")
    assert (data.classes is None) == (entry.targets == "numbers")
    assert (data.vocabulary is None) == (entry.inputs != "tokens")
    if entry.targets == "signs":
        assert data.y.shape == (entry.examples, 1)
        assert set(data.y.flatten().tolist()) == {-1.0, 1.0}
    again = load_callable(entry.load)(Path("unused"), lambda _text, _fraction: None, **entry.options)
    assert again.x.equal(data.x)
    assert again.y.equal(data.y)


@pytest.mark.parametrize(
    ("name", "canonical", "targets", "examples"),
    [
        ("cifar10-300", "cifar10-300", "classes", 300),
        ("cifar10-5000", "cifar10-5k", "classes", 5_000),
        ("cifar10-50k", "cifar10", "classes", 50_000),
        ("cifar10-2k-10c", "cifar10-2k", "classes", 2_000),
        ("cifar10-4c", "cifar10-4c", "classes", 20_000),
        ("svhn-1k-2c", "svhn-1k-2c", "signs", 1_000),
        ("svhn-3c", "svhn-3c", "classes", 29_394),
        ("mnist-2c", "mnist-2c", "signs", 12_665),
        ("fashion-mnist-6k-2c", "fashion-mnist-6k-2c", "signs", 6_000),
        ("digits-302-2c", "digits-2c", "signs", 302),
        ("chebyshev-012", "chebyshev-12", "numbers", 20),
        ("wikitext-2-300", "wikitext-2-300", "classes", 300),
        ("wikitext-2-char-2000", "wikitext-2-char-2k", "classes", 2_000),
    ],
)
def test_members_of_families_are_found_though_not_listed(
    name: str, canonical: str, targets: str, examples: int
) -> None:
    entry = found(name)
    assert (entry.name, entry.targets, entry.examples) == (canonical, targets, examples)
    assert found(canonical) == entry


@pytest.mark.parametrize(
    "name", ["cifar-10-5k", "CIFAR10", "mnis", "sorting-3", "blobs-2", "", ":", "~nobody", "a.py:words"]
)
def test_names_of_no_family_are_not_found(name: str) -> None:
    assert find_dataset(name) is None


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("cifar10-70k", "there are 50,000 training images in CIFAR-10; N is from 1 to 50000"),
        ("cifar10-0", "N is from 1 to 50000"),
        ("cifar10-30k-4c", "20,000 training images in CIFAR-10, of its first 4 classes; N is from 1 to 20000"),
        ("cifar10-1k-11c", "C is a number of classes from 2 to 10, as in cifar10-300-4c"),
        ("cifar10-1k-1c", "C is a number of classes from 2 to 10"),
        ("cifar10-5K", "write cifar10, cifar10-N or cifar10-N-Cc"),
        ("cifar10-4c-1k", "write cifar10, cifar10-N or cifar10-N-Cc"),
        ("digits-2k", "there are 1,500 training images in the digits that ship with eostui"),
        ("fashion-mnist-", "write fashion-mnist, fashion-mnist-N or fashion-mnist-N-Cc"),
        ("svhn-99999999999999", "write svhn, svhn-N or svhn-N-Cc"),
        ("chebyshev-0", "write chebyshev-D with a degree D from 1 to 1000000, as in chebyshev-4"),
        ("chebyshev", "write chebyshev-D"),
        ("chebyshev-two", "write chebyshev-D"),
        ("wikitext-2-60k", "the number of sequences must be from 1 to 59675"),
        ("wikitext-2-char-0", "the number of sequences must be at least 1"),
        ("wikitext-2-chars", "write wikitext-2 or wikitext-2-N for words, wikitext-2-char or wikitext-2-char-N"),
    ],
)
def test_a_member_that_cannot_be_is_refused_with_what_would_be_right(name: str, right: str) -> None:
    with pytest.raises(ProblemError) as caught:
        find_dataset(name)
    assert f"there is no data set {name!r}: " in str(caught.value)
    assert right in str(caught.value)


def test_a_text_file_is_found_by_its_path_and_named_by_its_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("notes.txt", "notes.md", "cifar10-5k.txt", "code.py"):
        (tmp_path / file).write_text("a text")
    for name, path, level in (
        ("notes.txt", "notes.txt", "chars"),
        ("./notes.txt:words", "notes.txt", "words"),
        ("cifar10-5k.txt:chars", "cifar10-5k.txt", "chars"),
        ("notes.md:words", "notes.md", "words"),
        ("./notes.md", "notes.md", "chars"),
    ):
        entry = found(name)
        assert entry.options == {"path": str(tmp_path / path), "level": level}
        assert entry.name == f"{tmp_path / path}:{level}"
        assert found(entry.name) == entry
        assert (entry.inputs, entry.targets, entry.examples) == ("tokens", "classes", None)
    assert find_dataset("notes.md") is None
    assert find_dataset("code.py:words") is None
    assert find_dataset("missing.md:words") is None


def test_a_text_that_is_not_there_or_not_read_so_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shakespeare.txt").write_text("a text")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(DataError, match=r"no text file 'shakespear.txt' \(did you mean shakespeare.txt\?\)"):
        find_dataset("shakespear.txt")
    with pytest.raises(DataError, match=r"no text file 'nowhere/at/all.txt'"):
        find_dataset("nowhere/at/all.txt:words")
    with pytest.raises(DataError, match=r"no text file 'folder.txt'"):
        find_dataset("folder.txt")
    with pytest.raises(ProblemError, match="read as shakespeare.txt:words or shakespeare.txt:chars, not as 'lines'"):
        find_dataset("shakespeare.txt:lines")


def test_the_losses_are_listed_with_the_targets_they_take() -> None:
    assert {name: loss.targets for name, loss in LOSSES.items()} == {
        "mse": ("classes", "signs", "numbers"),
        "ce": ("classes",),
        "logistic": ("classes", "signs"),
        "model": ("classes", "signs", "numbers"),
    }
    assert all(loss.name == name for name, loss in LOSSES.items())


def test_every_entry_leads_to_code_but_the_loss_of_the_model_itself() -> None:
    assert LOSSES["model"].function == ""
    specs = [entry.load for entry in DATASETS.values()]
    specs += [loss.function for name, loss in LOSSES.items() if name != "model"]
    assert all(callable(load_callable(spec)) for spec in specs)


@pytest.mark.parametrize(
    ("data", "size", "name"),
    [
        ("cifar10", 1000, "cifar10-1k"),
        ("cifar10-5k", 300, "cifar10-300"),
        ("cifar10-1k-4c", 500, "cifar10-500-4c"),
        ("wikitext-2", 100, "wikitext-2-100"),
        ("wikitext-2-char-1k", 300, "wikitext-2-char-300"),
        ("chebyshev-5", 100, None),
        ("sorting", 100, None),
        ("model.py:data", 100, None),
    ],
)
def test_a_smaller_data_set_of_the_same_kind_has_a_name(data: str, size: int, name: str | None) -> None:
    assert first_examples(data, size) == name
