"""Which charts of a run are shown, and in which order, where the user has a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eostui.dashboard.subject import Titled


@dataclass(frozen=True)
class ChartChoice:
    """The names of charts that come first, in this order, of those that are not shown, and of those that are shown
    though they stand aside."""

    order: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    def of(self, pictures: Sequence[Titled]) -> list[Titled]:
        """The charts that are shown, in order; all of them where that would be none."""
        return self.in_order([picture for picture in pictures if not self.hides(picture)] or pictures)

    def in_order(self, pictures: Sequence[Titled]) -> list[Titled]:
        """All charts, in order."""
        places = {name: place for place, name in enumerate(self.order)}
        return sorted(pictures, key=lambda picture: places.get(picture.name, len(places)))

    def hides(self, picture: Titled) -> bool:
        """Whether a chart is not shown."""
        return picture.name in self.hidden or (picture.aside and picture.name not in self.shown)


def choice_for(optimizer: object, choices: Mapping[str, ChartChoice]) -> ChartChoice:
    """The choice for runs of an optimizer, else that for all runs, which has the empty name."""
    return choices.get(str(optimizer), choices.get("", ChartChoice()))
