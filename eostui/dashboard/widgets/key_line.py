"""The keys that do something now, in one line: as many as there is room for, and the one that tells of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget

_OF_ALL = "help"
"""The id of the binding that tells of all keys: it is left out last."""


@dataclass(frozen=True)
class _Key:
    """One entry. `press`: the key as Textual names it. `id`: that of its binding."""

    press: str
    sign: str
    name: str
    enabled: bool
    tooltip: str
    id: str | None

    @property
    def width(self) -> int:
        return cell_len(self.sign) + 1 + cell_len(self.name)


class KeyLine(Widget):
    """Drawn as one line, where Textual's `Footer` is a dozen widgets: that takes longer to change than the charts."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--name"}
    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $footer-background;
        & > .key-line--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-line--name { color: $footer-description-foreground; }
        &:ansi {
            background: ansi_default;
            & > .key-line--key, & > .key-line--name { color: ansi_default; }
        }
    }
    """
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[_Key] = []
        self.unicode = True
        """Whether there is more than ASCII to write with; whoever sets it refreshes."""

    @property
    def _more(self) -> str:
        """What stands for keys that there is no room for."""
        return "…" if self.unicode else "..."

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.take)

    def take(self, screen: Screen[object]) -> None:
        """Name the keys of a screen, if it is this one and they are others than before."""
        if screen is not self.screen or not self.app.app_focus:
            return
        keys: dict[str, _Key] = {}
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in keys:
                sign, tooltip = self.app.get_key_display(binding), active.tooltip or binding.description
                keys[binding.action] = _Key(binding.key, sign, binding.description, active.enabled, tooltip, binding.id)
        if list(keys.values()) != self._keys:
            self._keys = list(keys.values())
            self.refresh()

    def render(self) -> Text:
        key, name = (self.get_component_rich_style(f"key-line--{part}") for part in ("key", "name"))
        text, faint = Text(no_wrap=True, end=""), Style(dim=True)
        for shown, _ in self._placed():
            if shown is None:
                text.append(f"{self._more} ", name)
                continue
            off = Style() if shown.enabled else faint
            text.append(shown.sign, key + off).append(f" {shown.name} ", name + off)
        return text

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click on a key presses it."""
        key = self._at(event.x)
        if key is not None:
            if key.enabled:
                self.app.simulate_key(key.press)
            else:
                self.app.bell()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        key = self._at(event.x)
        self.tooltip = key.tooltip if key else None

    def _at(self, column: int) -> _Key | None:
        """The key at a column."""
        return next((key for key, start in self._placed() if key and start <= column < start + key.width), None)

    def _placed(self) -> list[tuple[_Key | None, int]]:
        """The keys that there is room for, with their first columns; None stands for those that there is none for."""
        keys: list[_Key | None] = list(self._keys)
        if self._width(keys) > self.size.width:
            first = [key for key in self._keys if key.id != _OF_ALL]
            last = [None, *(key for key in self._keys if key.id == _OF_ALL)]
            while first and self._width([*first, *last]) > self.size.width:
                first.pop()
            keys = [*first, *last]
        placed: list[tuple[_Key | None, int]] = []
        column = 0
        for key in keys:
            placed.append((key, column))
            column += self._width([key]) + 1
        return placed

    def _width(self, keys: Sequence[_Key | None]) -> int:
        """How many columns keys take, with a blank between two of them."""
        return sum(len(self._more) if key is None else key.width for key in keys) + len(keys) - 1
