"""What a user has chosen for good: colours, signs and keys, in a file of a few lines.

# ~/.config/eostui/settings.toml
theme = "nord"
palette = "grey"
glyphs = "block"
bell = "off"
data_dir = "/data/sets"

[keys]
step-size = "i"
cursor-left = "left,h"

[panels]                        # of all runs
order = ["loss", "sharpness"]   # these first
hidden = ["gauss-newton"]

[panels.adam]                   # of those of one optimizer, instead
hidden = ["sharpness"]
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from textual.theme import BUILTIN_THEMES

from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.palette import PALETTES, THEMES, PaletteName
from eostui.dashboard.settings_file import (
    DATA_DIR,
    SettingsError,
    data_dir_in,
    replace_file,
    settings_path,
    shown,
    text_in,
    values_in,
)
from eostui.dashboard.terminal import Terminal, terminal_of
from eostui.dashboard.widgets.canvas import GlyphName

Bell = Literal["on", "off"]
"""Whether the terminal calls the user when a run ends, and when it is at the edge for the first time."""
THEME_NAMES = (*(theme.name for theme in THEMES), *BUILTIN_THEMES)
"""The themes that can be chosen, the default first."""
CHOICES: Mapping[str, Collection[str]] = {
    "theme": THEME_NAMES,
    "palette": PALETTES,
    "glyphs": get_args(GlyphName),
    "bell": get_args(Bell),
}
"""The settings of one word each, and the words that they take."""
_ORDERS = ("order", "hidden", "shown")


@dataclass(frozen=True)
class Settings:
    """What was chosen; None where the terminal or the program decides.

    keys: for the ids of bindings the keys that they have instead of their own, `"x"` or `"x,ctrl+x"`.
    panels: the choice of charts for runs of an optimizer, by its name; that for all others has the empty name.
    """

    theme: str | None = None
    palette: PaletteName | None = None
    glyphs: GlyphName | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    panels: Mapping[str, ChartChoice] = field(default_factory=dict)
    bell: Bell | None = None


@dataclass(frozen=True)
class Preferences:
    """What somebody chose, what suits the terminal, the file that keeps choices, and what in it was not understood.

    terminal: None where the dashboard is drawn for no terminal. file: None keeps nothing.
    """

    settings: Settings = Settings()
    terminal: Terminal | None = None
    file: Path | None = None
    complaints: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str], encoding: str, theme: str | None = None) -> Self:
        """The preferences of whoever has this environment and a stream of this encoding; `theme` is for now only."""
        file = settings_path(environment)
        settings, complaints = read_settings(file)
        chosen = settings if theme is None else replace(settings, theme=theme)
        return cls(chosen, terminal_of(environment, encoding), file, tuple(complaints))

    @property
    def theme(self) -> str:
        """The theme to begin with."""
        return self.settings.theme or (self.terminal.theme if self.terminal else THEME_NAMES[0])

    @property
    def glyphs(self) -> GlyphName:
        """The signs to begin with."""
        return self.settings.glyphs or (self.terminal.glyphs if self.terminal else "braille")

    @property
    def rings(self) -> bool:
        """Whether the user wants to be called."""
        return self.settings.bell != "off"

    @property
    def has_title(self) -> bool:
        """Whether the terminal has a title."""
        return self.terminal is None or self.terminal.has_title

    @property
    def reasons(self) -> str:
        """Why these, in words."""
        suits = self.terminal
        theme = "chosen" if self.settings.theme or not suits else suits.why_theme
        glyphs = "chosen" if self.settings.glyphs or not suits else suits.why_glyphs
        return f"theme {self.theme}: {theme}; plotted with {self.glyphs}: {glyphs}"


def read_settings(path: Path) -> tuple[Settings, list[str]]:
    """The settings in a file, defaults where it has none, and a line for everything that cannot be understood."""
    try:
        values = values_in(path)
    except SettingsError as error:
        return Settings(), [str(error)]
    return _understood(values, path)


def save_choice(path: Path, key: str, value: str) -> None:
    """Write one of the `CHOICES` into the file, which is made if need be; all other lines stay as they are.

    Raises `SettingsError` where it cannot be written, and where the file cannot be understood: then it stays as it is.
    """
    before = values_in(path)
    after = _with_choice(text_in(path) if before else "", key, value)
    _write(path, after, {**before, key: value}, f'{key} = "{value}"')


def save_panels(path: Path, kind: str, choice: ChartChoice) -> None:
    """Write the choice of charts for runs of an optimizer, of all others with an empty `kind`; all else stays.

    Raises `SettingsError` as `save_choice` does.
    """
    before = values_in(path)
    lists = {"order": list(choice.order), "hidden": list(choice.hidden)}
    panels = before.get("panels", {})
    if not isinstance(panels, dict):
        raise SettingsError(f"{path}: panels is no table; make it one by hand")
    if choice.shown or "shown" in (panels.get(kind, {}) if kind else panels):
        lists["shown"] = list(choice.shown)
    changed = panels | ({kind: {**panels.get(kind, {}), **lists}} if kind else lists)
    header = f"[panels.{kind}]" if kind else "[panels]"
    text = text_in(path) if before else ""
    for name, names in lists.items():
        text = _with_list(text, header, f"{name} = {json.dumps(names, ensure_ascii=False)}")
    _write(path, text, {**before, "panels": changed}, f"what you want of {header}")


def _write(path: Path, text: str, meant: Mapping[str, Any], what: str) -> None:
    """Write the settings where the text means what it should; `what` is what was to be written, in words."""
    try:
        understood = tomllib.loads(text) == meant
    except ValueError:
        understood = False
    if not understood:
        raise SettingsError(f"{path}: write {what} into it by hand; its form is beyond this program")
    replace_file(path.resolve(), text)  # a link to a file that is kept elsewhere stays a link


def _understood(values: Mapping[str, Any], path: Path) -> tuple[Settings, list[str]]:
    chosen: dict[str, Any] = {}
    wrong: list[str] = []
    for key, value in values.items():
        if key in CHOICES:
            if isinstance(value, str) and value in CHOICES[key]:
                chosen[key] = value
            else:
                wrong.append(f"{path}: {key} = {shown(value)} will not do; give {_right(value, CHOICES[key])}")
        elif key == DATA_DIR:
            wrong += data_dir_in(values, path)[1]  # which the command line reads by itself
        elif key == "keys":
            chosen[key], complaints = _keys(value, path)
            wrong += complaints
        elif key == "panels":
            chosen[key], complaints = _panels(value, path)
            wrong += complaints
        else:
            known = ", ".join([*CHOICES, DATA_DIR, "keys", "panels"])
            wrong.append(f"{path}: {shown(key)} is no setting; there are {known}")
    return Settings(**chosen), wrong


def _keys(value: Any, path: Path) -> tuple[dict[str, str], list[str]]:
    if not isinstance(value, dict):
        return {}, [f'{path}: keys = {shown(value)} will not do; give a table such as [keys] with pause = "x"']
    right = {name: keys for name, keys in value.items() if isinstance(keys, str) and keys.strip(" ,")}
    wrong = [
        f'{path}: keys.{shown(name)} = {shown(keys)} will not do; give keys such as "x" or "x,ctrl+x"'
        for name, keys in value.items()
        if name not in right
    ]
    return right, wrong


def _panels(value: Any, path: Path) -> tuple[dict[str, ChartChoice], list[str]]:
    if not isinstance(value, dict):
        return {}, [f"{path}: panels = {shown(value)} will not do; give a table such as [panels]"]
    given = {"": {name: names for name, names in value.items() if not isinstance(names, dict)}}
    given |= {name: table for name, table in value.items() if isinstance(table, dict)}
    choices: dict[str, ChartChoice] = {}
    wrong = []
    for kind, table in given.items():
        right = {name: tuple(names) for name, names in table.items() if name in _ORDERS and _is_names(names)}
        if right:
            choices[kind] = ChartChoice(**right)
        wrong += [
            f"{path}: panels: {shown(name)} = {shown(names)} will not do; "
            'give order, hidden or shown, such as order = ["loss", "sharpness"]'
            for name, names in table.items()
            if name not in right
        ]
    return choices, wrong


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _right(value: object, words: Collection[str]) -> str:
    near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
    return repr(near[0]) if near else "one of " + ", ".join(words)


def _with_choice(text: str, key: str, value: str) -> str:
    """The text with the line of a key replaced, or with a line more at the end of the part before the first table."""
    line = f"{key} = {json.dumps(value)}"
    table = re.search(r"^\s*\[", text, re.MULTILINE)
    head, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    changed, count = re.subn(rf"^[ \t]*{key}[ \t]*=[^\n]*", line, head, count=1, flags=re.MULTILINE)
    if count:
        return changed + rest
    return f"{head.rstrip()}\n{line}\n".lstrip() + (f"\n{rest.lstrip()}" if rest else "")


def _with_list(text: str, header: str, line: str) -> str:
    """The text with the list `name = [...]` of a table replaced, or with the line, or the table and the line, more."""
    start = re.search(rf"^[ \t]*{re.escape(header)}[^\n]*\n?", text, re.MULTILINE)
    if start is None:
        return f"{text.rstrip()}\n\n{header}\n{line}\n".lstrip()
    following = re.search(r"^[ \t]*\[", text[start.end() :], re.MULTILINE)
    end = start.end() + following.start() if following else len(text)
    head, table, rest = text[: start.end()], text[start.end() : end], text[end:]
    name = line.partition(" ")[0]
    changed, count = re.subn(
        rf"^[ \t]*{name}[ \t]*=[ \t]*\[[^\]]*\]", lambda _: line, table, count=1, flags=re.MULTILINE
    )
    if count:
        return head + changed + rest
    return f"{head.rstrip()}\n{line}\n{table}{rest}"
