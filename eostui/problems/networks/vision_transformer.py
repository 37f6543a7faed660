"""The vision transformer of Cohen et al. 2024."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from eostui.problems.errors import ProblemError
from eostui.problems.networks.attention import Attention
from eostui.problems.networks.layer_norm import LayerNorm
from eostui.problems.networks.positions import sinusoids_2d
from eostui.problems.networks.sizes import image_shape, positive


class Layer(nn.Module):
    """x ← x + attention(norm(x)), x ← x + feedforward(norm(x)): pre-LN, GELU, four times as wide inside."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.norm1 = LayerNorm(width)
        self.attention = Attention(width, heads=heads, head_width=head_width, causal=False, bias=False)
        self.norm2 = LayerNorm(width)
        self.linear1 = nn.Linear(width, 4 * width)
        self.linear2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x))))  # type: ignore[no-any-return]


class VisionTransformer(nn.Module):
    """Patches, norm, linear, norm; positions added; `depth` layers; norm, mean over the patches, linear.

    This is the "simple ViT" of Beyer et al. 2022 (arXiv 2205.01580) with fixed sinusoidal positions of row and column,
    as Cohen et al. 2024 (arXiv 2410.24206) trained it. The last layer starts at zero, as in theirs. Otherwise the first
    sharpness would be too high for step sizes that are useful later. Takes (n, c, h, w), gives (n, outputs). Raises
    ProblemError where the input is not an image that can be cut into patches of `patch`×`patch` pixels, for a width
    that is not a multiple of 4, and for a depth below 1.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        width: int,
        depth: int,
        heads: int,
        head_width: int,
        patch: int,
    ) -> None:
        positive("a vision transformer", width=width, depth=depth)
        if width % 4:
            raise ProblemError(f"the width of a vision transformer must be a multiple of 4, not {width}")
        channels, image_height, image_width = image_shape("a vision transformer", input_shape, smallest=patch)
        if image_height % patch or image_width % patch:
            raise ProblemError(
                f"a vision transformer cuts images into patches of {patch}×{patch} pixels, so both sides must be "
                f"multiples of {patch}; those of this data set have shape {input_shape}"
            )
        super().__init__()
        self.patch = patch
        self.embedding = nn.Sequential(
            LayerNorm(channels * patch**2), nn.Linear(channels * patch**2, width), LayerNorm(width)
        )
        positions = sinusoids_2d(image_height // patch, image_width // patch, width)
        self.register_buffer("positions", positions, persistent=False)
        self.positions: Tensor
        self.layers = nn.Sequential(*(Layer(width, heads, head_width) for _ in range(depth)), LayerNorm(width))
        self.linear = nn.Linear(width, outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        patches = F.unfold(x, kernel_size=self.patch, stride=self.patch).mT
        logits: Tensor = self.linear(self.layers(self.embedding(patches) + self.positions).mean(dim=1))
        return logits
