"""A loss of the user's own: checked, and moved to the run's device and dtype."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from eostui.objective.weights import cast
from eostui.problems.by_path import can_be_called, load_callable, parameters_of
from eostui.problems.errors import ByPathError, ProblemError
from eostui.problems.own import describe, not_finite


def own_loss(spec: str, dtype: torch.dtype, device: torch.device) -> Callable[..., Any]:
    """The loss f(outputs, targets) that `spec` names. The tensors of a module are moved. Raises ProblemError."""
    loss = load_callable(spec)
    if inspect.isclass(loss):
        name = spec.rpartition(":")[2]
        raise ByPathError(
            f"{spec}: {name} is {describe(loss)}: write `loss = {loss.__name__}()`, and name it as file.py:loss"
        )
    if isinstance(loss, nn.Module):
        trainable = [weight for weight, parameter in loss.named_parameters() if parameter.requires_grad]
        if trainable:
            have = "a weight" if len(trainable) == 1 else "weights"
            raise ProblemError(
                f"the loss {spec} has {have} {', '.join(trainable)} that would not be trained: "
                "put it into the model, let the model return the loss, and give --loss model"
            )
        cast(loss, device, dtype)
        return loss
    takes = parameters_of(loss)
    if takes is not None and not can_be_called(loss, None, None):
        raise ProblemError(
            f"the loss {spec} takes {takes or 'no arguments'}; it must take (outputs, targets) and return the mean loss"
        )
    return loss


def check_loss_is_finite(loss: Callable[..., Any], outputs: Any, y: Tensor | None, *, spec: str, data: str) -> None:
    """Raise ProblemError where NaN or infinite targets make the loss NaN or infinite, whatever the outputs are."""
    if y is None or not isinstance(outputs, Tensor) or not (bad := not_finite(y)):
        return
    # The loss of all examples at once, since some of them may have no finite target at all.
    with torch.no_grad():
        value = loss(outputs.detach()[:1].expand(len(y), *outputs.shape[1:]).clone(), y.clone())
    if not bool(torch.isfinite(value)):
        raise ProblemError(
            f"the loss {spec} is {value.item():g}, because {bad:,} of the {y.numel():,} numbers of y from {data} are "
            "NaN or infinite: it must leave them out"
        )
