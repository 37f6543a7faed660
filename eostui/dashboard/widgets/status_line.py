"""The two lines at the top: where the run stands with respect to its edge, and what it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from eostui.dashboard.widgets.meter import METERS, meter

_GAP = "   "
_NARROWEST_GAUGE = 56
"""Columns from which the first line has a gauge."""


@dataclass(frozen=True)
class Part:
    """A piece of a line: spans of text, each with the name of its style, and a rank.

    Where not all parts fit, those with the highest rank are left out first; of the ones with `short`, that is tried
    before.
    """

    spans: tuple[tuple[str, str], ...]
    rank: int = 0
    short: tuple[tuple[str, str], ...] = ()

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
        text-wrap: nowrap;
        text-overflow: ellipsis;
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
        self.unicode = True
        """Whether the terminal has more than ASCII."""

    def show(self, standing: Standing) -> None:
        """Show where a run stands."""
        if standing != self._standing:
            self._standing = standing
            self.refresh()

    def render(self) -> Text:
        if self._standing is None:
            return Text("starting")
        width = self.size.width
        lines = self._first(self._standing, width), self._line(self._standing.second, width)
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def _first(self, standing: Standing, width: int) -> Text:
        """Regime, gauge with its number, and the other parts, of which the last one stands at the right end."""
        regime = self._text(standing.regime.spans)
        if standing.ratio is None:
            return self._line((standing.regime, *standing.first), width)
        if width < _NARROWEST_GAUGE:
            number = Part.of(f"S/T {_ratio(standing.ratio)}", "value", rank=1)
            return self._line((standing.regime, number, *standing.first), width)
        label, figure = "S/threshold ", f" {_ratio(standing.ratio)}"
        gauge = min(max(width // 4, 12), 40)
        rest = width - regime.cell_len - 2 - len(label) - gauge - len(figure) - len(_GAP)
        line = regime.append("  ").append(label, self._style("label"))
        styles = {"end": "label", "full": "regime", "empty": "empty", "edge": "threshold", "over": "above"}
        for text, part in meter(standing.ratio, gauge, METERS[self.unicode]):
            line.append(text, self._style(styles[part]))
        line.append(figure, self._style("value")).append(_GAP)
        return line + self._line(standing.first, rest)

    def _line(self, parts: Sequence[Part], width: int) -> Text:
        """As many parts as there is room for, the least important ones left out."""
        kept = list(parts)
        while kept and len(_GAP) * (len(kept) - 1) + sum(map(_length, kept)) > width:
            least = max(range(len(kept)), key=lambda index: (kept[index].rank, index))
            if kept[least].short and kept[least].spans != kept[least].short:
                kept[least] = Part(kept[least].short, kept[least].rank)
            elif len(kept) == 1:
                break
            else:
                del kept[least]
        line = Text(no_wrap=True, overflow="ellipsis")
        for index, part in enumerate(kept):
            if index:
                line.append(_GAP)
            line.append_text(self._text(part.spans))
        return line

    def _text(self, spans: Sequence[tuple[str, str]]) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for words, style in spans:
            text.append(words, self._style(style))
        return text

    def _style(self, name: str) -> Style:
        """What the stylesheet says of a component class and of nothing around it."""
        return self.get_component_rich_style(f"status--{name}", partial=True)


def _length(part: Part) -> int:
    return sum(Text(words).cell_len for words, _ in part.spans)


def _ratio(ratio: float) -> str:
    return "–" if ratio != ratio else f"{ratio:.2f}" if 0.01 <= ratio < 100 else f"{ratio:.2g}"
