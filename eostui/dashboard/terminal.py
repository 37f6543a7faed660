"""What a terminal can show, as far as its environment tells: how many colours, and which signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from eostui.dashboard.palette import THEMES
from eostui.dashboard.widgets.canvas import GlyphName

_PLAIN_FONTS = re.compile(r"linux|vt\d+|dumb|ansi|cons25|sun")
"""Terminals whose font has no braille and no quarter blocks; they have no title either."""
_PYTHONS_OWN = "C.UTF-8"
"""What Python sets LC_CTYPE to for itself where the locale is C or none (PEP 538)."""
_LIGHT_GROUNDS = ("7", "15")
"""White and bright white, as `COLORFGBG` numbers them."""


@dataclass(frozen=True)
class Terminal:
    """What suits a terminal, each with the reason for it."""

    theme: str
    glyphs: GlyphName
    why_theme: str
    why_glyphs: str
    has_title: bool
    """Whether it has a title; elsewhere one might be shown as text."""


def terminal_of(environment: Mapping[str, str], encoding: str) -> Terminal:
    """What suits the terminal of an environment, whose stream has an encoding.

    Colours are counted as Textual counts them when it writes: more than sixteen where COLORTERM is `truecolor` or
    `24bit`, or TERM ends in `-256color` or `-kitty`. The locale is that of LC_ALL, LC_CTYPE or LANG, the first that is
    set. Python itself writes LC_CTYPE=C.UTF-8 where the locale is C or none: LANG=C is what the user said then, and
    where nothing is said a terminal is taken for one of today.
    """
    theme, why_theme = _theme(environment)
    glyphs, why_glyphs = _glyphs(environment, encoding)
    has_title = not _PLAIN_FONTS.match(_term(environment))
    return Terminal(theme, glyphs, why_theme, why_glyphs, has_title)


def _term(environment: Mapping[str, str]) -> str:
    return environment.get("TERM", "").strip().lower()


def _theme(environment: Mapping[str, str]) -> tuple[str, str]:
    ground = environment.get("COLORFGBG", "").rpartition(";")[2]
    sixteen = "ansi-light" if ground in _LIGHT_GROUNDS else "ansi-dark"
    if "NO_COLOR" in environment:
        return sixteen, "NO_COLOR is set, and the terminal's own colours are all readable without any"
    colour_term = environment.get("COLORTERM", "").strip().lower()
    if colour_term in ("truecolor", "24bit"):
        return THEMES[0].name, f"COLORTERM={colour_term} has all colours"
    term = _term(environment)
    if term.rpartition("-")[2] in ("256color", "kitty"):
        return THEMES[0].name, f"TERM={term} has 256 colours"
    return sixteen, f"TERM={term} has 16 colours"


def _glyphs(environment: Mapping[str, str], encoding: str) -> tuple[GlyphName, str]:
    term = _term(environment)
    if _PLAIN_FONTS.match(term):
        return "ascii", f"TERM={term} has no braille in its font"
    if encoding.lower().replace("-", "").replace("_", "") != "utf8":
        return "ascii", f"the terminal is written to in {encoding}"
    said = {name: environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)}
    if said.get("LC_CTYPE") == _PYTHONS_OWN and "LANG" in said:
        del said["LC_CTYPE"]
    name, locale = next(iter(said.items()), ("", ""))
    charset = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    if (charset and charset != "utf8") or locale in ("C", "POSIX"):
        return "ascii", f"{name}={locale} is not UTF-8"
    return "braille", "UTF-8, and a font that may have braille"
