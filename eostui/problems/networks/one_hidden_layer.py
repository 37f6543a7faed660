"""The network that Cohen et al. 2021 fit Chebyshev polynomials with."""

from __future__ import annotations

from torch import nn

from eostui.problems.networks.sizes import positive, vector_size


class OneHiddenLayer(nn.Sequential):
    """linear to `width` units, tanh, linear without bias.

    Takes (n, d), gives (n, outputs). Weights start from Xavier's normal distribution and biases from zero. Weights of
    the first layer are 1.9 times as large: a steeper start makes polynomials of a higher degree learnable. Raises
    ProblemError where the input is not a vector, and for a width below 1.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, width: int) -> None:
        positive("a network with one hidden layer", width=width)
        hidden = nn.Linear(vector_size("a network for regression", input_shape), width)
        readout = nn.Linear(width, outputs, bias=False)
        nn.init.xavier_normal_(hidden.weight, gain=1.9)
        nn.init.zeros_(hidden.bias)
        nn.init.xavier_normal_(readout.weight)
        super().__init__(hidden, nn.Tanh(), readout)
