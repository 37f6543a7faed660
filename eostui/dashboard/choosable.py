"""The instruments that a user can switch on and off while a run is trained. This module imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from eostui.config import ConfigError, RunConfig
from eostui.instruments.base.cost import cost_of
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import FLOWS, INSTRUMENTS, TRACKED
from eostui.reading.charts import pictures_of
from eostui.reading.feed import Feed
from eostui.store.events import TrackingChanged


@dataclass(frozen=True)
class Offer:
    """An instrument that could measure: its name, what it measures, and what a row costs in gradients, in words."""

    name: str
    summary: str
    cost: str


@dataclass(frozen=True)
class Choosable:
    """What can be switched on, and by the names of charts the instruments behind them, which can be switched off."""

    offers: Sequence[Offer] = ()
    behind: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """That of a run by now; nothing where its config is not one of this version."""
        try:
            config = RunConfig.from_dict(dict(feed.config))
        except ConfigError:
            return cls()
        scope, measured = Scope.of(config), measured_by(feed, config)
        offers = [
            Offer(name, INSTRUMENTS[name].summary, cost_of(INSTRUMENTS[name]))
            for name in TRACKED
            if name not in measured and not INSTRUMENTS[name].refusal(scope)
        ]
        tables = {INSTRUMENTS[name].table(scope).name: name for name in TRACKED if name in measured}
        pictures = pictures_of(feed)
        return cls(offers, {picture.name: tables[picture.table] for picture in pictures if picture.table in tables})


def measured_by(feed: Feed, config: RunConfig) -> set[str]:
    """The instruments that measure: those that were asked for at the start, as changed since then."""
    measured = {*config.measuring.track, *(FLOWS[name].name for name in config.measuring.flow if name in FLOWS)}
    for event in feed.events():
        if isinstance(event.what, TrackingChanged):
            (measured.add if event.what.measures else measured.discard)(event.what.instrument)
    return measured
