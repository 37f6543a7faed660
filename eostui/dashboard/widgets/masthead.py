"""The two lines at the top: which run, what it is doing, and where it stands with respect to the edge."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from eostui.reading.feed import Feed
from eostui.reading.numbers import cut_between_words
from eostui.reading.regime import Regime, present_regime
from eostui.reading.step_size import StepSize

_STATUS_STYLES = {
    "running": "bold green",
    "paused": "bold yellow",
    "finished": "bold cyan",
    "stopped": "bold cyan",
    "diverged": "bold red",
    "failed": "bold red",
    "died": "bold red",
}
_REGIME_STYLES = {
    Regime.EDGE: "bold yellow",
    Regime.ABOVE: "bold red",
    Regime.DIVERGING: "bold red",
    Regime.SHARPENING: "bold blue",
}


class Masthead(Widget):
    """Name, status, regime; step, η and threshold; what goes on. Drawn again only when a word of it changed."""

    DEFAULT_CSS = """
    Masthead { height: 2; width: 1fr; padding: 0 1; }
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
        line.append(f"{feed.status} ", _STATUS_STYLES.get(feed.status, "bold"))
        if note:
            line.append(f"{note} ", "bold magenta")
        if feed.series:
            regime = present_regime(feed)
            line.append(f"· {regime.word} ", _REGIME_STYLES.get(regime, ""))
        line.append(f"· {feed.name}", "dim")
        return line

    def _second_line(self, feed: Feed) -> Text:
        line = Text(no_wrap=True)
        if feed.step >= 0:
            present = StepSize.of(feed)
            line.append("step ", "dim").append(f"{feed.step:,}  ")
            line.append("η ", "dim").append(f"{present.lr:.6g}  ")
            if present.formula is not None:
                line.append(f"{present.formula} ", "dim").append(f"{present.threshold:.5g}  ")
        line.append(feed.activity, "italic")
        aside = feed.forecast if feed.step < 0 else feed.cadence
        if aside:
            line.append(f"{'  ' if feed.activity else ''}· {aside}", "dim")
        return line
