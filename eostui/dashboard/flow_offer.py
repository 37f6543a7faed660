"""The flows that can move beside a run that is trained. This module imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from eostui.config import ConfigError, RunConfig
from eostui.dashboard.choosable import measured_by
from eostui.instruments.base.cost import cost_of
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import FLOWS
from eostui.reading.feed import Feed


@dataclass(frozen=True)
class FlowOffer:
    """A flow: its name as `--flow` takes it, what it is, what a row costs in gradients, whether it moves by now.

    refusal: why this run cannot have it, in words; empty where it can.
    """

    name: str
    summary: str
    cost: str
    moves: bool
    refusal: str


def flows_offered(feed: Feed) -> list[FlowOffer]:
    """All flows, as they stand for a run; none where its config is not one of this version."""
    try:
        config = RunConfig.from_dict(dict(feed.config))
    except ConfigError:
        return []
    scope, measured = Scope.of(config), measured_by(feed, config)
    return [
        FlowOffer(name, kind.summary, cost_of(kind), kind.name in measured, kind.refusal(scope))
        for name, kind in FLOWS.items()
    ]
