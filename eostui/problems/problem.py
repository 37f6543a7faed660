"""What is trained: a model, a loss and a data set that fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from eostui.objective.model_call import Inputs
from eostui.objective.weights import cast
from eostui.problems.accuracy import class_accuracy, sign_accuracy
from eostui.problems.architectures import ARCHITECTURES, Architecture
from eostui.problems.by_path import load_callable, looks_like_path
from eostui.problems.criteria import classes_last
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import DATASETS, Progress, find_dataset
from eostui.problems.errors import DataError, ProblemError, unknown_name
from eostui.problems.find_architecture import find_architecture
from eostui.problems.findings import Findings, check_problem
from eostui.problems.fit import INPUTS, check_classes, check_targets, in_words
from eostui.problems.losses import LOSSES
from eostui.problems.own import (
    as_class_numbers,
    check_targets_are_finite,
    own_data,
    own_model,
    shape,
)
from eostui.problems.own_loss import check_loss_is_finite, own_loss
from eostui.problems.trial import Criterion, initialise, try_examples

BUILDING = "building"
"""How the word begins that the data are there and the network is being made."""

Accuracy = Callable[[Tensor, Tensor], Tensor]
"""`accuracy(outputs, targets)`: the fraction of right answers, a scalar."""


@dataclass(frozen=True)
class Problem:
    """A model with its first weights, the loss and the examples, all of one dtype and on one device.

    loss:      None where the model is called with the targets and returns the mean loss itself
    accuracy:  None where the targets are not classes, or where it is not known which outputs stand for which class
    outputs:   number of outputs for an example, or for each position of it; 0 where the model computes its own loss or
               gives more than one tensor
    divisible: whether the model takes a part of the examples
    alone:     whether the model takes a single example
    findings:  what the check of model, loss and data has found
    warnings:  the warnings that the user's code gave
    """

    model: nn.Module
    loss: Criterion | None
    dataset: Dataset
    accuracy: Accuracy | None
    outputs: int
    divisible: bool
    alone: bool
    findings: Findings
    warnings: tuple[str, ...]


def build_problem(
    *,
    arch: str,
    width: int | None,
    depth: int | None,
    data: str,
    loss: str,
    seed: int,
    data_dir: Path,
    dtype: torch.dtype,
    device: torch.device,
    progress: Progress,
) -> Problem:
    """Put together what `arch`, `data` and `loss` name: entries of the catalogues, or a user's own by path.

    `width` and `depth` vary an architecture of the catalogue that has them. None means the catalogue's own value.

    The model is built directly after `torch.manual_seed(seed)`, in torch's default dtype and on the CPU. It is moved
    afterwards, so that a seed means the same weights in every dtype and on every device.

    The caller has checked with `check_fit` and `check_sizes` that the names go together, as the plan of a run does.
    Raises ProblemError, with one line that says what is wrong, where a name is unknown, something cannot be loaded,
    the loaded parts do not go together, or two examples do not pass through model and loss.
    """
    sizes = {name: value for name, value in (("width", width), ("depth", depth)) if value is not None}
    dataset = _load_data(data, seed, data_dir, progress)
    criterion = _load_loss(loss, dtype, device)
    _check_loaded(dataset, criterion, arch=arch, data=data, loss=loss)
    progress(f"{BUILDING} {arch}", None)
    model = _build_model(arch, sizes, data, dataset, loss, seed)
    dataset = _moved(dataset, dtype, device)
    cast(model, device, dtype)
    if not any(p.requires_grad and p.numel() for p in model.parameters()):
        raise ProblemError(f"{arch}: the model ({type(model).__name__}) has no trainable parameters")
    trial = try_examples(model, criterion, dataset, arch=arch, data=data, loss=loss)
    if criterion is not None:
        check_loss_is_finite(criterion, trial.outputs, dataset.y, spec=loss, data=data)
    progress("checking that the loss is a function of the weights", None)
    findings = check_problem(model, criterion, dataset, divisible=trial.divisible, arch=arch, data=data, loss=loss)
    return Problem(
        model=model,
        loss=criterion,
        dataset=dataset,
        accuracy=None if trial.outputs is None else _accuracy(dataset, loss, trial.outputs),
        outputs=0 if trial.outputs is None else _width(dataset, trial.outputs),
        divisible=trial.divisible,
        alone=trial.alone,
        findings=findings,
        warnings=trial.warnings,
    )


def _load_data(data: str, seed: int, data_dir: Path, progress: Progress) -> Dataset:
    entry = find_dataset(data)
    if entry is None:
        if not looks_like_path(data):
            raise unknown_name("data set", data, DATASETS)
        progress(f"loading {data}", None)
        return own_data(data, seed)
    try:
        dataset: Dataset = load_callable(entry.load)(data_dir, progress, **entry.options)
    except OSError as error:  # such as a directory without permission to read it
        raise DataError(f"cannot load {data} from {data_dir}: {error}") from error
    return dataset


def _load_loss(loss: str, dtype: torch.dtype, device: torch.device) -> Criterion | None:
    if looks_like_path(loss):
        return own_loss(loss, dtype, device)
    if loss not in LOSSES:
        raise unknown_name("loss", loss, LOSSES)
    return None if LOSSES[loss].by_model else load_callable(LOSSES[loss].function)


def _check_loaded(dataset: Dataset, criterion: Criterion | None, *, arch: str, data: str, loss: str) -> None:
    """Raise ProblemError for what `check_fit` could not know before the data were loaded."""
    if criterion is None:
        if dataset.y is not None and not isinstance(dataset.x, Tensor) and "labels" in dataset.x:
            raise ProblemError(
                f"{data}: with --loss {loss} the model gets y as the argument labels, but x also has 'labels'; "
                "leave it out, or return None for y"
            )
    elif dataset.y is None:
        raise ProblemError(
            f"--loss {loss} does not go with --data {data}: it needs targets, but y is None; "
            "y may be None only with --loss model, where the model computes its own loss"
        )
    if dataset.y is not None:
        check_targets(loss, data, _kind_of_targets(dataset), "" if dataset.classes else as_class_numbers(dataset.y))
    if loss in LOSSES and not LOSSES[loss].by_model:
        check_targets_are_finite(data, dataset)
    check_classes(loss, data, dataset.classes)
    if (entry := find_architecture(arch)) is not None:
        _check_inputs(entry, data, dataset.x)


def _check_inputs(entry: Architecture, data: str, x: Inputs) -> None:
    """Raise ProblemError for inputs that a builder, which is given only the shape of one, would accept by mistake."""
    takes = f"{entry.name} takes {in_words(entry.inputs, INPUTS)}"
    if not isinstance(x, Tensor):
        raise ProblemError(
            f"--arch {entry.name} does not go with --data {data}: {takes}, not a dictionary of {', '.join(x)}; "
            "that is for a model of your own"
        )
    tokens = x.dtype is torch.int64
    if not tokens and entry.inputs == ("tokens",):
        raise ProblemError(
            f"--arch {entry.name} does not go with --data {data}: {takes}, which are integers; x is {x.dtype}"
        )
    if tokens and "tokens" not in entry.inputs:
        raise ProblemError(
            f"--arch {entry.name} does not go with --data {data}: {takes}, and x is {x.dtype}, which stands for "
            "tokens; write x.float() if they are numbers"
        )
    if tokens and int(x.min()) < 0:
        raise ProblemError(f"{data}: x has the token {int(x.min())}; for {entry.name} tokens count from 0")


def _build_model(arch: str, sizes: Mapping[str, int], data: str, dataset: Dataset, loss: str, seed: int) -> nn.Module:
    if looks_like_path(arch):
        own = own_model(arch, seed)
        initialise(own, dataset, loss, arch=arch, data=data)
        return own
    entry = find_architecture(arch)
    if entry is None:
        raise unknown_name("architecture", arch, ARCHITECTURES)
    assert isinstance(dataset.x, Tensor)  # _check_inputs has checked it
    assert dataset.y is not None  # check_fit refuses a loss of the model's own for the catalogue's networks
    outputs = _outputs_for(dataset, dataset.y, loss)
    if outputs is None:
        raise ProblemError(
            f"{arch} gives outputs (n, k), so {data} must have targets (n, k), or integer class numbers; "
            f"they have shape {shape(dataset.y)}"
        )
    options = {**entry.options, **sizes}
    if "tokens" in entry.inputs:
        options["vocabulary"] = dataset.vocabulary
    build = load_callable(entry.build)
    torch.manual_seed(seed)
    model: nn.Module = build(tuple(dataset.x.shape[1:]), outputs, **options)
    return model


def _outputs_for(dataset: Dataset, y: Tensor, loss: str) -> int | None:
    """How many outputs an architecture of the catalogue needs for one example or position; None where unknown."""
    if _is_one_output(dataset, loss):
        return 1
    if dataset.classes is not None:
        return dataset.classes
    return y.shape[1] if y.ndim == 2 else None


def _kind_of_targets(dataset: Dataset) -> str:
    """The kind of the targets, by its name in the catalogues of losses and data sets."""
    if dataset.classes is None:
        return "numbers"
    return "signs" if dataset.y is not None and dataset.y.is_floating_point() else "classes"


def _is_one_output(dataset: Dataset, loss: str) -> bool:
    """Whether the sign of one output says the class."""
    return _kind_of_targets(dataset) == "signs" or (loss in LOSSES and LOSSES[loss].one_output)


def _width(dataset: Dataset, outputs: Tensor) -> int:
    """Number of outputs for an example, or for each position of it, from the outputs for the first examples."""
    if outputs.ndim == 1:
        return 1
    if dataset.y is None or _kind_of_targets(dataset) != "classes":
        return outputs.shape[-1]
    scores = classes_last(outputs, dataset.y[: len(outputs)])
    return (outputs if scores is None else scores).shape[-1]


def _accuracy(dataset: Dataset, loss: str, outputs: Tensor) -> Accuracy | None:
    """The function that counts right answers, chosen by the outputs for the first examples."""
    if dataset.y is None or dataset.classes is None:
        return None
    if _is_one_output(dataset, loss):
        return sign_accuracy if outputs.shape[1:] in ((), (1,)) else None
    scores = classes_last(outputs, dataset.y[: len(outputs)])
    return class_accuracy if scores is not None and scores.shape[-1] >= dataset.classes else None


def _moved(dataset: Dataset, dtype: torch.dtype, device: torch.device) -> Dataset:
    def moved(tensor: Tensor) -> Tensor:
        return tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else tensor.dtype)

    def inputs(x: Inputs) -> Inputs:
        return moved(x) if isinstance(x, Tensor) else {name: moved(tensor) for name, tensor in x.items()}

    return replace(
        dataset,
        x=inputs(dataset.x),
        y=None if dataset.y is None else moved(dataset.y),
        x_test=None if dataset.x_test is None else inputs(dataset.x_test),
        y_test=None if dataset.y_test is None else moved(dataset.y_test),
    )
