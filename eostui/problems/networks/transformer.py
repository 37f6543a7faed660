"""The transformer language model of Cohen et al. 2021."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from eostui.problems.errors import ProblemError
from eostui.problems.networks.attention import Attention
from eostui.problems.networks.layer_norm import LayerNorm
from eostui.problems.networks.positions import sinusoids
from eostui.problems.networks.sizes import positive, sequence_length


class Layer(nn.Module):
    """x ← norm(x + attention(x)), x ← norm(x + feedforward(x)): post-LN, as in Vaswani et al. 2017."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads=heads, head_width=width // heads, causal=True, bias=True)
        self.norm1 = LayerNorm(width)
        self.linear1 = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)
        self.norm2 = LayerNorm(width)
        # torch.nn.MultiheadAttention starts like this: Xavier sees its three projections as one (3 · width, width).
        for projection in (self.attention.query, self.attention.key, self.attention.value):
            nn.init.xavier_uniform_(projection.weight, gain=math.sqrt(1 / 2))
        for projection in (self.attention.query, self.attention.value, self.attention.out):
            nn.init.zeros_(projection.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.linear2(F.relu(self.linear1(x))))  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """embedding · √width + positions, `depth` causal layers, linear.

    This is the model of PyTorch's word-level language modelling example (pytorch/examples), which Cohen et al. 2021
    trained on WikiText-2 with width 200. It is post-LN, without a norm after the last layer. Its ReLU feedforward
    layers are as wide as the model, and its positions are sinusoidal. Embedding and decoder are not tied, and start
    uniform in ±0.1. It has no dropout. Takes tokens (n, T), gives (n, T, outputs). Raises ProblemError where the input
    is not a sequence, for a width or depth below 1, and for a width that is odd or not divisible by the heads.
    """

    def __init__(
        self, input_shape: tuple[int, ...], outputs: int, *, vocabulary: int, width: int, depth: int, heads: int
    ) -> None:
        positive("a transformer", width=width, depth=depth)
        length = sequence_length("a transformer", input_shape)
        multiple = math.lcm(2, heads)
        if width % multiple:
            raise ProblemError(
                f"the width of a transformer with {heads} heads must be a multiple of {multiple}, not {width}"
            )
        super().__init__()
        self.scale = math.sqrt(width)
        self.embedding = nn.Embedding(vocabulary, width)
        self.register_buffer("positions", sinusoids(length, width), persistent=False)
        self.positions: Tensor
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(depth)))
        self.decoder = nn.Linear(width, outputs)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x) * self.scale + self.positions[: x.shape[1]]
        logits: Tensor = self.decoder(self.layers(x))
        return logits
