"""Which charts of a run are shown, and in which order, where the user has a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eostui.dashboard.subject import Titled


@dataclass(frozen=True)
class ChartChoice:
    """The names of charts that come first, in this order, and of those that are not shown."""

    order: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def of(self, pictures: Sequence[Titled]) -> list[Titled]:
        """The charts that are shown, in order; all of them where that would be none."""
        shown = [picture for picture in pictures if picture.name not in self.hidden] or list(pictures)
        places = {name: place for place, name in enumerate(self.order)}
        return sorted(shown, key=lambda picture: places.get(picture.name, len(places)))


def choice_for(optimizer: object, choices: Mapping[str, ChartChoice]) -> ChartChoice:
    """The choice for runs of an optimizer, else that for all runs, which has the empty name."""
    return choices.get(str(optimizer), choices.get("", ChartChoice()))
