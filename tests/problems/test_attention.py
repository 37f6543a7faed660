"""Attention: torch's values, in the given order of time, with derivatives of every order."""

import pytest
import torch
from torch import nn

from eostui.problems.networks.attention import Attention
from tests.problems.third_derivative import error_of_third_derivative


@pytest.mark.parametrize("causal", [False, True])
def test_it_gives_what_torchs_own_gives(causal: bool) -> None:
    torch.manual_seed(0)
    ours = Attention(6, heads=2, head_width=3, causal=causal, bias=True).double()
    torchs = nn.MultiheadAttention(6, 2, batch_first=True).double()
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat((ours.query.weight, ours.key.weight, ours.value.weight)))
        torchs.in_proj_bias.copy_(torch.cat((ours.query.bias, torch.randn(6), ours.value.bias)))
        torchs.out_proj.load_state_dict(ours.out.state_dict())
    x = torch.randn(4, 5, 6, dtype=torch.float64)
    mask = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    torch.testing.assert_close(ours(x), torchs(x, x, x, attn_mask=mask, need_weights=False)[0])


def test_heads_may_be_wider_than_their_share() -> None:
    layer = Attention(6, heads=2, head_width=8, causal=False, bias=False)
    assert layer(torch.randn(4, 5, 6)).shape == (4, 5, 6)
    assert sum(p.numel() for p in layer.parameters()) == 4 * 6 * 16


@pytest.mark.parametrize("causal", [False, True])
def test_its_second_and_third_derivatives_are_right(causal: bool) -> None:
    torch.manual_seed(0)
    layer = Attention(4, heads=2, head_width=2, causal=causal, bias=True).double()
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))
    assert error_of_third_derivative(layer, x.detach()) < 1e-7
