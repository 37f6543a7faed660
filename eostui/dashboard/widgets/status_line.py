"""The two lines at the top: where the run stands with respect to its edge, and what it is doing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from eostui.dashboard.widgets.meter import METERS, meter

BETWEEN_VALUES = 1.0
"""Seconds between two changes of values alone: faster ones nobody reads, and each costs bytes and processor time."""

_GAP = "   "
_NUMBER = re.compile(r"[\d.,]+")
_Spans = tuple[tuple[str, str], ...]
"""Texts, each with the name of its style."""


@dataclass(frozen=True)
class Part:
    """A piece of a line: spans of text, each with the name of its style, and a rank.

    Where not all parts fit, those with the highest rank are left out first; of the ones with `short`, that is tried
    before.
    """

    spans: _Spans
    rank: int = 0
    short: _Spans = ()

    @classmethod
    def of(cls, text: str, style: str = "value", rank: int = 0) -> Part:
        """A part of one span."""
        return cls(((text, style),), rank)


@dataclass(frozen=True)
class Standing:
    """What the two lines say: parts from left to right, and S ÷ threshold for the gauge, None for no gauge."""

    regime: Part
    ratio: float | None
    first: Sequence[Part]
    second: Sequence[Part]

    @property
    def words(self) -> list[tuple[str, str]]:
        """What it says, values that are measured aside."""
        spans = [span for part in (self.regime, *self.first, *self.second) for span in part.spans]
        return [(_NUMBER.sub("", text) if style == "value" else text, style) for text, style in spans]


class StatusLine(Widget):
    """Regime, gauge, state; settings, step size, present values, what goes on. Drawn anew only when a word changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"status--{style}"
        for style in (
            "text",
            "running",
            "paused",
            "ended",
            "failed",
            "note",
            "regime",
            "edge",
            "above",
            "sharpening",
            "label",
            "value",
            "activity",
            "threshold",
            "empty",
        )
    }
    # The terminal's own colours: Textual gives them those of the theme's palette where it does not leave them to the
    # terminal.
    DEFAULT_CSS = """
    StatusLine {
        height: 2;
        width: 1fr;
        padding: 0 1;
        & > .status--running { color: ansi_green; }
        & > .status--paused { color: ansi_yellow; text-style: bold; }
        & > .status--ended { color: ansi_cyan; text-style: bold; }
        & > .status--failed, & > .status--above { color: ansi_red; text-style: bold; }
        & > .status--note { color: ansi_magenta; text-style: bold; }
        & > .status--regime, & > .status--value { text-style: bold; }
        & > .status--edge { color: ansi_yellow; text-style: bold; }
        & > .status--sharpening { color: ansi_blue; text-style: bold; }
        & > .status--label, & > .status--empty { text-style: dim; }
        & > .status--activity { text-style: italic; }
        & > .status--threshold { color: ansi_red; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._standing: Standing | None = None
        self._shown_at = 0.0
        """When it was shown, by a clock that never goes back."""
        self._styles: dict[str, Style] = {}
        """By the names of the component classes, as the theme has them."""
        self.unicode = True
        """Whether the terminal has more than ASCII."""

    def show(self, standing: Standing, *, calmly: bool = False) -> None:
        """Show where a run stands; `calmly`, other values are shown `BETWEEN_VALUES` apart, other words at once."""
        if standing == self._standing:
            return
        now = time.monotonic()
        same_words = self._standing is not None and standing.words == self._standing.words
        if calmly and same_words and now - self._shown_at < BETWEEN_VALUES:
            return
        self._standing, self._shown_at = standing, now
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One of the two lines. Textual's own way, by `rich.text.Text`, takes five times as long."""
        width = self.size.width
        if self._standing is None:
            spans: _Spans = (("starting", "text"),) if y == 0 else ()
        else:
            spans = tuple(self._first(self._standing, width) if y == 0 else _line(self._standing.second, width))
        strip = Strip([Segment(text, self._style(style)) for text, style in spans])
        if strip.cell_length > width:
            ellipsis = Segment("…" if self.unicode else ">", self._style(spans[-1][1]))
            strip = Strip([*strip.crop(0, width - 1), ellipsis])
        return strip.adjust_cell_length(width, self._style("text"))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}

    def _first(self, standing: Standing, width: int) -> Iterator[tuple[str, str]]:
        """Regime, gauge with its number, and the other parts, of which the last one stands at the right end."""
        if standing.ratio is None:
            yield from _line((standing.regime, *standing.first), width)
            return
        label, figure = "S/threshold ", f" {_ratio(standing.ratio)}"
        gauge = min(max(width // 4, 12), 40)
        rest = width - _width(standing.regime.spans) - 2 - len(label) - gauge - len(figure) - len(_GAP)
        if rest < _least(standing.first[:2]):
            number = Part.of(f"S/T{figure}", "value", rank=1)
            yield from _line((standing.regime, number, *standing.first), width)
            return
        yield from standing.regime.spans
        yield "  ", "text"
        yield label, "label"
        styles = {"end": "label", "full": "regime", "empty": "empty", "edge": "threshold", "over": "above"}
        for text, part in meter(standing.ratio, gauge, METERS[self.unicode]):
            yield text, styles[part]
        yield figure, "value"
        yield _GAP, "text"
        yield from _line(standing.first, rest)

    def _style(self, name: str) -> Style:
        """What the stylesheet says of a component class, on the ground of the widget."""
        if name not in self._styles:
            own = self.get_component_rich_style(f"status--{name}", partial=True)
            self._styles[name] = self.visual_style.rich_style + own
        return self._styles[name]


def _line(parts: Sequence[Part], width: int) -> Iterator[tuple[str, str]]:
    """As many parts as there is room for, the least important ones left out."""
    kept = list(parts)
    while kept and len(_GAP) * (len(kept) - 1) + sum(_width(part.spans) for part in kept) > width:
        least = max(range(len(kept)), key=lambda index: (kept[index].rank, index))
        if kept[least].short and kept[least].spans != kept[least].short:
            kept[least] = Part(kept[least].short, kept[least].rank)
        elif len(kept) == 1:
            break
        else:
            del kept[least]
    for index, part in enumerate(kept):
        if index:
            yield _GAP, "text"
        yield from part.spans


def _least(parts: Sequence[Part]) -> int:
    """The cells that parts need, as short as they can be."""
    return sum(_width(part.short or part.spans) for part in parts) + len(_GAP) * (len(parts) - 1)


def _width(spans: _Spans) -> int:
    return sum(cell_len(text) for text, _ in spans)


def _ratio(ratio: float) -> str:
    return "–" if ratio != ratio else f"{ratio:.2f}" if 0.01 <= ratio < 100 else f"{ratio:.2g}"
