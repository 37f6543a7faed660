"""The trainable parameters of a module as one flat real vector θ, and θ written into the module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

_WRITTEN: WeakKeyDictionary[nn.Module, tuple[Tensor, list[int]]] = WeakKeyDictionary()
"""What was last written into a module: θ, and the versions that θ and the parameters had then."""


class Weights:
    """θ (size,) of a module: its parameters with `requires_grad`, in the order of `model.named_parameters()`.

    `write` copies θ into the parameters themselves, in place, and derivatives are taken by them. Everything that reads
    a weight therefore reads θ: a list of weights, a tied or parametrized layer, a hook, a loss that holds the model, an
    old view, and a forward pass that `torch.utils.checkpoint` repeats during the backward pass. Calling the module with
    other weights in their place (`torch.func.functional_call`) would reach only the tied ones of these.

    A complex parameter of n numbers counts as 2n real ones, real and imaginary parts in turn (`torch.view_as_real`).

    Raises ValueError for a module without trainable parameters, TypeError where these do not share one device and one
    real dtype.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.by_name = {name: p for name, p in model.named_parameters() if p.requires_grad}
        if not self.by_name:
            raise ValueError("the model has no trainable parameters: give it some with requires_grad=True")
        kinds = {(p.device, p.dtype.to_real()) for p in self.by_name.values()}
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{dtype} on {device}" for device, dtype in kinds))
            raise TypeError(f"trainable parameters must share one device and dtype, not {found}: use model.to(…)")
        ((self.device, self.dtype),) = kinds
        self.parameters = list(self.by_name.values())
        self._sizes = [p.numel() * (2 if p.is_complex() else 1) for p in self.parameters]
        self.size = sum(self._sizes)

    def read(self) -> Tensor:
        """A copy (size,) of the weights as they are in the module now."""
        return flatten([p.detach() for p in self.parameters])

    def write(self, theta: Tensor) -> None:
        """Put θ (size,) into the module. This costs almost nothing where θ is there already.

        Autograd does not notice the change. A graph that was built at another θ can be used again once that θ has been
        written back.
        """
        if theta.shape != (self.size,):
            raise ValueError(f"expected a vector of shape ({self.size},), not {tuple(theta.shape)}")
        theta = theta.detach()
        written, versions = _WRITTEN.get(self.model, (None, []))
        # The vector is kept alive: another one could get its address otherwise.
        if written is None or written.data_ptr() != theta.data_ptr() or versions != self._versions(theta):
            # By `data`, which leaves autograd's count of changes alone: see above.
            targets = [real(p.data) for p in self.parameters]
            sources = torch.split(theta, self._sizes)
            torch._foreach_copy_(targets, [s.view_as(t) for s, t in zip(sources, targets, strict=True)])
            _WRITTEN[self.model] = theta, self._versions(theta)

    def changed(self, theta: Tensor) -> str:
        """The name of a weight that differs from θ, although θ was written; empty where none does."""
        for (name, p), piece in zip(self.by_name.items(), self.split(theta), strict=True):
            if not torch.equal(p.detach(), piece) and not bool(piece.isnan().any()):
                return name
        return ""

    def _versions(self, theta: Tensor) -> list[int]:
        return [theta._version, *(p._version for p in self.parameters)]

    def split(self, theta: Tensor) -> list[Tensor]:
        """Views of θ (size,) in the shapes and kinds of the parameters."""
        pieces = torch.split(theta, self._sizes)
        return [
            torch.view_as_complex(piece.reshape(*p.shape, 2).contiguous()) if p.is_complex() else piece.view_as(p)
            for piece, p in zip(pieces, self.parameters, strict=True)
        ]


def flatten(tensors: Sequence[Tensor]) -> Tensor:
    """One real vector (size,) from tensors of any shapes: the inverse of `Weights.split`."""
    return torch.cat([real(t).reshape(-1) for t in tensors])


def real(tensor: Tensor) -> Tensor:
    """The tensor as real numbers, written out: a complex one gets a last axis of two, a sparse one its zeros."""
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def cast(module: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    """Move a module to a device and its numbers to a real dtype, complex ones to the complex dtype of that precision.

    `nn.Module.to(dtype)` would drop the imaginary parts.
    """
    module.to(device)
    module.double() if dtype == torch.float64 else module.float()  # these leave complex numbers as they are
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_complex():
            tensor.data = tensor.data.to(dtype.to_complex())


@contextmanager
def cast_for_now(modules: Sequence[nn.Module], dtype: torch.dtype) -> Iterator[None]:
    """In here the modules' numbers have another real dtype; afterwards they have the same tensors as before.

    Graphs that were built before no longer reach the weights afterwards: autograd makes a new graph node for a weight
    whose dtype changes.
    """
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    before = [tensor.data for tensor in tensors]
    try:
        for tensor in tensors:
            if tensor.is_floating_point() or tensor.is_complex():
                tensor.data = tensor.data.to(dtype.to_complex() if tensor.is_complex() else dtype)
        _forget(modules)
        yield
    finally:
        for tensor, data in zip(tensors, before, strict=True):
            tensor.data = data
        _forget(modules)


def _forget(modules: Sequence[nn.Module]) -> None:
    for module in modules:
        _WRITTEN.pop(module, None)
