"""The two lines at the top: which run, what it is doing, and where it stands with respect to the edge."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from eostui.reading.feed import Feed
from eostui.reading.numbers import cut_between_words
from eostui.reading.regime import Regime, present_regime
from eostui.reading.step_size import StepSize, step_size_text

_STATUS_STYLES = {
    "running": "running",
    "paused": "paused",
    "finished": "ended",
    "stopped": "ended",
    "diverged": "failed",
    "failed": "failed",
    "died": "failed",
}
_REGIME_STYLES = {
    Regime.EDGE: "edge",
    Regime.ABOVE: "above",
    Regime.DIVERGING: "above",
    Regime.SHARPENING: "sharpening",
}


class Masthead(Widget):
    """Name, status, regime; step, η and threshold; what goes on. Drawn again only when a word of it changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"masthead--{style}"
        for style in (
            "status",
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
        )
    }
    """Everything that has a style. A status without one of its own has "status", a regime "regime"."""

    # The terminal's own colours: Textual gives them those of the theme's palette where it does not leave them to the
    # terminal, so that one rule serves both.
    DEFAULT_CSS = """
    Masthead {
        height: 2;
        width: 1fr;
        padding: 0 1;
        & > .masthead--status { text-style: bold; }
        & > .masthead--running { color: ansi_green; text-style: bold; }
        & > .masthead--paused, & > .masthead--edge { color: ansi_yellow; text-style: bold; }
        & > .masthead--ended { color: ansi_cyan; text-style: bold; }
        & > .masthead--failed, & > .masthead--above { color: ansi_red; text-style: bold; }
        & > .masthead--note { color: ansi_magenta; text-style: bold; }
        & > .masthead--sharpening { color: ansi_blue; text-style: bold; }
        & > .masthead--label { text-style: dim; }
        & > .masthead--activity { text-style: italic; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._first, self._second = Text("starting"), Text()

    def show(self, feed: Feed, note: str) -> None:
        """Show where a feed stands; `note` is the screen's own word, such as the speed of a replay."""
        lines = self._first_line(feed, note), self._second_line(feed)
        if lines != (self._first, self._second):
            self._first, self._second = lines
            self.refresh()

    def render(self) -> Text:
        return self._first + Text("\n") + cut_between_words(self._second, self.size.width)

    def _first_line(self, feed: Feed, note: str) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{feed.status} ", self._style(_STATUS_STYLES.get(feed.status, "status")))
        if note:
            line.append(f"{note} ", self._style("note"))
        if feed.series:
            regime = present_regime(feed)
            line.append(f"· {regime.word} ", self._style(_REGIME_STYLES.get(regime, "regime")))
        line.append(f"· {feed.name}", self._style("label"))
        return line

    def _second_line(self, feed: Feed) -> Text:
        line = Text(no_wrap=True)
        label, value = self._style("label"), self._style("value")
        if feed.step >= 0:
            present = StepSize.of(feed)
            line.append("step ", label).append(f"{feed.step:,}  ", value)
            line.append("η ", label).append(f"{step_size_text(present.lr)}  ", value)
            if present.formula is not None:
                line.append(f"{present.formula} ", label).append(f"{present.threshold:.5g}  ", value)
        line.append(feed.activity, self._style("activity"))
        aside = feed.forecast if feed.step < 0 else feed.cadence
        if aside:
            line.append(f"{'  ' if feed.activity else ''}· {aside}", label)
        return line

    def _style(self, name: str) -> Style:
        """What the stylesheet says of a component class and of nothing around it."""
        return self.get_component_rich_style(f"masthead--{name}", partial=True)
