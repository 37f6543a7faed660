"""Texts as sequences of words and characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from eostui.problems.data.text import load, read_text, text_dataset, tokenise
from eostui.problems.datasets import find_dataset
from eostui.problems.errors import DataError
from tests.problems.building import silent, to_test_on, to_train_on


def test_words_are_what_white_space_separates_and_every_line_ends_with_a_token() -> None:
    assert tokenise(" a b\tc \n\n d\n", "words") == ["a", "b", "c", "<eos>", "<eos>", "d", "<eos>"]
    assert tokenise("no end of line", "words") == ["no", "end", "of", "line", "<eos>"]
    # What else a Python string may be split at is white space within a line.
    assert tokenise("a\u2028b\x0cc\n", "words") == ["a", "b", "c", "<eos>"]


def test_every_token_is_to_be_predicted_from_those_before_it() -> None:
    words = [f"w{i}" for i in range(75)]
    data = text_dataset(words, (), "a text")
    x, y = to_train_on(data)
    assert x.shape == y.shape == (2, 35)
    assert x.dtype == y.dtype == torch.int64
    assert x.flatten().tolist() == list(range(70))
    assert y.flatten().tolist() == list(range(1, 71))
    assert data.x_test is None
    assert data.y_test is None
    assert data.classes == data.vocabulary == 75


def test_the_first_sequences_have_the_numbers_and_the_vocabulary_of_the_whole_text() -> None:
    words = [f"w{i % 200}" for i in range(1000)]
    whole, some = text_dataset(words, words, "a text"), text_dataset(words, words, "a text", sequences=3)
    for part, of_whole in zip(to_train_on(some), to_train_on(whole), strict=True):
        assert torch.equal(part, of_whole[:3])
    assert some.x_test is not None
    assert len(some.x_test) == 3
    assert some.vocabulary == whole.vocabulary == 200
    with pytest.raises(
        DataError, match="a text: there are only 28 sequences of 35 tokens to train on, but 29 are needed"
    ):
        text_dataset(words, words, "a text", sequences=29)


def test_a_token_of_the_test_text_alone_becomes_the_unknown_one() -> None:
    train = ["a", "<unk>", *"b" * 40]
    data = text_dataset(train, ["z", "a", *"b" * 40], "a text")
    assert data.vocabulary == 3
    assert to_test_on(data)[0][0, :3].tolist() == [1, 0, 2]
    data = text_dataset("a" * 40, "az" * 20, "a text")
    assert data.vocabulary == 2
    assert to_test_on(data)[1][0, :3].tolist() == [1, 0, 1]
    assert text_dataset("ab" * 40, "ba" * 20, "a text").vocabulary == 2


@pytest.mark.parametrize("text", ["", "\n", "a" * 35])
def test_a_text_too_short_for_a_sequence_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "short.txt").write_text(text)
    with pytest.raises(DataError, match=r"short\.txt, .* only 0 sequences of 35 tokens to train on, but 1 are needed"):
        load(tmp_path, silent, path=str(tmp_path / "short.txt"), level="chars")


@pytest.mark.parametrize(("level", "vocabulary", "sequences"), [("chars", 65, 28_681), ("words", 23_865, 6_239)])
def test_a_real_text_is_split_at_nine_tenths(shared_data: Path, level: str, vocabulary: int, sequences: int) -> None:
    path = shared_data / "tinyshakespeare.txt"
    entry = find_dataset(f"{path}:{level}")
    assert entry is not None
    data = load(shared_data, silent, **entry.options)
    (x, y), (x_test, y_test) = to_train_on(data), to_test_on(data)
    assert (len(x), data.classes, data.vocabulary) == (sequences, vocabulary, vocabulary)
    assert 0.88 < len(x) / (len(x) + len(x_test)) < 0.92
    for part in (x, y, x_test, y_test):
        assert part.shape[1:] == (35,)
        assert part.min() >= 0
        assert part.max() < vocabulary
    if level == "chars":
        # The numbers are those of the first appearance, so the text can be read back.
        text = path.read_text()
        letters = np.array(list(dict.fromkeys(text)))
        assert "".join(letters[x.flatten().numpy()]) == text[: x.numel()]
        assert "".join(letters[y.flatten().numpy()]) == text[1 : y.numel() + 1]
        split = 9 * len(text) // 10
        assert "".join(letters[x_test.flatten().numpy()]) == text[split : split + x_test.numel()]


def test_a_file_that_is_no_utf8_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("na\u00efve".encode("latin1") * 100)
    with pytest.raises(DataError, match=r"latin\.txt is not UTF-8 text: byte 2 is 0xef .*; convert it, or"):
        read_text(path)
    path.write_bytes("\u00e9".encode()[:1])
    with pytest.raises(DataError, match=r"byte 0 is 0xc3 \(unexpected end of data\)"):
        read_text(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "marked.txt"
    path.write_text("so so\n", encoding="utf-8-sig")
    assert read_text(path) == "so so\n"
    path.write_text("so so\n", encoding="utf-16")
    with pytest.raises(DataError, match=r"marked\.txt is not UTF-8 text: byte 0 is 0xff"):
        read_text(path)


def test_a_file_that_is_gone_is_named_and_ends_of_lines_are_one_character(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*gone\.txt: No such file"):
        read_text(tmp_path / "gone.txt")
    (tmp_path / "dos.txt").write_bytes(b"a\r\nb\r\n")
    assert read_text(tmp_path / "dos.txt") == "a\nb\n"
