"""How many bytes a graph of autograd keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

T = TypeVar("T")


def counting_saved_bytes(compute: Callable[[], T], given: Iterable[Tensor]) -> tuple[T, float]:
    """The result of `compute`, and the bytes that autograd saved in it, without those of the tensors `given`.

    The bytes are infinite where they cannot be counted: transforms of `torch.func` in a network do not allow that.
    Counting takes some time for every tensor that autograd saves.
    """
    uncounted = {tensor.untyped_storage().data_ptr() for tensor in given}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.layout is torch.strided:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in uncounted:
                kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    try:
        with saved_tensors_hooks(pack, lambda tensor: tensor):
            result = compute()
    except RuntimeError as error:
        if "saved tensor hooks" not in str(error):
            raise
        return compute(), float("inf")
    return result, float(sum(kept.values()))
