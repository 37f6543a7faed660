"""What a setting says of itself: the one definition behind a field of the config and a flag of `eostui run`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def flag(field: str) -> str:
    """The command-line flag that sets a field: `eig_every` -> `--eig-every`."""
    return "--" + field.replace("_", "-")


class Panel(StrEnum):
    """The panels of `eostui run --help`, in their order."""

    WHAT = "What is trained"
    HOW = "How"
    LIMITS = "For how long"
    MEASURED = "What is measured"
    WHERE = "Where"


@dataclass(frozen=True)
class Check:
    """Which values of the right type a setting takes.

    holds: whether a value that is not None is one. right: what they are in words, to follow "give". names: all of them,
    where they are a few names.
    """

    holds: Callable[[Any], bool]
    right: str
    names: tuple[str, ...] = ()


def one_of(*names: str) -> Check:
    """Takes a few names only."""
    return Check(lambda value: value in names, " or ".join(names), names)


def between(low: float, high: float, right: str) -> Check:
    """Takes numbers between two others, which it does not take."""
    return Check(lambda value: low < value < high, right)


def from_up_to(low: float, high: float, right: str) -> Check:
    """Takes numbers from `low` on, and below `high`."""
    return Check(lambda value: low <= value < high, right)


COUNT = from_up_to(1, math.inf, "a whole number of at least 1")
DECAY = from_up_to(0, 1, "a number from 0 up to, not including, 1")
NOT_NEGATIVE = from_up_to(0, math.inf, "zero or a positive number")
FRACTION = Check(lambda value: 0 < value <= 1, "a fraction above 0, such as 0.99")


@dataclass(frozen=True)
class Flag:
    """The flag of a setting, as metadata of its type: `eigs: Annotated[int, Flag(…)] = 3`.

    help:      what it means, in Markdown; `{default}` stands for the default
    panel:     where the help has it; None for the panel without a name
    check:     which values it takes; None for all of its type
    metavar:   what stands for the value in the help, where that is not the name of a type
    completes: the listing of `eostui list` whose names complete it, or the words that do
    envvar:    the environment variable that sets it, too
    planned:   whether the plan has a better default where the flag is not given; the help then shows none
    typed:     the type of what is typed, where that is not the setting's own
    read:      the setting's value for what was typed; raises `ConfigError`
    """

    help: str
    panel: Panel | None
    check: Check | None = None
    metavar: str | None = None
    completes: str | tuple[str, ...] | None = None
    envvar: str | None = None
    planned: bool = False
    typed: type | None = None
    read: Callable[[Any], Any] | None = None
