"""The vision transformer: its patches and where they are."""

import pytest
import torch
from torch import Tensor, nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.positions import sinusoids_2d
from eostui.problems.networks.vision_transformer import VisionTransformer


def build(shape: tuple[int, ...], *, width: int = 16) -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(shape, 3, width=width, depth=2, heads=2, head_width=4, patch=4)


def with_a_head(model: VisionTransformer) -> VisionTransformer:
    nn.init.normal_(model.linear.weight)
    return model


def patches_swapped(x: Tensor) -> Tensor:
    """The upper left and the lower right 4×4 pixels in each other's place."""
    y = x.clone()
    y[..., :4, :4], y[..., 4:, 4:] = x[..., 4:, 4:], x[..., :4, :4]
    return y


def test_it_starts_at_zero() -> None:
    assert not build((3, 8, 8))(torch.randn(2, 3, 8, 8)).any()


def test_it_sees_where_a_patch_is_by_its_positions_alone() -> None:
    model, x = with_a_head(build((3, 8, 8))), torch.randn(2, 3, 8, 8)
    assert not torch.allclose(model(x), model(patches_swapped(x)), atol=1e-3)
    model.positions.zero_()
    torch.testing.assert_close(model(x), model(patches_swapped(x)))


def test_pixels_of_one_patch_are_one_token() -> None:
    seen: list[Tensor] = []
    model = build((3, 8, 12))
    model.embedding[0].register_forward_hook(lambda _layer, inputs, _output: seen.append(inputs[0]))
    x = torch.randn(2, 3, 8, 12)
    model(x)
    assert seen[0].shape == (2, 6, 48)
    assert torch.equal(seen[0][:, 4], x[:, :, 4:8, 4:8].flatten(1))


def test_every_position_has_its_own_vector() -> None:
    positions = sinusoids_2d(7, 5, 16)
    assert positions.shape == (35, 16)
    distances = torch.cdist(positions, positions) + torch.eye(35)
    assert distances.min() > 0.1
    # Half of it is for the row: the same for all the columns of a row.
    assert torch.equal(positions[0, :8], positions[4, :8])
    assert torch.equal(positions[0, 8:], positions[5, 8:])


def test_images_that_patches_do_not_cover_are_refused() -> None:
    assert build((1, 28, 28))(torch.randn(2, 1, 28, 28)).shape == (2, 3)
    with pytest.raises(ProblemError, match="patches of 4×4 pixels.*multiples of 4.*shape \\(3, 30, 32\\)"):
        build((3, 30, 32))
    with pytest.raises(ProblemError, match="4×4 pixels or more.*shape \\(1, 2, 2\\)"):
        build((1, 2, 2))


def test_a_width_that_positions_cannot_share_is_refused() -> None:
    with pytest.raises(ProblemError, match="width of a vision transformer must be a multiple of 4, not 30"):
        build((3, 8, 8), width=30)
