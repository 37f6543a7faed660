"""What is trained: a model, a loss and a data set that are known to fit together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.func import functional_call

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import DATASETS, Progress
from eostui.problems.errors import DataError, ProblemError, source_file, unknown_name, where_and_what
from eostui.problems.losses import LOSSES
from eostui.problems.own import describe, own_data, own_model, shape

Criterion = Callable[[Tensor, Tensor], Tensor]
"""`loss(outputs, targets)`: the mean loss over the examples, a scalar."""


@dataclass(frozen=True)
class Problem:
    """A model with its first weights, the loss and the examples, all of one dtype and on one device.

    outputs: width of the model's last axis.
    """

    model: nn.Module
    loss: Criterion
    dataset: Dataset
    outputs: int


def build_problem(
    *,
    arch: str,
    data: str,
    loss: str,
    seed: int,
    data_dir: Path,
    dtype: torch.dtype,
    device: torch.device,
    progress: Progress,
) -> Problem:
    """Put together what `arch`, `data` and `loss` name: entries of the catalogues, or a user's own by path.

    The model is built directly after `torch.manual_seed(seed)`, in torch's default dtype and on the CPU, and
    then moved, so that a seed means the same weights in every dtype and on every device. Raises ProblemError,
    with one line that says what is wrong, where a name is unknown, something cannot be loaded, or two
    examples do not go through model and loss.
    """
    torch.manual_seed(seed)  # a user's own data may be drawn at random
    dataset = _moved(_load_data(data, data_dir, progress), dtype, device)
    criterion = _load_loss(loss)
    progress(f"building {arch}", None)
    model = _build_model(arch, data, dataset, seed).to(device=device, dtype=dtype)
    if not any(p.requires_grad and p.numel() for p in model.parameters()):
        raise ProblemError(f"{arch}: the model ({type(model).__name__}) has no trainable parameters")
    outputs = _try(model, criterion, dataset, arch=arch, data=data, loss=loss)
    return Problem(model=model, loss=criterion, dataset=dataset, outputs=outputs)


def _load_data(data: str, data_dir: Path, progress: Progress) -> Dataset:
    if looks_like_path(data):
        progress(f"loading {data}", None)
        return own_data(data)
    if data not in DATASETS:
        raise unknown_name("data set", data, DATASETS)
    entry = DATASETS[data]
    try:
        dataset: Dataset = load_callable(entry.load)(data_dir, progress, **entry.options)
    except OSError as error:  # such as a directory that may not be looked into
        raise DataError(f"cannot load {data} from {data_dir}: {error}") from error
    return dataset


def _load_loss(loss: str) -> Criterion:
    if looks_like_path(loss):
        return load_callable(loss)
    if loss not in LOSSES:
        raise unknown_name("loss", loss, LOSSES)
    return load_callable(LOSSES[loss].function)


def _build_model(arch: str, data: str, dataset: Dataset, seed: int) -> nn.Module:
    if looks_like_path(arch):
        return own_model(arch, seed)
    if arch not in ARCHITECTURES:
        raise unknown_name("architecture", arch, ARCHITECTURES)
    entry = ARCHITECTURES[arch]
    outputs = dataset.classes or (dataset.y.shape[1] if dataset.y.ndim == 2 else None)
    if outputs is None:
        raise ProblemError(
            f"{arch} gives outputs (n, k), so {data} must have targets (n, k), or integer class numbers; "
            f"they have shape {shape(dataset.y)}"
        )
    build = load_callable(entry.build)
    torch.manual_seed(seed)
    model: nn.Module = build(tuple(dataset.x.shape[1:]), outputs, **entry.options)
    return model


def _moved(dataset: Dataset, dtype: torch.dtype, device: torch.device) -> Dataset:
    def moved(tensor: Tensor) -> Tensor:
        return tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else torch.int64)

    return replace(
        dataset,
        x=moved(dataset.x),
        y=moved(dataset.y),
        x_test=None if dataset.x_test is None else moved(dataset.x_test),
        y_test=None if dataset.y_test is None else moved(dataset.y_test),
    )


def _try(model: nn.Module, criterion: Criterion, dataset: Dataset, *, arch: str, data: str, loss: str) -> int:
    """Send two examples through model and loss; the width of the outputs. Leaves no trace."""
    x, y = dataset.x[:2], dataset.y[:2]
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
        try:
            outputs = functional_call(model, buffers, (x,))
        except Exception as error:
            raise ProblemError(
                f"{arch} cannot take two examples of {data}, of shape {shape(x)}: {_blame(error, arch)}"
            ) from error
        if not isinstance(outputs, Tensor):
            raise ProblemError(
                f"the model of {arch} gave {describe(outputs)} for two examples; it must give one tensor"
            )
        if outputs.ndim == 0 or len(outputs) != len(x):
            raise ProblemError(
                f"the model of {arch} gave outputs of shape {shape(outputs)} for {len(x)} examples; "
                "the first axis must be the examples"
            )
        fit = f"outputs of shape {shape(outputs)} from {arch}, targets of shape {shape(y)} from {data}"
        try:
            value = criterion(outputs, y)
        except Exception as error:
            raise ProblemError(f"the loss {loss} does not fit {fit}: {_blame(error, loss)}") from error
    if not isinstance(value, Tensor):
        raise ProblemError(f"the loss {loss} returned {describe(value)}; it must return a scalar tensor, the mean loss")
    if value.ndim != 0 or not value.is_floating_point():
        raise ProblemError(
            f"the loss {loss} returned a {value.dtype} tensor of shape {shape(value)}; "
            "it must return a scalar, the mean loss"
        )
    if not value.requires_grad:
        raise ProblemError(f"the loss {loss} does not depend on the weights of {arch}: is something detached?")
    if loss in LOSSES and dataset.classes is not None and dataset.classes > outputs.shape[-1]:
        raise ProblemError(f"{data} has {dataset.classes} classes, but {arch} gives only {outputs.shape[-1]} outputs")
    return outputs.shape[-1]


def _blame(error: Exception, spec: str) -> str:
    """What went wrong, and on which line where `spec` names a user's own code."""
    if looks_like_path(spec):
        return where_and_what(error, source_file(load_callable(spec)))
    return str(error)
