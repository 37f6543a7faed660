"""What the parts of a chart are drawn with, by name, and the colours that they have where no stylesheet says more."""

from __future__ import annotations

from eostui.reading.trace import MODES, PREVIEW

INKS: tuple[str, ...] = (
    *("text", "title", "muted", "value", "axis", "cursor", "mark", "change"),
    *("frame", "focus", "focus-title", "tint", "rug", "envelope"),
    *("trace", "loss", "batch-loss", "test-loss", "certified", "threshold", PREVIEW),
    *("first", "second", "third", "faint"),
    *MODES,
)
"""The ink "loss" is the component class `chart--loss`."""

_MODES_ON_DARK = (
    *("#4fb3ff", "#3cc0f2", "#2fcbdf", "#2fd3c8", "#42d9ad"),
    *("#5fdd92", "#7fdf78", "#9fdf63", "#bddd56", "#d8d855"),
)
_MODES_ON_LIGHT = (
    *("#0a56a5", "#09639f", "#087090", "#087a7c", "#0b7f66"),
    *("#1f7f4f", "#377d38", "#4d7926", "#62731a", "#746c15"),
)
_MODES_OF_SIXTEEN = (
    *("bright_blue", "cyan", "bright_cyan", "blue", "green"),
    *("bright_green", "cyan", "bright_cyan", "green", "bright_green"),
)


def _modes(colours: tuple[str, ...]) -> str:
    """From blue over teal to yellow-green: far from the red of a threshold."""
    rules = (f"& > .chart--{ink} {{ color: {colour}; }}" for ink, colour in zip(MODES, colours, strict=True))
    return "\n".join(rules)


CHART_CSS = f"""
Chart {{
    height: 1fr;
    & > .chart--title {{ text-style: bold; }}
    & > .chart--muted, & > .chart--axis {{ color: $text-muted; }}
    & > .chart--mark {{ color: $text-muted 70%; }}
    & > .chart--change {{ color: $foreground; text-style: bold; }}
    & > .chart--frame {{ color: $foreground 30%; }}
    & > .chart--focus {{ color: $text-accent; }}
    & > .chart--focus-title {{ color: $text-accent; text-style: bold; }}
    & > .chart--tint {{ background: $error 45%; }}
    & > .chart--rug {{ color: $foreground; }}
    & > .chart--envelope {{ color: $foreground 30%; }}
    & > .chart--cursor {{ color: $text-warning; }}
    & > .chart--trace {{ color: $text-primary; }}
    & > .chart--loss {{ color: $text-primary; }}
    & > .chart--batch-loss {{ color: $text-primary 50%; }}
    & > .chart--test-loss {{ color: $text-accent; }}
    & > .chart--first {{ color: $text-success; }}
    & > .chart--certified {{ color: $foreground; text-style: bold; }}
    & > .chart--threshold, & > .chart--preview {{ color: $text-error; }}
    & > .chart--faint {{ color: $text-success 50%; }}
    & > .chart--second {{ color: $text-accent; }}
    & > .chart--third {{ color: $text-secondary; }}
    {_modes(_MODES_ON_DARK)}
    &:light {{
        {_modes(_MODES_ON_LIGHT)}
    }}
    &:ansi {{
        & > .chart--muted, & > .chart--axis, & > .chart--mark {{ color: ansi_bright_black; }}
        & > .chart--frame, & > .chart--envelope {{ color: ansi_bright_black; }}
        & > .chart--change, & > .chart--rug {{ color: ansi_default; }}
        & > .chart--focus, & > .chart--focus-title {{ color: ansi_bright_yellow; }}
        & > .chart--tint {{ background: ansi_blue; }}
        & > .chart--trace, & > .chart--loss {{ color: ansi_cyan; }}
        & > .chart--batch-loss {{ color: ansi_cyan; text-style: dim; }}
        & > .chart--test-loss, & > .chart--second {{ color: ansi_magenta; }}
        & > .chart--first {{ color: ansi_green; }}
        & > .chart--certified {{ color: ansi_default; text-style: bold; }}
        & > .chart--faint {{ color: ansi_green; text-style: dim; }}
        & > .chart--threshold, & > .chart--preview {{ color: ansi_red; }}
        & > .chart--third {{ color: ansi_yellow; }}
        {_modes(tuple("ansi_" + colour for colour in _MODES_OF_SIXTEEN))}
    }}
}}
"""
