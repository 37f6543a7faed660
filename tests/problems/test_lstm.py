"""The LSTM: torch's own to the last digit."""

import torch
from torch import nn

from eostui.problems.networks.lstm import LSTM

WIDTH, DEPTH, TOKENS, LENGTH = 6, 2, 4, 7


def build() -> LSTM:
    torch.manual_seed(0)
    return LSTM((LENGTH,), 3, vocabulary=TOKENS, width=WIDTH, depth=DEPTH)


def test_it_computes_what_torchs_own_computes() -> None:
    model = build().double()
    torchs = nn.LSTM(WIDTH, WIDTH, num_layers=DEPTH, batch_first=True).double()
    for i, layer in enumerate(model.layers):
        for name, value in layer.named_parameters():
            getattr(torchs, f"{name}_l{i}").data = value.detach()
    x = torch.randint(TOKENS, (5, LENGTH))
    torch.testing.assert_close(model(x), model.linear(torchs(model.embedding(x))[0]))


def test_it_starts_as_torchs_own_does() -> None:
    bound = WIDTH**-0.5
    for p in build().layers.parameters():
        assert 0.7 * bound < p.abs().max() <= bound


def test_an_output_depends_on_its_token_and_those_before() -> None:
    model = build()
    x = torch.zeros(1, LENGTH, dtype=torch.int64)
    changed = x.clone()
    changed[0, 3] = 1
    differs = (model(x) != model(changed)).any(dim=2)[0]
    assert differs.tolist() == [False] * 3 + [True] * 4
