"""The private parts of Textual (8.2) that this program stands on: they may change with any version.

`App._display(screen, update)` writes an update to the terminal: what `update.render_segments(console)` gives. An update
of the whole screen has `strips` by rows and a `region`; one of spans has `chops`, `chop_ends` and `spans`. Where an
update has none of these, it is sent as Textual sends it, which takes more bytes and shows the same.
`Screen._compositor.render_strips()` gives what a screen shows. `App._driver.write(text)` writes to the
terminal whatever it is given; without it the terminal gets no title and no notification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.segment import Segment
from textual.app import App, ReturnType
from textual.screen import Screen

from eostui.dashboard.mirror import Mirror, Placed


class FrugalApp(App[ReturnType]):
    """An app that sends the terminal the changed cells alone."""

    def __init__(self) -> None:
        super().__init__()
        self.mirror = Mirror()

    def on_mount(self) -> None:
        for signal in (self.app_suspend_signal, self.app_resume_signal):
            signal.subscribe(self, lambda _: self.mirror.forget(), immediate=True)

    def on_resize(self) -> None:
        self.mirror.forget()

    def write_beside(self, sequence: str) -> None:
        """Send the terminal something that changes no cell of the screen."""
        write = getattr(getattr(self, "_driver", None), "write", None)
        if sequence and write is not None:
            write(sequence)

    def action_redraw(self) -> None:
        """Draw everything again, whatever else has been written to the terminal."""
        self.mirror.forget()
        self.refresh()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Display an update, of which only changed cells are written, if it is written at all."""
        if (placed := placed_by(renderable)) is not None:
            renderable.render_segments = lambda console: self.mirror.write(placed, console)
        elif renderable is not None:
            self.mirror.forget()
        super()._display(screen, renderable)


def placed_by(update: object) -> list[Placed] | None:
    """The strips that an update of Textual's shows, with their places; None for one of another kind."""
    if hasattr(update, "strips") and hasattr(update, "region"):
        return list(_of_the_screen(update))
    if hasattr(update, "chops") and hasattr(update, "spans") and hasattr(update, "chop_ends"):
        return list(_of_spans(update))
    return None


def sent_by(update: Any, console: Console) -> str:
    """What an update writes to the terminal."""
    return str(update.render_segments(console))


def _of_the_screen(update: Any) -> Iterator[Placed]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield y, x, strip, range(strip.cell_length)
            x += strip.cell_length


def _of_spans(update: Any) -> Iterator[Placed]:
    for y, start, end in update.spans:
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
            first, last = max(start, x), min(end, stop)
            if strip is not None and first < last:
                yield y, x, strip, range(first - x, min(last - x, strip.cell_length))


def lines_of(screen: Screen[Any]) -> list[list[Segment]]:
    """What a screen shows, line by line; nothing where this version of Textual does not say."""
    compositor: Any = getattr(screen, "_compositor", None)
    strips = compositor.render_strips() if hasattr(compositor, "render_strips") else []
    return [list(strip) for strip in strips][: screen.size.height]
