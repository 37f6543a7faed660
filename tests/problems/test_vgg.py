"""VGG-11: the layers of the paper, for 32×32 pixels and more."""

import pytest
import torch
from torch import nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.networks.vgg import VGG11


def test_it_has_the_convolutions_of_configuration_a_and_three_linear_layers() -> None:
    model = VGG11((3, 32, 32), 10, width=64, normalised=False)
    convolutions = [layer for layer in model.features if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [64, 128, 256, 256, 512, 512, 512, 512]
    linear = [layer for layer in model.classifier if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(512, 512), (512, 512), (512, 10)]
    assert float(convolutions[-1].weight.detach().std()) == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)
    assert not any(isinstance(layer, nn.Dropout) for layer in model.modules())


def test_batch_norm_comes_between_convolution_and_activation() -> None:
    model = VGG11((3, 32, 32), 10, width=2, normalised=True)
    kinds = [type(layer) for layer in model.features]
    assert kinds[:4] == [nn.Conv2d, BatchNorm, nn.ReLU, nn.MaxPool2d]
    assert kinds.count(BatchNorm) == 8


def test_larger_images_are_taken_and_smaller_ones_refused() -> None:
    model = VGG11((3, 64, 32), 5, width=2, normalised=False)
    assert model(torch.randn(2, 3, 64, 32)).shape == (2, 5)
    with pytest.raises(ProblemError, match="VGG-11.*32×32 pixels or more.*shape \\(1, 28, 28\\)"):
        VGG11((1, 28, 28), 10, width=64, normalised=False)
