"""The LSTM that Cohen et al. 2024 train to sort."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from eostui.problems.networks.sizes import positive, sequence_length


class Layer(nn.Module):
    """One layer of long short-term memory (Hochreiter & Schmidhuber 1997), as torch.nn.LSTM defines it.

        i, f, g, o = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
        c_t = σ(f) c_{t−1} + σ(i) tanh(g),   h_t = σ(o) tanh(c_t),   h_0 = c_0 = 0

    Takes (n, T, width), gives (n, T, width): all h_t. Weights and biases start uniform in ±1/√width. It is written in
    plain tensor operations, because the fused kernels of torch.nn.LSTM and LSTMCell have no second derivative on a GPU.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.empty(4 * width, width))
        self.weight_hh = nn.Parameter(torch.empty(4 * width, width))
        self.bias_ih = nn.Parameter(torch.empty(4 * width))
        self.bias_hh = nn.Parameter(torch.empty(4 * width))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(width), 1 / math.sqrt(width))

    def forward(self, x: Tensor) -> Tensor:
        inputs = x @ self.weight_ih.T + (self.bias_ih + self.bias_hh)
        h = c = x.new_zeros(len(x), self.weight_hh.shape[1])
        outputs = []
        for gates in inputs.unbind(dim=1):
            i, f, g, o = (gates + h @ self.weight_hh.T).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs, dim=1)


class LSTM(nn.Module):
    """embedding, `depth` LSTM layers, linear, all of `width` units; torch's default initialisation.

    Takes tokens (n, T), gives (n, T, outputs): one prediction at every token, from the tokens up to it. Raises
    ProblemError where the input is not a sequence, and for a width or depth below 1.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, vocabulary: int, width: int, depth: int) -> None:
        positive("an LSTM", width=width, depth=depth)
        sequence_length("an LSTM", input_shape)
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(depth)))
        self.linear = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.layers(self.embedding(x)))
        return logits
