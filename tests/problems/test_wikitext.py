"""WikiText-2: which of its files are read, and what is in the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from eostui.problems.data.text import read_text, tokenise
from eostui.problems.data.wikitext import load
from eostui.problems.datasets import DATASETS
from eostui.problems.errors import DataError
from tests.problems.building import silent, to_test_on, to_train_on

LONG = "of the words of this text there are enough for one sequence and more\n" * 5


def test_the_real_texts_have_the_published_numbers_of_tokens(shared_data: Path) -> None:
    for name, tokens in (("valid", 217_646), ("test", 245_569)):
        assert len(tokenise(read_text(shared_data / "wikitext-2" / f"{name}.txt"), "words")) == tokens


def test_without_a_training_text_the_validation_text_is_trained_on_and_that_is_said(shared_data: Path) -> None:
    data = load(shared_data, silent, **DATASETS["wikitext-2"].options)
    assert to_train_on(data)[0].shape == ((217_646 - 1) // 35, 35)
    assert to_test_on(data)[0].shape == ((245_569 - 1) // 35, 35)
    words = set(tokenise(read_text(shared_data / "wikitext-2" / "valid.txt"), "words"))
    assert "<unk>" in words
    assert data.classes == data.vocabulary == len(words)
    assert data.provenance.endswith("valid.txt, its validation text, because the training text is missing")


def test_some_sequences_of_characters(shared_data: Path) -> None:
    data = load(shared_data, silent, **DATASETS["wikitext-2-char-1k"].options)
    assert [part.shape for part in to_train_on(data)] == [(1_000, 35), (1_000, 35)]
    assert to_test_on(data)[0].shape == (1_000, 35)
    assert data.vocabulary is not None
    assert 100 < data.vocabulary < 200
    assert "the characters of WikiText-2" in data.provenance


@pytest.mark.parametrize(
    ("files", "level", "read", "tested"),
    [
        (["train.txt", "valid.txt", "test.txt"], "words", "train.txt", True),
        (["wikitext-2/train.txt", "wikitext-2/test.txt"], "words", "wikitext-2/train.txt", True),
        (["wikitext-2/wiki.train.tokens", "wikitext-2/wiki.train.raw"], "words", "wikitext-2/wiki.train.tokens", False),
        (["wikitext-2/wiki.train.tokens", "wikitext-2/wiki.train.raw"], "chars", "wikitext-2/wiki.train.raw", False),
        (["wikitext-2-raw/wiki.train.raw"], "words", "wikitext-2-raw/wiki.train.raw", False),
        (["wikitext-2/valid.txt", "wikitext-2/test.txt", "train.txt", "test.txt"], "words", "train.txt", True),
        (["wiki.valid.raw", "wiki.test.raw"], "chars", "wiki.valid.raw", True),
    ],
)
def test_a_training_text_is_found_where_it_may_be(
    tmp_path: Path, files: list[str], level: str, read: str, tested: bool
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(LONG)
    data = load(tmp_path, silent, level=level, sequences=None)
    assert f" from {tmp_path / read}" in data.provenance
    assert ("is missing" in data.provenance) == ("train" not in read)
    assert (data.x_test is not None) == tested


def test_the_test_text_is_the_one_beside_the_training_text(tmp_path: Path) -> None:
    (tmp_path / "wiki.train.tokens").write_text(LONG)
    (tmp_path / "test.txt").write_text("another text altogether " * 100)
    assert load(tmp_path, silent, level="words", sequences=None).x_test is None
    (tmp_path / "wiki.valid.tokens").write_text(LONG)
    assert load(tmp_path, silent, level="words", sequences=None).x_test is not None


def test_more_sequences_than_there_are_and_damaged_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text(LONG)
    with pytest.raises(DataError, match="there are only 2 sequences of 35 tokens to train on, but 5 are needed"):
        load(tmp_path, silent, level="words", sequences=5)
    (tmp_path / "train.txt").write_bytes(b"\xff\xfe" * 100)
    with pytest.raises(DataError, match=r"train\.txt is not UTF-8 text: byte 0 is 0xff"):
        load(tmp_path, silent, level="words", sequences=None)
