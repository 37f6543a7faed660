"""Which instruments begin to measure, or end, while a run goes on, and why one cannot."""

from __future__ import annotations

from collections.abc import Collection

from eostui.config import RunConfig
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import FLOWS, INSTRUMENTS, TRACKED
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


def flows_of(text: str, config: RunConfig) -> tuple[str, ...]:
    """The instruments of the flows in `text`, such as "central,gradient"; none where that is "none".

    Raises ValueError, with a text for the user, for a flow that there is not and for one that the run cannot have.
    """
    names = [name.strip() for name in text.split(",") if name.strip() not in ("", "none")]
    for name in names:
        if name not in FLOWS:
            near = did_you_mean(name, FLOWS) or f"; there are {', '.join(FLOWS)}, and none"
            raise ValueError(f"there is no flow {name!r}{near}")
        if why := FLOWS[name].refusal(Scope.of(config)):
            raise ValueError(f"the {name} flow {why}")
    return tuple(dict.fromkeys(FLOWS[name].name for name in names))


def with_instrument(config: RunConfig, kind: type[Instrument]) -> RunConfig:
    """The config of a run that measures with an instrument more."""
    measuring = config.measuring
    if kind.flow:
        return config.replace(flow=tuple(dict.fromkeys((*measuring.flow, kind.flow))))
    return config.replace(track=tuple(dict.fromkeys((*measuring.track, kind.name))))


def without_instrument(config: RunConfig, kind: type[Instrument]) -> RunConfig:
    """The config of a run that measures without an instrument."""
    if kind.flow:
        return config.replace(flow=tuple(name for name in config.measuring.flow if name != kind.flow))
    return config.replace(track=tuple(name for name in config.measuring.track if name != kind.name))


def _not_to_be_chosen(name: str) -> str:
    if name not in INSTRUMENTS:
        return f"there is no instrument {name!r}{did_you_mean(name, TRACKED)}; `eostui list instruments` shows all"
    if flow := INSTRUMENTS[name].flow:
        return f"{name} is a flow: `flow {flow}` begins it, `flow none` ends all of them"
    return "" if name in TRACKED else f"{name} is measured {INSTRUMENTS[name].when}, unasked"
