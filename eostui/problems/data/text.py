"""Texts as sequences of words or characters. Each is to be predicted from those before it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eostui.problems.dataset import Dataset
from eostui.problems.datasets import SEQUENCE, Progress
from eostui.problems.errors import DataError

TRAIN_SHARE = 0.9
NAMES = {"words": "words", "chars": "characters"}
UNKNOWN = "<unk>"
END_OF_LINE = "<eos>"


def load(_data_dir: Path, progress: Progress, *, path: str, level: str) -> Dataset:
    """The first 90 % of the tokens of a text file to train on, the rest to test on; see `text_dataset`.

    `level` is "words" or "chars". Raises DataError.
    """
    progress(f"reading {path}", None)
    tokens = tokenise(read_text(Path(path)), level)
    split = int(TRAIN_SHARE * len(tokens))
    return text_dataset(tokens[:split], tokens[split:], f"the {NAMES[level]} of {path}, the first 90 % to train on")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file without its byte-order mark, every end of a line as `\\n`. Raises DataError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: byte {error.start:,} is 0x{error.object[error.start]:02x} ({error.reason}); "
            "convert it, or name another file"
        ) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def tokenise(text: str, level: str) -> Sequence[str]:
    """The characters of a text, or its words, which white space separates, with `<eos>` after every line."""
    if level == "chars":
        return text
    return [word for line in io.StringIO(text) for word in (*line.split(), END_OF_LINE)]


def text_dataset(
    train: Sequence[str], test: Sequence[str], provenance: str, *, sequences: int | None = None
) -> Dataset:
    """Sequences of T = 35 tokens, one after another: x = tokens[t … t+T), y = tokens[t+1 … t+T], each (n, T) int64.

    Only the first `sequences` sequences are taken (None: all), and at most as many of the test text: a whole test text
    could cost more than the training. Tokens are numbered in the order of their first appearance in the whole training
    text, so the vocabulary does not depend on `sequences`. Tokens that only the test text has become `<unk>`, which is
    added to the vocabulary where the training text lacks it. A test text shorter than one sequence is left out. Raises
    DataError where the training text has fewer than `sequences` sequences, or none.
    """
    there = (len(train) - 1) // SEQUENCE
    if there < (sequences or 1):
        raise DataError(
            f"{provenance}: there are only {max(there, 0):,} sequences of {SEQUENCE} tokens to train on, but "
            f"{sequences or 1:,} are needed"
        )
    taken = there if sequences is None else sequences
    tested = max(0, min((len(test) - 1) // SEQUENCE, len(test) if sequences is None else sequences))
    numbers = {token: number for number, token in enumerate(dict.fromkeys(train))}
    if tested and any(token not in numbers for token in test):
        numbers.setdefault(UNKNOWN, len(numbers))
    x, y = _sequences(train[: taken * SEQUENCE + 1], numbers)
    x_test, y_test = _sequences(test[: tested * SEQUENCE + 1], numbers) if tested else (None, None)
    return Dataset(
        x=x,
        y=y,
        x_test=x_test,
        y_test=y_test,
        classes=len(numbers),
        provenance=provenance,
        vocabulary=len(numbers),
    )


def _sequences(tokens: Sequence[str], numbers: Mapping[str, int]) -> tuple[Tensor, Tensor]:
    unknown = numbers.get(UNKNOWN, -1)  # -1 is never used: all tokens are known then
    numbered = np.fromiter((numbers.get(token, unknown) for token in tokens), np.int64, len(tokens))
    all_but_last, all_but_first = torch.from_numpy(numbered[:-1]), torch.from_numpy(numbered[1:])
    return all_but_last.reshape(-1, SEQUENCE), all_but_first.reshape(-1, SEQUENCE)
