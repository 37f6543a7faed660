"""Tokens: integer inputs (n, T), and a class number for every position of a sequence as target, (n, T).

    eostui run --arch examples/own_tokens.py:model --data examples/own_tokens.py:text --loss ce --lr 0.5

The network of Bengio et al. 2003 ("A Neural Probabilistic Language Model") learns to predict the next character of a
text: this file. It is at the edge of stability after some 300 steps. For a text file of yours, `--data notes.txt`
makes the same of it, and `--arch transformer` takes it.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TEXT = Path(__file__).read_text(encoding="utf-8")
CHARACTERS = ["start", *sorted(set(TEXT))]


def text() -> tuple[Tensor, Tensor]:
    """Sequences of 32 characters, as numbers, and the same one character further on."""
    numbers = torch.tensor([CHARACTERS.index(character) for character in TEXT])
    sequences = numbers[: (len(numbers) - 1) // 32 * 32 + 1].unfold(0, size=33, step=32)
    return sequences[:, :-1], sequences[:, 1:]


class LastFour(nn.Module):
    """Tokens (n, T) to logits (n, T, characters), each from the last 4 tokens only."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(CHARACTERS), 16)
        self.network = nn.Sequential(nn.Linear(4 * 16, 64), nn.Tanh(), nn.Linear(64, len(CHARACTERS)))

    def forward(self, tokens: Tensor) -> Tensor:
        last_four = F.pad(tokens, (3, 0)).unfold(1, size=4, step=1)  # (n, T, 4)
        logits: Tensor = self.network(self.embedding(last_four).flatten(2))
        return logits


def model() -> nn.Module:
    """About 9,000 parameters."""
    return LastFour()
