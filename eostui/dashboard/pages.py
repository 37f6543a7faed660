"""Which panels are on the screen at once, and which are a turn of the page away."""

from __future__ import annotations

from collections.abc import Sequence

from eostui.reading.charts import Picture

Page = list[Picture]

MOST = 12
"""Panels that are on a page at most."""
_STAYS = "loss"
_GIVES_WAY = "gauss-newton"


def room_for(width: int, height: int) -> int:
    """How many panels can be read at once on a screen of so many cells; their grid is in eostui.tcss."""
    if height < 22:
        return 3
    if height < 36:
        return 4
    if width < 150:
        return 6
    return 9 if height < 50 else MOST


def pages_of(panels: Sequence[Picture], room: int) -> list[Page]:
    """The pages for some panels, the order of the panels kept on each.

    The first panel, which is the sharpness with its threshold, and the loss stay, so that everything can be held
    against them; the others change, Gauss–Newton last, which is nearest to what is shown already. Every page is full:
    the last one is filled up with panels of the one before.
    """
    if len(panels) <= room:
        return [list(panels)]
    stay = [panel for panel in panels if panel is panels[0] or panel.name == _STAYS]
    change = sorted((panel for panel in panels if panel not in stay), key=lambda panel: panel.name == _GIVES_WAY)
    count = room - len(stay)
    starts = [min(start, len(change) - count) for start in range(0, len(change), count)]
    chosen = [[*stay, *change[start : start + count]] for start in starts]
    return [[panel for panel in panels if panel in page] for page in chosen]
