"""What goes together, as far as the catalogues tell: known before anything is loaded, and so without torch."""

from __future__ import annotations

from collections.abc import Iterable

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import looks_like_path
from eostui.problems.datasets import find_dataset
from eostui.problems.errors import ProblemError
from eostui.problems.losses import LOSSES

INPUTS = {"image": "images", "vector": "vectors", "tokens": "tokens"}
TARGETS = {"classes": "class numbers", "signs": "signs ±1", "numbers": "numbers to regress on"}


def check_fit(arch: str, data: str, loss: str) -> None:
    """Raise ProblemError, naming the two, where two names of the catalogues do not go together.

    What is named by path is taken as fitting.
    """
    architecture, dataset = ARCHITECTURES.get(arch), find_dataset(data)
    if architecture is not None and loss in LOSSES and LOSSES[loss].by_model:
        raise ProblemError(
            f"--loss {loss} does not go with --arch {arch}: it is for a model of your own that computes its loss, "
            f"{arch} gives outputs; it is meant for --loss {architecture.loss}"
        )
    if architecture is not None and dataset is not None and dataset.inputs not in architecture.inputs:
        raise ProblemError(
            f"--arch {arch} does not go with --data {data}: {arch} takes {in_words(architecture.inputs, INPUTS)}, "
            f"{data} has {INPUTS[dataset.inputs]}; it is meant for --data {architecture.data}"
        )
    if dataset is not None:
        check_targets(loss, data, dataset.targets)
        check_classes(loss, data, dataset.options.get("classes"))


def check_sizes(arch: str, chosen: Iterable[str]) -> None:
    """Raise ProblemError where `width` or `depth` is `chosen` for a network that has none to choose."""
    for name in chosen:
        if arch in ARCHITECTURES and name not in ARCHITECTURES[arch].options:
            takers = ", ".join(entry.name for entry in ARCHITECTURES.values() if name in entry.options)
            raise ProblemError(
                f"--{name} does not go with --arch {arch}, which has no {name} to choose; these have: {takers}"
            )
        if looks_like_path(arch):
            raise ProblemError(f"--{name} does not go with --arch {arch}: the {name} of your own model is in its code")


def check_targets(loss: str, data: str, targets: str, remedy: str = "") -> None:
    """Raise ProblemError where a loss of the catalogue does not take the kind `targets`, which `data` has.

    `remedy` is what could be done about the data; without it, other losses are named.
    """
    if loss not in LOSSES or targets in LOSSES[loss].targets:
        return
    takers = " or ".join(entry.name for entry in LOSSES.values() if not entry.by_model and targets in entry.targets)
    raise ProblemError(
        f"--loss {loss} does not go with --data {data}: {loss} needs {in_words(LOSSES[loss].targets, TARGETS)}, "
        f"{data} has {TARGETS[targets]}{f'; {remedy}' if remedy else f', for which there is {takers}'}"
    )


def check_classes(loss: str, data: str, classes: int | None) -> None:
    """Raise ProblemError where a loss for two classes is asked to do with more."""
    if loss in LOSSES and LOSSES[loss].one_output and classes is not None and classes > 2:
        takers = " or ".join(entry.name for entry in LOSSES.values() if entry.output_for_each_class)
        raise ProblemError(
            f"--loss {loss} does not go with --data {data}: {loss} is for two classes, {data} has {classes}, "
            f"for which there is {takers}"
        )


def in_words(kinds: tuple[str, ...], words: dict[str, str]) -> str:
    """`images or vectors`."""
    return " or ".join(words[kind] for kind in kinds)
