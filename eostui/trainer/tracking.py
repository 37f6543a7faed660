"""Why an instrument cannot begin to measure, or no longer do so, while a run goes on."""

from __future__ import annotations

from collections.abc import Collection

from eostui.config import RunConfig
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS, TRACKED
from eostui.problems.errors import did_you_mean


def cannot_begin(name: str, there: Collection[str], config: RunConfig, outputs: bool) -> str:
    """Why the instrument of this name cannot begin beside those that are `there`; empty where it can.

    `outputs` says whether the network's outputs are one tensor.
    """
    if why := _not_to_be_chosen(name):
        return why
    if name in there:
        return f"{name} is measured already"
    kind = INSTRUMENTS[name]
    if kind.outputs and not outputs:
        return f"{name} needs the outputs of the network as one tensor, and such a model shows none"
    if why := kind.refusal(Scope.of(config)):
        return f"{name} {why}"
    return ""


def cannot_end(name: str, there: Collection[str]) -> str:
    """Why a run cannot go on without the instrument of this name; empty where it can."""
    if why := _not_to_be_chosen(name):
        return why
    return "" if name in there else f"{name} is not measured"


def _not_to_be_chosen(name: str) -> str:
    if name not in INSTRUMENTS:
        return f"there is no instrument {name!r}{did_you_mean(name, TRACKED)}; `eostui list instruments` shows all"
    return "" if name in TRACKED else f"{name} is measured {INSTRUMENTS[name].when}, unasked"
