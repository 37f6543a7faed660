"""The colours of everything that is drawn: inks by name, for dark and light backgrounds and for sixteen colours.

The stylesheet names inks as variables, `$ink-threshold`; which colours these are depends on the palette that the user
chose and on the theme. The tests compute what is promised: sharpness and threshold are told apart with every kind of
colour vision, and text and lines stand out from the background of every theme.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from textual.theme import Theme

PaletteName = Literal["blue", "grey"]
Inks = Mapping[str, str]

MODES = 10
"""How many eigenvalues have a colour of their own: the inks mode-1 to mode-10."""

_DARK = {
    "text": "#d8dee6",
    "title": "#f0f4f8",
    "muted": "#a3adb8",
    "value": "#e6edf3",
    "axis": "#a3adb8",
    "cursor": "#ffffff",
    "mark": "#b5bcc6",
    "trace": "#7cc4ff",
    "loss": "#6cb6ff",
    "batch-loss": "#5287bd",
    "test-loss": "#e8c84a",
    "certified": "#ffffff",
    "threshold": "#ff8f3f",
    "first": "#58a6ff",
    "second": "#d2a8ff",
    "third": "#7ee0a8",
    "faint": "#6a92c4",
    "frame": "#4a5563",
    "focus": "#f2cc60",
    "rug": "#e6edf3",
    "envelope": "#5b8fc7",
    "preview": "#ffb98a",
    "gap": "#ff8f8f",
    "good": "#7ee787",
    "warn": "#f2cc60",
    "bad": "#ff9b9b",
    "info": "#8cc8ff",
    "note": "#d2a8ff",
    "cold": "#2f6fb5",
    "hot": "#f4d74a",
}
_LIGHT = {
    "text": "#1f2328",
    "title": "#0b0f14",
    "muted": "#454c54",
    "value": "#11161c",
    "axis": "#454c54",
    "cursor": "#000000",
    "mark": "#454c54",
    "trace": "#0b57d0",
    "loss": "#004f9e",
    "batch-loss": "#4474a6",
    "test-loss": "#7d5600",
    "certified": "#000000",
    "threshold": "#a63a00",
    "first": "#0b57d0",
    "second": "#7338ab",
    "third": "#1a6b2d",
    "faint": "#4a76ad",
    "frame": "#9aa2ac",
    "focus": "#855600",
    "rug": "#1f2328",
    "envelope": "#4d79b0",
    "preview": "#b5541a",
    "gap": "#b3261e",
    "good": "#1a6b2d",
    "warn": "#734d00",
    "bad": "#a3201a",
    "info": "#0b57d0",
    "note": "#7338ab",
    "cold": "#e0b13c",
    "hot": "#0b3f99",
}
_DARK_MODES = (
    *("#58a6ff", "#4fb3e8", "#45bfd0", "#43c9b5", "#55d196"),
    *("#78d877", "#9cdc5c", "#c3e04c", "#e6dc4a", "#f5c342"),
)
_LIGHT_MODES = (
    *("#0b57d0", "#0a62b8", "#086ea0", "#067788", "#077a70"),
    *("#257c50", "#4a7a33", "#6a7414", "#80680a", "#8f5400"),
)
_TINT = "$ink-threshold 22%"  # blends with whatever background the theme has

_SIXTEEN_DARK = {
    **dict.fromkeys(("text", "title", "value", "cursor", "certified", "rug", "focus"), "ansi_bright_white"),
    **dict.fromkeys(("muted", "axis", "mark"), "ansi_white"),
    **dict.fromkeys(("trace", "first", "info"), "ansi_bright_cyan"),
    **dict.fromkeys(("faint", "envelope", "batch-loss", "cold"), "ansi_cyan"),
    "loss": "ansi_bright_green",
    **dict.fromkeys(("test-loss", "second", "note"), "ansi_bright_magenta"),
    **dict.fromkeys(("threshold", "preview", "bad", "gap"), "ansi_bright_red"),
    **dict.fromkeys(("third", "good"), "ansi_bright_green"),
    **dict.fromkeys(("warn", "hot"), "ansi_bright_yellow"),
    "frame": "ansi_bright_black",
}
_SIXTEEN_LIGHT = {
    **dict.fromkeys(("text", "title", "value", "cursor", "certified", "rug", "focus"), "ansi_black"),
    **dict.fromkeys(("muted", "axis", "mark", "frame"), "ansi_bright_black"),
    **dict.fromkeys(("trace", "first", "info", "loss", "hot"), "ansi_blue"),
    **dict.fromkeys(("faint", "envelope", "batch-loss"), "ansi_bright_blue"),
    **dict.fromkeys(("second", "note", "third"), "ansi_magenta"),
    **dict.fromkeys(("threshold", "preview", "test-loss", "bad", "gap", "warn"), "ansi_red"),
    "good": "ansi_blue",
    "cold": "ansi_yellow",
}
_SIXTEEN_DARK_MODES = ("bright_cyan", "cyan", "bright_green", "green", "bright_yellow") * 2
_SIXTEEN_LIGHT_MODES = ("blue", "bright_blue", "magenta", "bright_black", "black") * 2


def _greys(first: int, second: int, step: int) -> tuple[str, ...]:
    """Light and dark in turn, as ten shades of one ramp are too near to each other to be told apart."""
    levels = (start + step * place for place in range(MODES // 2) for start in (first, second))
    return tuple(f"#{level:02x}{level:02x}{level:02x}" for level in levels)


_DARK_GREYS = _greys(0xF4, 0xAA, -5)
_LIGHT_GREYS = _greys(0x0A, 0x4A, 7)


def _numbered(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"mode-{number}": colour for number, colour in enumerate(colours, 1)}


def _in_grey(inks: Inks, greys: tuple[str, ...]) -> dict[str, str]:
    """The same inks with every curve but the threshold in a shade of grey."""
    shades = dict(zip(("first", "loss", "trace", "second", "test-loss", "third", "batch-loss"), greys, strict=False))
    return {**inks, **shades, **_numbered(greys), "faint": greys[-1], "envelope": greys[-1]}


_GROUNDS: Mapping[PaletteName, tuple[Inks, Inks]] = {
    "blue": ({**_DARK, **_numbered(_DARK_MODES)}, {**_LIGHT, **_numbered(_LIGHT_MODES)}),
    "grey": (_in_grey(_DARK, _DARK_GREYS), _in_grey(_LIGHT, _LIGHT_GREYS)),
}
"""The inks of each palette on dark and on light backgrounds."""
_SIXTEEN = (
    {**_SIXTEEN_DARK, **_numbered(tuple(f"ansi_{name}" for name in _SIXTEEN_DARK_MODES))},
    {**_SIXTEEN_LIGHT, **_numbered(tuple(f"ansi_{name}" for name in _SIXTEEN_LIGHT_MODES))},
)
"""The inks of sixteen colours, which no palette can choose, on dark and on light backgrounds."""

PALETTES = tuple(_GROUNDS)
"""The names of the palettes, the default first."""
INKS = (*_DARK, *_numbered(_DARK_MODES), "tint")
"""The names of all inks."""

_OF_CHARTS = ("text", "title", "muted", "value", "axis", "cursor", "mark", "trace", "loss", "batch-loss", "test-loss")
_OF_CURVES = ("certified", "threshold", "first", "second", "third", "faint", "frame", "rug", "envelope", "preview")
_OF_STRIPS = ("text", "title", "muted", "value", "axis", "cursor", "mark", "gap", "threshold", "frame", "cold", "hot")
_CHART = ("chart", {ink: ink for ink in (*_OF_CHARTS, *_OF_CURVES, *_numbered(_DARK_MODES))})
_CLASSES = {
    "Chart": _CHART,
    "PhasePortrait": _CHART,
    "HeatStrip": ("heat-strip", {**{ink: ink for ink in _OF_STRIPS}, "shade": "info"}),
    "Tile": ("tile", {"text": "text", "label": "muted", "value": "value", "spark": "trace", "gap": "gap"}),
    "StatusLine": (
        "status",
        {
            **{"label": "muted", "value": "value", "activity": "text", "regime": "text", "empty": "frame"},
            **{"running": "good", "paused": "warn", "ended": "info", "failed": "bad", "note": "note"},
            **{"edge": "threshold", "threshold": "threshold", "above": "bad", "sharpening": "first"},
        },
    ),
    "Overview": (
        "overview",
        {
            **{"frame": "frame", "title": "title", "line": "first", "outside": "faint", "window": "first"},
            **{"mark": "mark", "position": "cursor", "muted": "muted"},
        },
    ),
    "Briefing": ("briefing", {"done": "good", "now": "value", "next": "muted", "heading": "title"}),
}
"""For each widget the prefix of its component classes, and the ink of each of them."""


def inks_of(theme: Theme, palette: PaletteName) -> Inks:
    """The colour of every ink on the background of a theme, as Textual's CSS writes colours."""
    inks = _SIXTEEN[not theme.dark] if theme.ansi else _GROUNDS[palette][not theme.dark]
    return {**inks, "tint": "transparent" if theme.ansi else _TINT.replace("$ink-threshold", inks["threshold"])}


def variables_of(theme: Theme, palette: PaletteName) -> dict[str, str]:
    """The inks as variables of the stylesheet: `ink-threshold` and so on."""
    return {f"ink-{name}": colour for name, colour in inks_of(theme, palette).items()}


def stylesheet() -> str:
    """Rules that colour every component class of the widgets that draw."""
    return "\n".join(_rules())


def _rules() -> Iterator[str]:
    for widget, (prefix, classes) in _CLASSES.items():
        for name, ink in classes.items():
            yield f"{widget} > .{prefix}--{name} {{ color: $ink-{ink}; }}"
    for widget in ("Chart", "PhasePortrait", "HeatStrip"):
        for name in ("focus", "focus-title"):
            yield f"{widget} > .{_CLASSES[widget][0]}--{name} {{ color: $ink-focus; }}"
    yield "EventList { border: round $ink-frame; border-title-color: $ink-title; }"
    yield "EventList:focus { border: round $ink-focus; border-title-color: $ink-focus; }"
    yield "Chart > .chart--tint { background: $ink-tint; }"


THEMES = (
    Theme(
        "eostui-dark",
        primary="#58a6ff",
        secondary="#7ee0a8",
        accent="#f2cc60",
        warning="#f2cc60",
        error="#ff9b9b",
        success="#7ee787",
        foreground="#d8dee6",
        background="#0d1117",
        surface="#161b22",
        panel="#21262d",
        variables={"block-cursor-background": "#f2cc60", "block-cursor-foreground": "#0d1117", "border": "#f2cc60"},
    ),
    Theme(
        "eostui-light",
        primary="#0b57d0",
        secondary="#1a6b2d",
        accent="#855600",
        warning="#734d00",
        error="#a3201a",
        success="#1a6b2d",
        foreground="#1f2328",
        background="#fbfbf9",
        surface="#f0f0ec",
        panel="#e4e4df",
        dark=False,
        variables={"block-cursor-background": "#855600", "block-cursor-foreground": "#fbfbf9", "border": "#855600"},
    ),
)
"""Our own themes, the default first."""
