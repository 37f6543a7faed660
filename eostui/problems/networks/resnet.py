"""The residual networks for CIFAR of He et al. 2016 (arXiv 1512.03385, section 4.2)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from eostui.problems.errors import ProblemError
from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.networks.sizes import image_shape


class Block(nn.Module):
    """Two 3×3 convolutions beside a shortcut without parameters (He et al.'s option A).

    Where the block halves the image and widens the channels, the shortcut takes every second pixel and fills
    the new channels with zeros.
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.new_channels = channels - channels_in
        self.conv1 = nn.Conv2d(channels_in, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.norm1 = BatchNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.norm2 = BatchNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.new_channels:
            half = self.new_channels // 2
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.new_channels - half))
        return F.relu(residual + x)


class ResNet(nn.Module):
    """Convolution to 16 channels, three stages of n blocks with 16, 32 and 64, average pool, linear.

    Its depth is 6n + 2 layers: five blocks a stage are ResNet-32, with 464,154 parameters for RGB images in 10
    classes. Takes (n, c, h, w), gives (n, outputs). Convolutions start from He et al.'s normal distribution
    (arXiv 1502.01852). Raises ProblemError where the input is not an image, and for any other depth.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, depth: int) -> None:
        blocks, rest = divmod(depth - 2, 6)
        if blocks < 1 or rest:
            raise ProblemError(
                f"a residual network for CIFAR has 6n + 2 layers: its depth can be 8, 14, 20, 26, 32, …, not {depth}"
            )
        channels, _, _ = image_shape("a residual network", input_shape)
        super().__init__()
        self.conv = nn.Conv2d(channels, 16, kernel_size=3, padding=1, bias=False)
        self.norm = BatchNorm(16)
        self.stages = nn.Sequential(
            *(Block(16, 16, stride=1) for _ in range(blocks)),
            *(Block(32 if i else 16, 32, stride=1 if i else 2) for i in range(blocks)),
            *(Block(64 if i else 32, 64, stride=1 if i else 2) for i in range(blocks)),
        )
        self.linear = nn.Linear(64, outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(F.relu(self.norm(self.conv(x))))
        logits: Tensor = self.linear(x.mean(dim=(2, 3)))
        return logits
