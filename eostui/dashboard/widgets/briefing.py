"""What stands in the place of the charts until there is a first number: what is done, what goes on, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

BAR = 30
"""Cells of the bar that shows how far the present stage is."""


@dataclass(frozen=True)
class Stage:
    """One line of the list: what, whether it is "done", "now" or "next", how far it is, and how long it takes."""

    name: str
    state: str
    fraction: float | None = None
    aside: str = ""


@dataclass(frozen=True)
class Briefed:
    """What there is to be told: the stages, then paragraphs with a heading each."""

    stages: Sequence[Stage] = ()
    paragraphs: Sequence[tuple[str, str]] = ()


class Briefing(Widget):
    """A list of stages with a bar for the present one, and paragraphs of text below it, never cut."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"briefing--{style}" for style in ("done", "now", "next", "heading")}
    DEFAULT_CSS = """
    Briefing {
        height: 1fr;
        padding: 1 2;
        overflow-y: auto;
        & > .briefing--done { color: ansi_green; }
        & > .briefing--now { text-style: bold; }
        & > .briefing--next { text-style: dim; }
        & > .briefing--heading { text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._briefed = Briefed()
        self.unicode = True
        """Whether the terminal has more than ASCII."""

    def show(self, briefed: Briefed) -> None:
        """Tell something else."""
        if briefed != self._briefed:
            self._briefed = briefed
            self.refresh(layout=True)

    def render(self) -> Text:
        text = Text()
        signs = {"done": "✓", "now": "▸", "next": " "} if self.unicode else {"done": "+", "now": ">", "next": " "}
        for stage in self._briefed.stages:
            style = self._style(stage.state)
            text.append(f"{signs[stage.state]} {stage.name}", style)
            if stage.fraction is not None:
                text.append(f"  {_bar(stage.fraction, unicode=self.unicode)} {100 * stage.fraction:.0f} %", style)
            if stage.aside:
                text.append(f"  {stage.aside}", self._style("next" if stage.state == "next" else "now"))
            text.append("\n")
        for heading, paragraph in self._briefed.paragraphs:
            text.append(f"\n{heading}\n" if heading else "\n", self._style("heading"))
            text.append(f"{paragraph}\n")
        return text

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"briefing--{name}", partial=True)


def _bar(fraction: float, *, unicode: bool) -> str:
    """How far something is, as a bar of cells in eighths."""
    share = min(max(fraction, 0.0), 1.0) * BAR
    if not unicode:
        return f"[{'#' * round(share):<{BAR}}]"
    full, rest = divmod(int(share * 8), 8)
    bar = "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return f"▕{bar:<{BAR}}▏"
