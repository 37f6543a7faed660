"""Your own model: a function without arguments that returns an `nn.Module`.

    eostui run --arch examples/own_model.py:model --data examples/own_data.py:chebyshev --loss mse --lr 0.2

The network is the one with which Cohen et al. 2021 (arXiv 2103.00065) fit Chebyshev polynomials. Its sharpness
starts near 4, climbs to 2/0.2 = 10 in about 1,500 steps and stays there.
"""

from torch import nn


def model() -> nn.Module:
    """A 1-100-1 tanh network. The seed is set directly before the call, so `--seed` decides the weights."""
    hidden, readout = nn.Linear(1, 100), nn.Linear(100, 1, bias=False)
    nn.init.xavier_normal_(hidden.weight, gain=1.9)
    nn.init.zeros_(hidden.bias)
    nn.init.xavier_normal_(readout.weight)
    return nn.Sequential(hidden, nn.Tanh(), readout)
