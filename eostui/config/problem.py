"""Settings of what is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from eostui.config.flags import COUNT, Flag, Panel
from eostui.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ProblemSettings(Settings):
    """What is trained: a network, on data, under a loss.

    `width` and `depth` are None where they are as the architecture has them.
    """

    arch: Annotated[
        str,
        Flag(
            "Architecture by name, or your own as `module:function` or `file.py:function`: "
            "a function that returns an nn.Module.",
            Panel.WHAT,
            completes="archs",
        ),
    ]
    width: Annotated[
        int | None,
        Flag(
            "Units, channels or features of a layer, for the architectures that have it to choose.",
            Panel.WHAT,
            COUNT,
        ),
    ] = None
    depth: Annotated[
        int | None,
        Flag("Layers or blocks, for the architectures that have it to choose.", Panel.WHAT, COUNT),
    ] = None
    data: Annotated[
        str,
        Flag(
            "Data set by name, with -N or -Cc for its first examples or classes (cifar10-300, cifar10-1k-4c), "
            "a text file (`file.txt`, `file.txt:words`), or your own: a function that returns (x, y) or "
            "((x, y), (x_test, y_test)); x is a tensor, or a dictionary of them for a model with several inputs.",
            Panel.WHAT,
            completes="datasets",
        ),
    ]
    loss: Annotated[
        str,
        Flag(
            "mse, ce, logistic, or your own: f(outputs, targets) -> mean loss; "
            "`model` where the model itself returns the loss.",
            Panel.WHAT,
            completes="losses",
        ),
    ]
    data_dir: Annotated[
        str,
        Flag(
            "Where data lives and is downloaded to [that of the settings, else {default}].",
            Panel.WHERE,
            envvar="EOSTUI_DATA",
            planned=True,
            typed=Path,
            read=str,
        ),
    ] = "~/.local/share/eostui"
