"""Layers of torch whose second derivatives are wrong. They get their formula written out in plain operations."""

from __future__ import annotations

import warnings

from torch import Tensor, nn
from torch.nn.utils import parametrizations

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch would rather have everybody use the parametrization
    from torch.nn.utils.weight_norm import WeightNorm


def write_out(model: nn.Module) -> None:
    """Make every weight normalisation in the model (Salimans & Kingma 2016) compute w = g v/‖v‖ by that formula.

    torch's kernel treats the norms as constants in its second derivative (seen with torch 2.14). On a small network the
    largest eigenvalue of the Hessian came out 1 % too low, and the Hessian was not symmetric.
    """
    for module in model.modules():
        if type(module) is parametrizations._WeightNorm:
            module.__class__ = _WrittenOutParametrization
        for hook in module._forward_pre_hooks.values():
            if type(hook) is WeightNorm:
                hook.__class__ = _WrittenOutHook


class _WrittenOutParametrization(parametrizations._WeightNorm):
    """`torch.nn.utils.parametrizations.weight_norm`."""

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return _weight(weight_g, weight_v, self.dim)


class _WrittenOutHook(WeightNorm):
    """`torch.nn.utils.weight_norm`."""

    def compute_weight(self, module: nn.Module) -> Tensor:
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return _weight(g, v, self.dim)


def _weight(g: Tensor, v: Tensor, dim: int) -> Tensor:
    """g v/‖v‖, with one norm for each index along `dim`, or one for all of v where it is -1."""
    others = [axis for axis in range(v.ndim) if axis != dim or dim == -1]
    return v * (g / v.square().sum(dim=others, keepdim=dim != -1).sqrt())
