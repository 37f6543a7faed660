"""What a user's own function returned: checks, and descriptions for messages."""

from __future__ import annotations

import inspect
import random
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data import Dataset as TorchDataset

from eostui.objective.model_call import Inputs
from eostui.problems.by_path import can_be_called, load_callable, parameters_of
from eostui.problems.dataset import IGNORED, Dataset
from eostui.problems.errors import ByPathError, ProblemError, source_file, where_and_what
from eostui.problems.written_out import write_out

SHAPES_OF_DATA = (
    "it must return (x, y) or ((x, y), (x_test, y_test)), where each is a tensor or numpy array; x may be a dictionary "
    "of them, and y may be None if the model computes its own loss"
)


def own_model(spec: str, seed: int) -> nn.Module:
    """The module that the function `spec` returns, built directly after `torch.manual_seed(seed)`.

    The wrappers of `torch.compile`, `DataParallel` and `DistributedDataParallel` are taken off: what they do cannot be
    differentiated twice, or is the trainer's own work. Raises ProblemError.
    """
    build = load_callable(spec)
    if isinstance(build, nn.Module):
        name = spec.rpartition(":")[2]
        raise ByPathError(
            f"{spec} is {describe(build)}, not a function that returns one: write `def {name}(): return …`, "
            "so that its weights depend on --seed"
        )
    _seed(seed)
    model = _call(spec, build)
    if not isinstance(model, nn.Module):
        raise ProblemError(f"{spec} returned {describe(model)}; it must return a torch.nn.Module")
    while (inside := _wrapped(model)) is not None:
        model = inside
    write_out(model)
    return model


def own_data(spec: str, seed: int) -> Dataset:
    """The data set of the tensors or arrays that the function `spec` returns, contiguous, all integers as int64.

    The function draws its random numbers from another stream than a model with the same seed. Otherwise a teacher
    network that makes the targets would be the student itself. Targets may be NaN or infinite here, because a loss may
    leave them out (see `check_targets_are_finite`). Raises ProblemError.
    """
    function = load_callable(spec)
    _seed(zlib.crc32(f"data {seed}".encode()))
    returned = _call(spec, function)
    x_test: Any = None
    y_test: Any = None
    match _tensors_in(spec, returned):
        case (Tensor() | Mapping() as x, Tensor() | None as y):
            pass
        case (
            (Tensor() | Mapping() as x, Tensor() | None as y),
            (Tensor() | Mapping() as x_test, Tensor() | None as y_test),
        ):
            pass
        case _:
            raise ProblemError(f"{spec} returned {describe(returned)}; {_all_examples_of(returned) or SHAPES_OF_DATA}")
    x, y = _checked(spec, x, y)
    if x_test is not None:
        x_test, y_test = _checked(spec, x_test, y_test, suffix="_test")
        _check_alike(spec, named(x, y), named(x_test, y_test))
    classes = None
    if y is not None and not y.is_floating_point():
        classes = _count(y, y_test)
    elif y is not None and _are_signs(y, y_test):
        classes = 2
    vocabulary = _count(x, x_test) if isinstance(x, Tensor) and x.dtype is torch.int64 else None
    return Dataset(x, y, x_test, y_test, classes, provenance=spec, vocabulary=vocabulary)


def check_targets_are_finite(spec: str, dataset: Dataset) -> None:
    """Raise ProblemError for targets that are NaN or infinite, which the losses of the catalogue do not take."""
    for name, y in (("y", dataset.y), ("y_test", dataset.y_test)):
        if y is not None and (bad := not_finite(y)):
            raise ProblemError(
                f"{spec}: {bad:,} of the {y.numel():,} numbers of {name} are NaN or infinite; "
                "a loss of your own may leave such targets out"
            )


def as_class_numbers(y: Tensor) -> str:
    """What to do with real targets that look like class numbers or one-hot rows; empty for other targets."""
    if not bool((y == y.round()).all()) or bool((y < 0).any()):
        return ""
    if y.ndim == 2 and y.shape[1] > 1 and bool((y.sum(1) == 1).all()):
        return "write y.argmax(1) in the data if they are one-hot rows"
    if y.ndim == 2 and y.shape[1] == 1:
        return "write y.long().squeeze(1) in the data if they are class numbers"
    return "write y.long() in the data if they are class numbers"


def _seed(seed: int) -> None:
    """Seed every generator that a user's code may draw from."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 (the generator that users' code draws from)


def _wrapped(model: nn.Module) -> nn.Module | None:
    """The module inside one of torch's wrappers; None where `model` is not one."""
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        inside = model.module
    else:
        inside = getattr(model, "_orig_mod", None)  # torch.compile's
    return inside if isinstance(inside, nn.Module) else None


def named(x: Inputs, y: Tensor | None, suffix: str = "") -> dict[str, Tensor]:
    """The tensors by the names that a user knows: `x` and `y`, or `x['mask']` and so on; with a suffix, `x_test`."""
    tensors = {f"x{suffix}": x} if isinstance(x, Tensor) else {f"x{suffix}[{key!r}]": x[key] for key in x}
    return tensors if y is None else {**tensors, f"y{suffix}": y}


def describe(value: Any) -> str:
    """What a value is, for a message to the user who returned it: `a tuple of 3 (Tensor, Tensor, int)`."""
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


def shapes(tensors: Mapping[str, Tensor]) -> str:
    """`x['ids'] has shape (100, 8), x['mask'] (100, 8) and y (100,)`."""
    first, *others = (f"{name} {shape(tensor)}" for name, tensor in tensors.items())
    first = first.replace(" (", " has shape (", 1)
    return " and ".join([", ".join([first, *others[:-1]]), *others[-1:]])


def not_finite(tensor: Tensor, but: float | None = None) -> int:
    """How many numbers are NaN or infinite; `but` is one such number that is allowed."""
    if not tensor.is_floating_point():
        return 0
    fine = torch.isfinite(tensor)
    return int((~(fine if but is None else fine | (tensor == but))).sum())


def _brief(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"({', '.join(type(item).__name__ for item in value[:4])}{', …' * (len(value) > 4)})"
    return type(value).__name__


def _call(spec: str, function: Callable[[], Any]) -> Any:
    takes = parameters_of(function)
    if takes and not can_be_called(function):
        raise ProblemError(
            f"{spec} is called without arguments, but takes {takes}: "
            "give these defaults, or name a function that calls it"
        )
    try:
        return function()
    except (Exception, SystemExit) as error:
        what = where_and_what(error, source_file(function))
        raise ProblemError(f"{spec}, called without arguments, failed: {what}") from error


def _checked(
    spec: str, x: Tensor | Mapping[Any, Any], y: Tensor | None, suffix: str = ""
) -> tuple[Inputs, Tensor | None]:
    """The examples, with integers as int64. Raises ProblemError where these cannot be examples."""
    inputs: Inputs = x if isinstance(x, Tensor) else _checked_parts(spec, f"x{suffix}", x)
    for name, tensor in named(inputs, y, suffix).items():
        if tensor.layout is not torch.strided or tensor.is_nested:
            raise ProblemError(f"{spec}: {name} is sparse or nested; write {name}.to_dense()")
    inputs = _plain(inputs) if isinstance(inputs, Tensor) else {key: _plain(part) for key, part in inputs.items()}
    # Targets that come from a teacher network still have its graph.
    targets = None if y is None else _plain(y.detach() if y.requires_grad else y)
    tensors = named(inputs, targets, suffix)
    lengths = {len(tensor) if tensor.ndim else 0 for tensor in tensors.values()}
    if len(lengths) > 1 or 0 in lengths:
        raise ProblemError(f"{spec}: {shapes(tensors)}; each needs one row for every example, and at least one row")
    for name, tensor in tensors.items():
        if tensor.numel() == 0:
            raise ProblemError(f"{spec}: {name} has shape {shape(tensor)}, which has no numbers in it")
    if targets is not None:
        _check_targets(spec, f"y{suffix}", targets)
    for name, tensor in tensors.items():
        if tensor.is_complex():
            raise ProblemError(
                f"{spec}: {name} is {tensor.dtype}; inputs must be real numbers, integers or booleans; "
                "torch.view_as_real turns a complex number into two real ones"
            )
        if tensor is targets:
            continue
        # A mask that is added to scores has 0 and -inf in it. It comes in a dictionary.
        bad = not_finite(tensor) if isinstance(inputs, Tensor) else not_finite(tensor, but=-torch.inf)
        if bad:
            kinds = "NaN or infinite" if isinstance(inputs, Tensor) else "NaN or +inf"
            raise ProblemError(f"{spec}: {bad:,} of the {tensor.numel():,} numbers of {name} are {kinds}")
    return inputs, targets


def _check_targets(spec: str, name: str, y: Tensor) -> None:
    if y.dtype is torch.bool or y.is_complex():
        remedy = ": write y.long() for classes 0 and 1" * (y.dtype is torch.bool)
        raise ProblemError(
            f"{spec}: {name} is {y.dtype}; targets must be integer class numbers or real numbers{remedy}"
        )
    if not y.is_floating_point():
        counted = y[y != IGNORED] if y.ndim > 1 else y
        if len(counted) == 0:
            raise ProblemError(f"{spec}: every position of {name} is {IGNORED}, which means that none is counted")
        if int(counted.min()) < 0:
            raise ProblemError(f"{spec}: {name} has the class number {int(counted.min())}; classes count from 0")


def _checked_parts(spec: str, name: str, x: Mapping[Any, Any]) -> dict[str, Tensor]:
    if not x:
        raise ProblemError(f"{spec}: the dictionary {name} is empty; it must have the arguments of the model")
    for key, value in x.items():
        if not isinstance(key, str):
            raise ProblemError(
                f"{spec}: the dictionary {name} has the key {key!r}; its keys must be names of the model's arguments"
            )
        if not isinstance(value, Tensor):
            raise ProblemError(f"{spec}: {name}[{key!r}] is {describe(value)}; it must be a tensor")
    return dict(x)


def _check_alike(spec: str, training: Mapping[str, Tensor], test: Mapping[str, Tensor]) -> None:
    """Raise ProblemError where test tensors do not match the training tensors of the same names."""
    if training.keys() != test.keys():
        raise ProblemError(
            f"{spec}: training examples have {', '.join(training)}, test examples {', '.join(test)}; "
            "both must have the same"
        )
    for name, tensor in training.items():
        other = test[name]
        if other.shape[1:] != tensor.shape[1:]:
            raise ProblemError(
                f"{spec}: test examples must be shaped like the training examples; "
                f"{name} is {shape(tensor)} for training and {shape(other)} for testing"
            )
        if other.is_floating_point() != tensor.is_floating_point():
            raise ProblemError(
                f"{spec}: {name} is {tensor.dtype} for training and {other.dtype} for testing; "
                "both must be numbers, or both integers (class numbers, tokens)"
            )


def _tensors_in(spec: str, returned: Any) -> Any:
    """What a data function returned, with tensors in place of numpy arrays and of torch's TensorDatasets."""
    if isinstance(returned, TensorDataset):
        return returned.tensors
    if isinstance(returned, np.ndarray):
        return _from_numpy(spec, returned)
    if isinstance(returned, Mapping):
        return {key: _tensors_in(spec, value) for key, value in returned.items()}
    # Two items are (x, y), or training and test examples. A longer list could be anything.
    if isinstance(returned, tuple | list) and len(returned) == 2:
        return tuple(_tensors_in(spec, value) for value in returned)
    return returned


def _from_numpy(spec: str, array: np.ndarray[Any, Any]) -> Tensor:
    if array.dtype.kind not in "biufc":
        raise ProblemError(f"{spec} returned a numpy array of {array.dtype}; it must have numbers in it")
    # torch takes neither another byte order nor negative strides, and needs an array that it may write to.
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    try:
        return torch.from_numpy(np.require(native, requirements=["C", "W"]))
    except TypeError:  # long double
        return torch.from_numpy(array.astype(np.float64))


def _all_examples_of(returned: Any) -> str:
    """How to get all examples out of one of torch's DataLoaders or Datasets; empty for other values."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    if any(isinstance(part, DataLoader) for part in parts):
        return "a run needs all examples at once: x, y = next(iter(DataLoader(loader.dataset, len(loader.dataset))))"
    if any(isinstance(part, TorchDataset) for part in parts):
        return "a run needs all examples at once: x, y = next(iter(DataLoader(dataset, len(dataset))))"
    return ""


def _plain(tensor: Tensor) -> Tensor:
    """Integers as int64, and rows that `view` can reshape, as a DataLoader would give them."""
    numbers = tensor.is_floating_point() or tensor.is_complex() or tensor.dtype is torch.bool
    return (tensor if numbers else tensor.long()).contiguous()


def _count(tensor: Tensor, test: Tensor | None) -> int:
    """How many class numbers or tokens there are, counting from 0 to the largest."""
    return 1 + max(int(part.max()) for part in (tensor, test) if part is not None)


def _are_signs(y: Tensor, y_test: Tensor | None) -> bool:
    """Whether the targets are ±1, one for each example, with both signs among them."""
    if y.shape[1:] not in ((), (1,)) or not 0 < int((y > 0).sum()) < len(y):
        return False
    return all(bool((part.abs() == 1).all()) for part in (y, y_test) if part is not None)
