"""The sorting task of Cohen et al. 2024 (central flows), after the demonstration of minGPT (Karpathy)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from eostui.problems.dataset import IGNORED, Dataset
from eostui.problems.datasets import Progress

TRAIN, TEST = 1_000, 1_000
LENGTH = 8
VOCABULARY = 4


def load(_data_dir: Path, progress: Progress) -> Dataset:
    """1,000 sequences to train on and 1,000 to test on: 8 tokens out of 4, and the same 8 sorted.

    x is the first 15 of these 16 tokens and y the last 15, each (n, 15) int64: the next token at every position. Those
    that are drawn cannot be predicted, so the first 7 positions of y are IGNORED and 8 count. The sequences are those
    that the authors' code draws, before it shuffles them; a sequence may occur more than once, and in both parts.
    """
    progress("drawing sequences to be sorted", None)
    drawn = np.random.default_rng(0).integers(0, VOCABULARY, size=(TRAIN + TEST, LENGTH))
    both = np.concatenate((drawn, np.sort(drawn, axis=1)), axis=1)
    x, y = both[:, :-1].copy(), both[:, 1:].copy()
    y[:, : LENGTH - 1] = IGNORED

    return Dataset(
        x=torch.from_numpy(x[:TRAIN]),
        y=torch.from_numpy(y[:TRAIN]),
        x_test=torch.from_numpy(x[TRAIN:]),
        y_test=torch.from_numpy(y[TRAIN:]),
        classes=VOCABULARY,
        provenance="sequences to be sorted (Cohen et al. 2024), drawn from seed 0",
        vocabulary=VOCABULARY,
    )
