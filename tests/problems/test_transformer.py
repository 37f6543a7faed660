"""The language model: PyTorch's example to the last digit, and blind to the future."""

import pytest
import torch
from torch import Tensor, nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.positions import sinusoids
from eostui.problems.networks.transformer import Layer, Transformer

WIDTH, HEADS, DEPTH, WORDS, LENGTH = 8, 2, 2, 11, 5


def build() -> Transformer:
    torch.manual_seed(0)
    return Transformer((LENGTH,), WORDS, vocabulary=WORDS, width=WIDTH, depth=DEPTH, heads=HEADS)


def reference(model: Transformer, x: Tensor) -> Tensor:
    """The same weights in the layers of which PyTorch's word language model example is made."""
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, WIDTH, dropout=0.0)
    encoder = nn.TransformerEncoder(layer, DEPTH, enable_nested_tensor=False).double()
    for ours, torchs in zip(model.layers, encoder.layers, strict=True):
        assert isinstance(ours, Layer)
        assert isinstance(torchs, nn.TransformerEncoderLayer)
        q, k, v = ours.attention.query, ours.attention.key, ours.attention.value
        torchs.self_attn.in_proj_weight.data = torch.cat((q.weight, k.weight, v.weight)).detach()
        torchs.self_attn.in_proj_bias.data = torch.cat((q.bias, torch.zeros(WIDTH), v.bias)).detach()
        torchs.self_attn.out_proj.load_state_dict(ours.attention.out.state_dict())
        for name in ("linear1", "linear2", "norm1", "norm2"):
            getattr(torchs, name).load_state_dict(getattr(ours, name).state_dict())
    embedded = model.embedding(x) * WIDTH**0.5 + sinusoids(LENGTH, WIDTH).double()
    mask = nn.Transformer.generate_square_subsequent_mask(LENGTH).double()
    logits: Tensor = model.decoder(encoder(embedded.transpose(0, 1), mask).transpose(0, 1))
    return logits


def test_it_computes_what_pytorchs_example_computes() -> None:
    model = build().double()
    for p in model.parameters():
        p.data += 0.1 * torch.randn_like(p)  # biases and norms start where mistakes would not show
    x = torch.randint(WORDS, (3, LENGTH))
    torch.testing.assert_close(model(x), reference(model, x))


def test_it_starts_as_pytorchs_example_does() -> None:
    model = build()
    assert model.embedding.weight.abs().max() <= 0.1
    assert model.decoder.weight.abs().max() <= 0.1
    assert not model.decoder.bias.any()
    first = model.layers[0]
    assert isinstance(first, Layer)
    attention = first.attention
    assert (6 / (4 * WIDTH)) ** 0.5 * 0.9 < attention.key.weight.abs().max() <= (6 / (4 * WIDTH)) ** 0.5
    assert not attention.value.bias.any()


def test_positions_are_those_of_the_formula() -> None:
    angle = 3 / 10_000 ** (2 / 8)
    expected = [torch.tensor(3.0).sin(), torch.tensor(3.0).cos(), torch.tensor(angle).sin(), torch.tensor(angle).cos()]
    torch.testing.assert_close(sinusoids(5, 8)[3, :4], torch.stack(expected))


def test_a_prediction_sees_no_later_word_and_every_earlier_one() -> None:
    model = build()
    x = torch.zeros(1, LENGTH, dtype=torch.int64)
    changed = x.clone()
    changed[0, 2] = 1
    differs = (model(x) != model(changed)).any(dim=2)[0]
    assert differs.tolist() == [False, False, True, True, True]


def test_shorter_sequences_are_taken_too() -> None:
    model = build()
    x = torch.randint(WORDS, (3, LENGTH))
    torch.testing.assert_close(model(x[:, :3]), model(x)[:, :3])


def test_what_the_heads_cannot_share_is_refused() -> None:
    with pytest.raises(ProblemError, match="width of a transformer with 3 heads must be a multiple of 6, not 9"):
        Transformer((5,), 4, vocabulary=4, width=9, depth=1, heads=3)
