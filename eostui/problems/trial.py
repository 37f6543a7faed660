"""Whether a model, a loss and a data set go together: two examples tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.criteria import classes_last
from eostui.problems.dataset import Dataset, Inputs
from eostui.problems.errors import ProblemError, source_file, where_and_what
from eostui.problems.own import describe, named, shape, shapes

Criterion = Callable[[Tensor, Tensor], Tensor]
"""`loss(outputs, targets)`: the mean loss over the examples, a scalar."""


def try_two_examples(
    model: nn.Module, criterion: Criterion | None, dataset: Dataset, *, arch: str, data: str, loss: str
) -> Tensor | None:
    """Send two examples through model and loss; their outputs, or None where the model computes the loss itself.

    Leaves no trace. Raises ProblemError, which names what was given and what came back.
    """
    x: Inputs
    x = dataset.x[:2] if isinstance(dataset.x, Tensor) else {name: part[:2] for name, part in dataset.x.items()}
    y = None if dataset.y is None else dataset.y[:2]
    outputs = None
    device = next(model.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        if criterion is None or y is None:
            value = _computed_loss(_call(model, x, y, arch=arch, data=data))
            whose, remedy = f"the model of {arch}", f"with --loss {loss} it must return the mean loss"
        else:
            outputs = _outputs(_call(model, x, None, arch=arch, data=data), arch, examples=len(y))
            _check_classes(dataset, outputs, arch=arch, data=data, loss=loss)
            value = _loss(criterion, outputs, y, arch=arch, data=data, loss=loss)
            whose, remedy = f"the loss {loss}", "it must return the mean loss"
    if not isinstance(value, Tensor):
        raise ProblemError(f"{whose} returned {describe(value)}; {remedy}, a scalar tensor")
    if value.ndim != 0 or not value.is_floating_point():
        raise ProblemError(f"{whose} returned a {value.dtype} tensor of shape {shape(value)}; {remedy}, a scalar")
    if not value.requires_grad:
        weights = "its weights" if outputs is None else f"the weights of {arch}"
        raise ProblemError(f"what {whose} returned does not depend on {weights}: is something detached?")
    return outputs


def _call(model: nn.Module, x: Inputs, y: Tensor | None, *, arch: str, data: str) -> Any:
    """`model(x)` or `model(**x)`, with y as the second argument or as `labels` where it is given."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    arguments: tuple[Tensor, ...] = ()
    keywords: dict[str, Tensor] = {}
    if isinstance(x, Tensor):
        arguments = (x,) if y is None else (x, y)
        called, what = "model(x)" if y is None else "model(x, y)", f"of shape {shape(x)}"
        if not x.is_floating_point():
            what += f" and {x.dtype}"
    else:
        keywords = dict(x) if y is None else {**x, "labels": y}
        called = f"model({', '.join(f'{name}=…' for name in keywords)})"
        what = f"where {shapes(named(x, None))}"
    try:
        return functional_call(model, buffers, arguments, keywords)
    except Exception as error:
        as_what = "" if called == "model(x)" else f", as {called}"
        raise ProblemError(
            f"{arch} cannot take two examples of {data}{as_what}, {what}: {_blame(error, arch)}"
        ) from error


def _computed_loss(returned: Any) -> Any:
    """The loss in what a model that computes it has returned, or all of that where there is none in it."""
    if isinstance(returned, Mapping):
        return returned.get("loss", returned)
    return returned if isinstance(returned, Tensor) else getattr(returned, "loss", returned)


def _outputs(returned: Any, arch: str, *, examples: int) -> Tensor:
    if not isinstance(returned, Tensor):
        raise ProblemError(f"the model of {arch} gave {describe(returned)} for two examples; it must give one tensor")
    if returned.ndim == 0 or len(returned) != examples:
        raise ProblemError(
            f"the model of {arch} gave outputs of shape {shape(returned)} for {examples} examples; "
            "the first axis must be the examples"
        )
    return returned


def _check_classes(dataset: Dataset, outputs: Tensor, *, arch: str, data: str, loss: str) -> None:
    one_each = loss in ("mse", "ce") and dataset.y is not None and not dataset.y.is_floating_point()
    scores = classes_last(outputs, dataset.y[: len(outputs)]) if one_each and dataset.y is not None else None
    if scores is not None and dataset.classes is not None and dataset.classes > scores.shape[-1]:
        raise ProblemError(f"{data} has {dataset.classes} classes, but {arch} gives only {scores.shape[-1]} outputs")


def _loss(criterion: Criterion, outputs: Tensor, y: Tensor, *, arch: str, data: str, loss: str) -> Any:
    fit = f"outputs of shape {shape(outputs)} from {arch}, targets of shape {shape(y)} from {data}"
    try:
        return criterion(outputs, y)
    except Exception as error:
        raise ProblemError(f"the loss {loss} does not fit {fit}: {_blame(error, loss)}") from error


def _blame(error: Exception, spec: str) -> str:
    """What went wrong, and on which line where `spec` names a user's own code."""
    if looks_like_path(spec):
        return where_and_what(error, source_file(load_callable(spec)))
    return str(error)
