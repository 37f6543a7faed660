"""What a user's own function returned, checked and quoted."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from eostui.problems.by_path import load_callable
from eostui.problems.dataset import Dataset
from eostui.problems.errors import ProblemError, source_file, where_and_what

SHAPES_OF_DATA = "it must return (x, y) or ((x, y), (x_test, y_test)), all of them tensors"


def own_model(spec: str, seed: int) -> nn.Module:
    """The module that the function `spec` returns, built directly after `torch.manual_seed(seed)`.

    Raises ProblemError.
    """
    build = load_callable(spec)
    torch.manual_seed(seed)
    model = _call(spec, build)
    if not isinstance(model, nn.Module):
        raise ProblemError(f"{spec} returned {describe(model)}; it must return a torch.nn.Module")
    return model


def own_data(spec: str) -> Dataset:
    """The data set of the tensors that the function `spec` returns. Raises ProblemError."""
    returned = _call(spec, load_callable(spec))
    x_test: Tensor | None = None
    y_test: Tensor | None = None
    match returned:
        case (Tensor() as x, Tensor() as y):
            pass
        case ((Tensor() as x, Tensor() as y), (Tensor() as x_test, Tensor() as y_test)):
            pass
        case _:
            raise ProblemError(f"{spec} returned {describe(returned)}; {SHAPES_OF_DATA}")
    _check_examples(spec, "x", x, "y", y)
    is_class = not y.is_floating_point()
    if x_test is not None and y_test is not None:
        _check_examples(spec, "x_test", x_test, "y_test", y_test)
        if x_test.shape[1:] != x.shape[1:] or y_test.shape[1:] != y.shape[1:]:
            raise ProblemError(
                f"{spec}: test examples must be shaped like the training examples; x is {shape(x)} and "
                f"x_test {shape(x_test)}, y is {shape(y)} and y_test {shape(y_test)}"
            )
        if y_test.is_floating_point() == is_class:
            raise ProblemError(
                f"{spec}: y is {y.dtype} and y_test {y_test.dtype}; both must be classes or both numbers"
            )
    classes = None
    if is_class:
        y, y_test = y.long(), None if y_test is None else y_test.long()
        classes = 1 + max(int(labels.max()) for labels in (y, y_test) if labels is not None)
    return Dataset(x, y, x_test, y_test, classes, provenance=spec)


def describe(value: Any) -> str:
    """`a tuple of 3 (Tensor, Tensor, int)`: what a value is, to whoever returned it by mistake."""
    if isinstance(value, tuple | list):
        kind, items = type(value).__name__, ", ".join(_brief(item) for item in value[:4])
        return f"a {kind} of {len(value)} ({items}{', …' * (len(value) > 4)})"
    if inspect.isclass(value):
        return f"the class {value.__name__}, not an object of it"
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def shape(tensor: Tensor) -> str:
    """`(5000, 3, 32, 32)`."""
    return str(tuple(tensor.shape))


def _brief(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"({', '.join(type(item).__name__ for item in value[:4])}{', …' * (len(value) > 4)})"
    return type(value).__name__


def _call(spec: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except (Exception, SystemExit) as error:
        what = where_and_what(error, source_file(function))
        raise ProblemError(f"{spec}, called without arguments, failed: {what}") from error


def _check_examples(spec: str, x_name: str, x: Tensor, y_name: str, y: Tensor) -> None:
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ProblemError(
            f"{spec}: {x_name} has shape {shape(x)} and {y_name} {shape(y)}; "
            "both need one row for every example, and at least one"
        )
    if not x.is_floating_point():
        raise ProblemError(f"{spec}: {x_name} is {x.dtype}; inputs must be floating point, say {x_name}.float()")
    if y.dtype is torch.bool or y.is_complex():
        raise ProblemError(f"{spec}: {y_name} is {y.dtype}; targets must be integer class numbers or real numbers")
    if not y.is_floating_point() and int(y.min()) < 0:
        raise ProblemError(f"{spec}: {y_name} has the class number {int(y.min())}; classes count from 0")
    for name, tensor in ((x_name, x), (y_name, y)):
        if not bool(torch.isfinite(tensor).all()):
            bad = int((~torch.isfinite(tensor)).sum())
            raise ProblemError(f"{spec}: {bad:,} of the {tensor.numel():,} numbers of {name} are NaN or infinite")
