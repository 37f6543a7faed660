"""How a model is called, and where its result has the loss, if the model computes that itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

LABELS = "labels"
"""The argument by which a model that computes its own loss takes the targets, beside inputs that have names."""

Inputs = Tensor | Mapping[str, Tensor]
"""The inputs of a model: one tensor, or several by the names of its arguments. The first axis is the examples."""


def call_model(model: Callable[..., Any], inputs: Inputs, targets: Tensor | None = None) -> Any:
    """`model(x)` for a tensor and `model(**x)` for a mapping; with targets `model(x, y)` or `model(**x, labels=y)`."""
    if isinstance(inputs, Tensor):
        return model(inputs) if targets is None else model(inputs, targets)
    return model(**inputs) if targets is None else model(**inputs, **{LABELS: targets})


def computed_loss(returned: Any) -> Any:
    """The loss in the result of a model that computes its own loss; the whole result where it has none."""
    if isinstance(returned, Mapping):
        return returned.get("loss", returned)
    return returned if isinstance(returned, Tensor) else getattr(returned, "loss", returned)


def of_each(inputs: Inputs, function: Callable[[Tensor], Tensor]) -> Inputs:
    """The inputs with `function` applied to every tensor."""
    if isinstance(inputs, Tensor):
        return function(inputs)
    return {name: function(tensor) for name, tensor in inputs.items()}


def check_labels(inputs: Inputs, targets: Tensor | None) -> None:
    """Raise ValueError where a model would get the targets under a name that the inputs also have."""
    if targets is not None and not isinstance(inputs, Tensor) and LABELS in inputs:
        raise ValueError(f"the model would get {LABELS!r} twice: leave it out of the inputs, or give no targets")
