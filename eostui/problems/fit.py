"""Which architectures, data sets and losses fit together, as the catalogues say: nothing is loaded, not even torch."""

from __future__ import annotations

from collections.abc import Iterable

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import looks_like_path
from eostui.problems.datasets import find_dataset
from eostui.problems.errors import ProblemError
from eostui.problems.find_architecture import find_architecture
from eostui.problems.losses import LOSSES

INPUTS = {"image": "images", "vector": "vectors", "tokens": "tokens"}
TARGETS = {"classes": "class numbers", "signs": "signs ±1", "numbers": "numbers to regress on"}


def check_fit(arch: str, data: str, loss: str) -> None:
    """Raise ProblemError where two names of the catalogues do not go together. The message names both.

    A name that is a path is assumed to fit.
    """
    architecture, dataset = find_architecture(arch), find_dataset(data)
    if architecture is not None and architecture.fixed and (data, loss) != (architecture.data, architecture.loss):
        raise ProblemError(
            f"--arch {arch} does not go with --data {data} and --loss {loss}: it is one loss function, ½(1 − xyzw)²; "
            "leave both out"
        )
    if architecture is not None and loss in LOSSES and LOSSES[loss].by_model:
        raise ProblemError(
            f"--loss {loss} does not go with --arch {arch}: it is for a model of your own that computes its loss, and "
            f"{arch} gives outputs; give --loss {architecture.loss}"
        )
    if architecture is not None and dataset is not None and dataset.inputs not in architecture.inputs:
        raise ProblemError(
            f"--arch {arch} does not go with --data {data}: {arch} takes {in_words(architecture.inputs, INPUTS)}, "
            f"{data} has {INPUTS[dataset.inputs]}; give --data {architecture.data}"
        )
    if dataset is not None:
        check_targets(loss, data, dataset.targets)
        check_classes(loss, data, dataset.options.get("classes"))


def check_sizes(arch: str, chosen: Iterable[str]) -> None:
    """Raise ProblemError where the user has `chosen` a `width` or `depth` for a network that does not take it."""
    for name in chosen:
        entry = find_architecture(arch)
        if entry is not None and name not in entry.options:
            takers = ", ".join(other.name for other in ARCHITECTURES.values() if name in other.options)
            raise ProblemError(
                f"--{name} does not go with --arch {arch}, which has no {name} to choose; these have one: {takers}"
            )
        if looks_like_path(arch):
            raise ProblemError(f"--{name} does not go with --arch {arch}: the {name} of your own model is in its code")


def check_targets(loss: str, data: str, targets: str, remedy: str = "") -> None:
    """Raise ProblemError where `data` has `targets` of a kind that a loss of the catalogue does not take.

    `remedy` says how to change the data. Without it, the message names losses that fit.
    """
    if loss not in LOSSES or targets in LOSSES[loss].targets:
        return
    takers = " or ".join(entry.name for entry in LOSSES.values() if not entry.by_model and targets in entry.targets)
    raise ProblemError(
        f"--loss {loss} does not go with --data {data}: {loss} needs {in_words(LOSSES[loss].targets, TARGETS)}, "
        f"{data} has {TARGETS[targets]}; {remedy or f'give --loss {takers}'}"
    )


def check_classes(loss: str, data: str, classes: int | None) -> None:
    """Raise ProblemError where a loss for two classes is given data with more."""
    if loss in LOSSES and LOSSES[loss].one_output and classes is not None and classes > 2:
        takers = " or ".join(entry.name for entry in LOSSES.values() if entry.output_for_each_class)
        raise ProblemError(
            f"--loss {loss} does not go with --data {data}: {loss} is for two classes, {data} has {classes}; "
            f"give --loss {takers}"
        )


def in_words(kinds: tuple[str, ...], words: dict[str, str]) -> str:
    """`images or vectors`."""
    return " or ".join(words[kind] for kind in kinds)
