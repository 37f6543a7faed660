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
    *("#57a6ff", "#2fd0d8", "#4fdc9a", "#9cdf63", "#dcd958"),
    *("#3f78bb", "#25969c", "#3a9f70", "#729f49", "#9d9b42"),
)
_MODES_ON_LIGHT = (
    *("#0a4fb0", "#087280", "#0a7a52", "#4b7413", "#746a00"),
    *("#3a6bb5", "#3b858f", "#3f8a6c", "#6c8a3c", "#877e2c"),
)
_MODES_OF_SIXTEEN = (
    *("bright_blue", "cyan", "green", "bright_cyan", "bright_green"),
    *("blue", "cyan", "green", "bright_cyan", "bright_green"),
)


def _modes(colours: tuple[str, ...]) -> str:
    """From blue over teal to yellow-green, five in full and five darker or paler: far from the red of a threshold."""
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
