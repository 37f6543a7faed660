"""The keys that a user has chosen, checked against those that the dashboard has anyway."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding
from textual.keys import Keys

from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.dashboard.widgets.heat_strip import HeatStrip
from eostui.dashboard.widgets.timeline import Timeline
from eostui.store import clean_text

_NAMED = {key.value for key in Keys}
_OF_THE_APP = (Binding("ctrl+c,ctrl+q", "leave", id="leave"), Binding("ctrl+l", "redraw", id="redraw"))
"""The keys of the app itself, which always mean the same."""


def bindings_together() -> list[list[Binding]]:
    """For each kind of screen the bindings that have to share the keyboard."""
    shared = _bindings(WatchScreen.BINDINGS, LookingScreen.BINDINGS, Timeline.BINDINGS, HeatStrip.BINDINGS, _OF_THE_APP)
    return [[*_bindings(screen.BINDINGS), *shared] for screen in (LiveScreen, ReplayScreen)]


def keymap_of(wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The keymap for Textual: for the ids of bindings their keys. With it a line for each wish that is refused.

    Refused are an id that no binding has, a key that no keyboard has, and a key that something else has already.
    """
    groups = bindings_together()
    fixed = {binding.id for binding in _OF_THE_APP}
    ids = {binding.id: binding for group in groups for binding in group if binding.id and binding.id not in fixed}
    keymap: dict[str, str] = {}
    refused = []
    for name, keys in wanted.items():
        if name not in ids:
            near = difflib.get_close_matches(name, ids, n=1) or list(ids)
            refused.append(f"keys.{clean_text(name, 40)} is no action; there are {', '.join(near)}")
        elif unknown := [key for key in _keys(keys) if not _exists(key)]:
            refused.append(f"keys.{name}: {clean_text(unknown[0], 40)!r} is no key; give one such as x, f5 or ctrl+x")
        else:
            keymap[name] = ",".join(_keys(keys))
    for name in list(keymap):
        if clash := _clash(name, keymap, groups):
            refused.append(clash)
            del keymap[name]
    return keymap, refused


def _clash(name: str, keymap: Mapping[str, str], groups: Iterable[Sequence[Binding]]) -> str:
    """What is in the way of an action's keys, in words; empty where nothing is."""
    wanted = keymap[name].split(",")
    for group in groups:
        if not any(binding.id == name for binding in group):
            continue
        for other in group:
            if other.id != name:
                taken = set(wanted) & set(keymap.get(other.id or "", other.key).split(","))
                if taken:
                    what = other.id or other.description
                    return f"keys.{name}: the key {min(taken)} is that of {what} already; give a free one"
    return ""


def _bindings(*lists: Iterable[object]) -> list[Binding]:
    """Bindings with their keys by Textual's names for them."""
    given = [binding for bindings in lists for binding in bindings if isinstance(binding, Binding)]
    return [binding.with_key(",".join(_keys(binding.key))) for binding in given]


def _keys(keys: str) -> list[str]:
    """`"x, ?"` as Textual's names of keys: x and question_mark. Raises nothing: a key that is none stays as it is."""
    parts = [part.strip() for part in keys.split(",") if part.strip()]
    return [binding.key for part in parts for binding in Binding.make_bindings([Binding(part, "", "")])]


def _exists(key: str) -> bool:
    name = key.rpartition("+")[2]
    if len(name) == 1 or name in _NAMED:
        return True
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True
