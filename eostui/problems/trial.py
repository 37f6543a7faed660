"""Whether a model, a loss and a data set go together, tried on two examples."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from eostui.objective.model_call import LABELS, Inputs, call_model, computed_loss, of_each
from eostui.objective.passes import Draws, ModuleState, Moved, in_mode, same
from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.criteria import classes_last
from eostui.problems.dataset import Dataset
from eostui.problems.errors import ProblemError, source_file, where_and_what
from eostui.problems.losses import LOSSES
from eostui.problems.own import describe, named, shape, shapes

Criterion = Callable[[Any, Any], Tensor]
"""`loss(outputs, targets)`: the loss of the examples, a scalar."""


@dataclass(frozen=True)
class Trial:
    """The result of passing the first examples through model and loss.

    outputs: the tensor that the model gave for them; None where it computes the loss itself, or gives more than one
    tensor to a loss of the user's own. divisible: whether two examples were enough; a network on one graph takes all
    examples or none. alone: whether one example was enough; it is not for batch norm. warnings: the warnings of the
    user's code, and of torch in it.
    """

    outputs: Tensor | None
    divisible: bool
    alone: bool
    warnings: tuple[str, ...]


def try_examples(
    model: nn.Module, criterion: Criterion | None, dataset: Dataset, *, arch: str, data: str, loss: str
) -> Trial:
    """Pass two examples through model and loss; if that fails, pass all of them.

    The model is left as it was. Raises ProblemError where both fail. The message says what was given and what came
    back for two examples.
    """
    examples = len(dataset.x) if isinstance(dataset.x, Tensor) else len(next(iter(dataset.x.values())))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        divisible = alone = True
        try:
            outputs = _try(model, criterion, dataset, min(2, examples), arch=arch, data=data, loss=loss)
        except ProblemError as error:
            try:
                outputs = _try(model, criterion, dataset, examples, arch=arch, data=data, loss=loss)
            except ProblemError:
                raise error from error.__cause__
            divisible = False
        told = {f"{w.category.__name__}: {w.message}" for w in caught if _is_worth_telling(w)}
        if divisible and examples > 1:
            try:
                _try(model, criterion, dataset, 1, arch=arch, data=data, loss=loss)
            except ProblemError:
                alone = False
    return Trial(outputs, divisible, alone, tuple(sorted(told)))


def _is_worth_telling(warning: warnings.WarningMessage) -> bool:
    # oneDNN warns about every LSTM on a processor without a kernel for it. Another kernel is used then.
    return issubclass(warning.category, UserWarning) and "primitive descriptor" not in str(warning.message)


def initialise(model: nn.Module, dataset: Dataset, loss: str, *, arch: str, data: str) -> None:
    """Show the examples to a model whose first weights depend on them.

    Lazy modules (`nn.LazyLinear`) get their shapes from the examples, and then their weights. Others, such as ActNorm,
    choose weights that normalise the first batch that they see. In full-batch training, that batch has all examples.
    Raises ProblemError where the model does not take the examples.
    """

    def call(examples: int | None) -> None:
        def in_models_dtype(tensor: Tensor) -> Tensor:
            dtype = torch.get_default_dtype() if tensor.is_floating_point() else tensor.dtype
            return tensor[:examples].to(dtype, copy=True)

        y = dataset.y if loss in LOSSES and LOSSES[loss].by_model else None
        _call(model, of_each(dataset.x, in_models_dtype), None if y is None else y[:examples], arch=arch, data=data)

    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        with in_mode(model, training=False):
            try:
                call(2)
            except ProblemError:
                call(None)
        return
    state, trained = ModuleState(model, Moved.ALL), [p for p in model.parameters() if p.requires_grad]
    before, weights = state.copied(), [p.detach().clone() for p in trained]
    with Draws().of_batch(torch.device("cpu"), 0):
        with suppress(ProblemError):  # the model may take all examples or none
            call(2)
        changed = not all(same(p.detach(), first) for p, first in zip(trained, weights, strict=True))
        state.restore(before)
        for p, first in zip(trained, weights, strict=True):
            p.data.copy_(first)
        if changed:
            call(None)


def _try(
    model: nn.Module, criterion: Criterion | None, dataset: Dataset, examples: int, *, arch: str, data: str, loss: str
) -> Tensor | None:
    # Copies, because the code may change its arguments in place.
    x = of_each(dataset.x, lambda tensor: tensor[:examples].clone())
    y = None if dataset.y is None else dataset.y[:examples].clone()
    outputs = None
    device = next(model.parameters()).device
    with Draws().of_batch(device, 0), ModuleState(model, Moved.ALL).pass_over(advance=False):
        if criterion is None or y is None:
            value = computed_loss(_call(model, x, y, arch=arch, data=data))
            whose, remedy = f"the model of {arch}", f"with --loss {loss} it must return the mean loss"
        else:
            returned = _call(model, x, None, arch=arch, data=data)
            if isinstance(returned, Tensor) or not looks_like_path(loss):
                outputs = _outputs(returned, arch, examples=examples)
                _check_classes(dataset, outputs, arch=arch, data=data, loss=loss)
            value = _loss(criterion, returned, y, arch=arch, data=data, loss=loss)
            whose, remedy = f"the loss {loss}", "it must return the mean loss"
    if not isinstance(value, Tensor):
        raise ProblemError(f"{whose} returned {describe(value)}; {remedy}, a scalar tensor")
    if value.ndim != 0 or not value.is_floating_point():
        raise ProblemError(f"{whose} returned a {value.dtype} tensor of shape {shape(value)}; {remedy}, a scalar")
    if not value.requires_grad:
        weights = "its weights" if outputs is None else f"the weights of {arch}"
        raise ProblemError(f"what {whose} returned does not depend on {weights}: look for a detach() or a no_grad()")
    return outputs


def _call(model: nn.Module, x: Inputs, y: Tensor | None, *, arch: str, data: str) -> Any:
    """The result of `call_model`. Raises ProblemError where the model fails."""
    if isinstance(x, Tensor):
        count = len(x)
        called, what = "model(x)" if y is None else "model(x, y)", f"of shape {shape(x)}"
        if not x.is_floating_point():
            what += f" and {x.dtype}"
    else:
        count = len(next(iter(x.values())))
        names = [*x] if y is None else [*x, LABELS]
        called = f"model({', '.join(f'{name}=…' for name in names)})"
        what = f"where {shapes(named(x, None))}"
    try:
        return call_model(model, x, y)
    except Exception as error:
        as_what = "" if called == "model(x)" else f", as {called}"
        examples = {1: "one example", 2: "two examples"}.get(count, f"{count:,} examples")
        raise ProblemError(f"{arch} cannot take {examples} of {data}{as_what}, {what}: {blame(error, arch)}") from error


def _outputs(returned: Any, arch: str, *, examples: int) -> Tensor:
    if not isinstance(returned, Tensor):
        raise ProblemError(
            f"the model of {arch} gave {describe(returned)} for {_count(examples)}; it must give one tensor, unless "
            "you give a loss that takes more: --loss file.py:function"
        )
    if returned.ndim == 0 or len(returned) != examples:
        raise ProblemError(
            f"the model of {arch} gave outputs of shape {shape(returned)} for {_count(examples)}; "
            "the first axis must be the examples"
        )
    return returned


def _count(examples: int) -> str:
    return {1: "one example", 2: "two examples"}.get(examples, f"{examples:,} examples")


def _check_classes(dataset: Dataset, outputs: Tensor, *, arch: str, data: str, loss: str) -> None:
    y = dataset.y
    if y is None or y.is_floating_point() or loss not in LOSSES or not LOSSES[loss].output_for_each_class:
        return
    scores = classes_last(outputs, y[: len(outputs)])
    if scores is not None and dataset.classes is not None and dataset.classes > scores.shape[-1]:
        raise ProblemError(f"{data} has {dataset.classes} classes, but {arch} gives only {scores.shape[-1]} outputs")


def _loss(criterion: Criterion, outputs: Any, y: Tensor, *, arch: str, data: str, loss: str) -> Any:
    gave = f"outputs of shape {shape(outputs)}" if isinstance(outputs, Tensor) else describe(outputs)
    fit = f"{gave} from {arch}, targets of shape {shape(y)} from {data}"
    try:
        return criterion(outputs, y)
    except Exception as error:
        raise ProblemError(f"the loss {loss} does not fit {fit}: {blame(error, loss)}") from error


def blame(error: Exception, spec: str) -> str:
    """What went wrong, with the line of the user's code where `spec` names a path."""
    said = where_and_what(error, source_file(load_callable(spec))) if looks_like_path(spec) else str(error)
    if "same dtype" in said or "scalar type" in said:
        said += " (the weights and inputs of a run are all of one --dtype, float32 or float64)"
    return said
