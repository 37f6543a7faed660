"""Torch's optimizers without torch's compiler: their methods import it, which takes longer than importing torch."""

from __future__ import annotations

import inspect

import torch
from torch.optim import Optimizer


def spare_compiler() -> None:
    """Have optimizers be made, saved and loaded as they are, rather than in a wrapper for code that is compiled.

    Torch wraps these methods when they are first called, and keeps the result in an attribute of the method. Where a
    version of torch does not look there, this changes nothing.
    """
    for method in (Optimizer.add_param_group, Optimizer.state_dict, Optimizer.load_state_dict):
        bare = inspect.unwrap(method)
        bare.__dynamo_disable = bare


def update(optimizer: Optimizer) -> None:
    """`optimizer.step()`, for an optimizer without hooks."""
    with torch.no_grad():  # what is around the step of torch's optimizers, beside hooks and a profiler's mark
        inspect.unwrap(type(optimizer).step)(optimizer)
