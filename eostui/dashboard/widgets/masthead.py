"""The two lines at the top: which run, what it is doing, and where it stands with respect to the edge."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from eostui.dashboard.feed import Feed
from eostui.dashboard.regime import Regime, regime_of

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
        self._text = Text("starting")

    def show(self, feed: Feed, note: str) -> None:
        """Show where a feed stands; `note` is the screen's own word, such as the speed of a replay."""
        text = self._first_line(feed, note) + Text("\n") + self._second_line(feed)
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        return self._text

    def _first_line(self, feed: Feed, note: str) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{feed.status} ", _STATUS_STYLES.get(feed.status, "bold"))
        if note:
            line.append(f"{note} ", "bold magenta")
        if feed.series:
            regime = regime_of(feed.series["train"], feed.series.get("hessian"))
            line.append(f"· {regime.word} ", _REGIME_STYLES.get(regime, ""))
        line.append(f"· {feed.name}", "dim")
        return line

    def _second_line(self, feed: Feed) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        if feed.step >= 0:
            lr, threshold = present_step_size(feed)
            line.append("step ", "dim").append(f"{feed.step:,}  ")
            line.append("η ", "dim").append(f"{lr:.6g}  ")
            line.append(f"{feed.threshold_formula} ", "dim").append(f"{threshold:.5g}  ")
        line.append(feed.activity, "italic")
        return line


def present_step_size(feed: Feed) -> tuple[float, float]:
    """η and the stability threshold in force: those of the newest row, or of a change of η since then."""
    train = feed.series["train"]
    for event in reversed(feed.events()):
        if event.kind == "lr" and event.step > feed.step - 1:
            return float(event.detail.get("lr", "nan")), float(event.detail.get("threshold", "nan"))
        if event.step < feed.step:
            break
    return train.last("lr"), train.last("threshold")
