"""The instruments by name: everything that can be measured along a run. This module imports no torch."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from eostui import instruments
from eostui.config import RunConfig
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.store import EVENTS, TRAIN, Table


def _found() -> Iterator[type[Instrument]]:
    """The instruments that the modules of this package define."""
    for module in pkgutil.iter_modules(instruments.__path__):
        if module.ispkg or module.name == "catalogue":
            continue
        name = f"{instruments.__name__}.{module.name}"
        for _, thing in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(thing, Instrument) and thing.__module__ == name:
                yield thing


def in_order(kinds: Iterable[type[Instrument]]) -> list[type[Instrument]]:
    """The instruments in an order where each follows those that it needs.

    Where the needs allow it, those that runs have unasked come first, and the order is by name. Raises ValueError for a
    circle of needs.
    """
    waiting = sorted(kinds, key=lambda kind: (not kind.when, kind.name))
    names = {kind.name for kind in waiting}
    ordered: list[type[Instrument]] = []
    while waiting:
        there = {kind.name for kind in ordered}
        ready = next((kind for kind in waiting if set(kind.needs) & names <= there), None)
        if ready is None:
            raise ValueError(f"instruments need each other: {', '.join(kind.name for kind in waiting)}")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


INSTRUMENTS: dict[str, type[Instrument]] = {kind.name: kind for kind in in_order(_found())}
"""All instruments, in the order in which they measure."""

TRACKED = [name for name, kind in INSTRUMENTS.items() if not kind.when and not kind.flow]
"""The names that `--track` takes."""

FLOWS = {kind.flow: kind for kind in INSTRUMENTS.values() if kind.flow}
"""The instruments of processes beside the run, by the names that `--flow` takes."""


def instruments_of(config: RunConfig) -> list[type[Instrument]]:
    """The instruments that a run has, in the order in which they measure."""
    scope, measuring = Scope.of(config), config.measuring

    def has(kind: type[Instrument]) -> bool:
        if kind.when:
            return kind.unasked(scope)
        return kind.flow in measuring.flow if kind.flow else kind.name in measuring.track

    return [kind for kind in INSTRUMENTS.values() if has(kind)]


def tables_of(config: RunConfig, *, classes: bool) -> list[Table]:
    """The tables that a run's file has, those of all flows that it can have among them.

    Without `classes`, none of them has an accuracy.
    """
    scope = Scope.of(config)
    has = instruments_of(config)
    later = [kind for kind in FLOWS.values() if kind not in has and not kind.refusal(scope)]
    there = [TRAIN, *(kind.table(scope) for kind in [*has, *later]), EVENTS]
    return there if classes else [table.without("accuracy") for table in there]
