"""The list of runs, from which one is opened: what `eostui` shows without a command."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input, Label
from textual.worker import get_current_worker

from eostui.config import typed_text
from eostui.dashboard.house_app import HouseApp
from eostui.dashboard.screens.delete import DeleteScreen
from eostui.dashboard.settings import Preferences
from eostui.dashboard.widgets.canvas import GLYPHS
from eostui.dashboard.widgets.key_line import KeyLine
from eostui.link.live_runs import starting_runs
from eostui.reading.comparison import MOST
from eostui.reading.numbers import NONE, ratio
from eostui.reading.run_row import RunRow, described
from eostui.store import RUN_FILE, ReaderProcess, clean_text, list_runs, read_created

SECONDS = 2.0
"""From one look at the files to the next."""
SPARK = 12
"""Cells of a sparkline."""
_HIGHEST = 1.25
"""The ratio that fills a cell of a sparkline: the same for all runs, so that they can be compared."""
_COLUMNS = (("", 1), ("name", 0), ("state", 10), ("S÷threshold", SPARK), ("now", 7), ("η", 9), ("age", 6))
"""The headings and the widths of their columns; the name has what they leave."""
_LEAST_NAME = 8
Fingerprint = tuple[int, int]
"""Size and time of a file: the same for one that has not changed."""


class RunPicker(HouseApp[None]):
    """Lists the runs of a directory, the newest first; `chosen` is the one that the user opened, None if none."""

    CSS_PATH = "eostui.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open"),
        Binding("space", "mark", "mark"),
        Binding("c", "compare", "compare"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("d", "delete", "delete"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("escape", "show_all", show=False),
        Binding("q", "app.quit", "quit"),
        Binding("ctrl+c,ctrl+q", "app.quit", show=False, priority=True, system=True),
    ]

    def __init__(self, runs_dir: Path, preferences: Preferences | None = None, at: Path | None = None) -> None:
        super().__init__(preferences)
        self.chosen: Path | None = None
        self.compared: list[Path] = []
        """The runs that the user wants to see in the same charts."""
        self._runs_dir = runs_dir
        self._apart = ReaderProcess(read_created, described)
        self._reading = threading.Lock()
        """Held by whoever asks the process that reads the files."""
        self._at = at
        self._rows: dict[Path, RunRow] = {}
        self._seen: dict[Path, Fingerprint] = {}
        self._shown: list[RunRow] = []
        self._looking = False
        self._marked: set[Path] = set()

    def compose(self) -> ComposeResult:
        yield Label("", id="picker_title", markup=False)
        yield Input(placeholder="part of a name or a state; Esc shows all", id="picker_filter", classes="absent")
        yield DataTable(cursor_type="row", zebra_stripes=False, id="picker_table")
        yield Label("", id="picker_empty", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_class(self.preferences.glyphs == "ascii", "-ascii")
        self.table.focus()
        self.set_interval(SECONDS, self.look)
        self.look()

    @property
    def table(self) -> DataTable[Text]:
        """The list on the screen."""
        return self.screen_stack[0].query_one("#picker_table", DataTable)

    def look(self) -> None:
        """Read the runs that are new or have changed, unless that is still going on."""
        if not self._looking:
            self._looking = True
            self._read()

    @work(thread=True)
    def _read(self) -> None:
        """In a thread, for three hundred runs take seconds."""
        worker = get_current_worker()
        with self._reading:
            starting = [directory / RUN_FILE for directory in starting_runs(self._runs_dir)]
            paths = [*starting, *list_runs(self._runs_dir, self._apart)]
        rows = {path: row for path, row in self._rows.items() if path in set(paths)}
        for number, path in enumerate(paths):
            if worker.is_cancelled:
                return
            try:
                status = (path if path.exists() else path.parent).stat()
                fingerprint = (status.st_size, status.st_mtime_ns)
                if path not in rows or rows[path].goes_on or self._seen.get(path) != fingerprint:
                    rows[path], self._seen[path] = self._row(path), fingerprint
            except OSError:  # deleted in the meantime
                rows.pop(path, None)
            if number % 20 == 19:
                self.call_from_thread(self.take, {path: rows[path] for path in paths if path in rows})
        self._looking = False
        self.call_from_thread(self.take, {path: rows[path] for path in paths if path in rows})

    def _row(self, path: Path) -> RunRow:
        with self._reading:
            return RunRow.of(path, self._apart)

    def on_unmount(self) -> None:
        with self._reading:
            self._apart.close()

    def take(self, rows: dict[Path, RunRow]) -> None:
        """Have these runs, in this order, and show them, should any have changed."""
        if list(rows.items()) == list(self._rows.items()) and self._shown:
            return
        self._rows = rows
        self._marked &= set(rows)
        self.show_runs()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_runs)

    def show_runs(self) -> None:
        """Fill the table, the cursor on the run that it was on."""
        table = self.table
        under = self._under_cursor()
        at = self._at or (under.path if under else None)
        words = self.screen_stack[0].query_one(Input).value.lower().split()
        self._shown = [
            row for row in self._rows.values() if all(word in f"{row.name} {row.state}".lower() for word in words)
        ]
        table.clear(columns=True)
        width = self._name_width()
        for heading, wide in _COLUMNS:
            table.add_column(Text(heading), width=wide or width)
        for row in self._shown:
            table.add_row(*self._cells(row, width))
        place = next((number for number, row in enumerate(self._shown) if row.path == at), None)
        if place is not None:
            table.move_cursor(row=place, animate=False)
            self._at = None
        title = self.screen_stack[0].query_one("#picker_title", Label)
        count = f"{len(self._rows)} runs" if len(self._rows) != 1 else "1 run"
        title.update(f"{count} in {clean_text(self._runs_dir, 200)}; Enter opens one")
        empty = self.screen_stack[0].query_one("#picker_empty", Label)
        empty.display = not self._shown
        empty.update("no run has these words" if self._rows else "no runs yet: start one with `eostui run`")

    def action_compare(self) -> None:
        """Show the marked runs in the same charts."""
        marked = [row.path for row in self._rows.values() if row.path in self._marked]
        if without := [row.name for row in self._rows.values() if row.path in self._marked and not row.has_rows]:
            self.notify(f"{without[0]} has no rows yet", severity="warning", markup=False)
        elif len(marked) < 2:
            self.notify("mark two runs or more with space, then press c", severity="warning")
        elif len(marked) > MOST:
            self.notify(f"at most {MOST} runs can be told apart", severity="warning")
        else:
            self.compared = marked
            self.exit()

    def action_open(self) -> None:
        row = self._under_cursor()
        if row is None:
            return
        if row.trouble:
            self.notify(row.trouble, severity="error", markup=False)
            return
        self.chosen = row.path
        self.exit()

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def action_mark(self) -> None:
        """Mark the run under the cursor, or unmark it, and go on to the next."""
        if row := self._under_cursor():
            self._marked ^= {row.path}
            place = self.table.cursor_row
            sign = Text("*" if row.path in self._marked else "")
            self.table.update_cell_at(Coordinate(place, 0), sign)
            self.table.action_cursor_down()

    def action_down(self) -> None:
        self.table.action_cursor_down()

    def action_up(self) -> None:
        self.table.action_cursor_up()

    def action_filter(self) -> None:
        entry = self.query_one(Input)
        entry.remove_class("absent")
        entry.focus()

    def action_show_all(self) -> None:
        """Show all runs again."""
        entry = self.query_one(Input)
        entry.value = ""
        entry.add_class("absent")
        self.table.focus()

    def on_input_changed(self) -> None:
        self.show_runs()

    def on_input_submitted(self) -> None:
        self.table.focus()

    def action_delete(self) -> None:
        """Delete the marked runs, or the one under the cursor, once the user has said so."""
        under = self._under_cursor()
        rows = [row for row in self._rows.values() if row.path in self._marked] or ([under] if under else [])
        if going := [row.name for row in rows if row.goes_on]:
            self.notify(f"{going[0]} is still being trained: stop it first", severity="warning", markup=False)
        elif rows:
            self.push_screen(DeleteScreen([row.name for row in rows]), partial(self._delete, rows))

    def _delete(self, rows: Sequence[RunRow], sure: bool | None) -> None:
        for row in rows if sure else ():
            try:
                if self._row(row.path).goes_on:
                    raise OSError("it is being trained again")
                shutil.rmtree(row.path.parent)
            except OSError as error:
                why = error.strerror or error
                self.notify(f"{row.name} cannot be deleted: {why}", severity="error", markup=False)
        if sure:
            self.look()

    def _under_cursor(self) -> RunRow | None:
        place = self.table.cursor_row
        return self._shown[place] if 0 <= place < len(self._shown) else None

    def _name_width(self) -> int:
        padding = 2 * len(_COLUMNS)
        return max(self.size.width - sum(width for _, width in _COLUMNS) - padding - 2, _LEAST_NAME)

    def _cells(self, row: RunRow, width: int) -> list[Text]:
        ratios = row.levels(SPARK)
        latest = f"{ratio(float(row.ratios[-1]))}" if len(row.ratios) else NONE
        name = row.name if cell_len(row.name) <= width else set_cell_size(row.name, width - 1) + "…"
        return [
            Text("*" if row.path in self._marked else ""),
            Text(name, no_wrap=True),
            Text(row.state, "bold" if row.goes_on else ""),
            Text(self._spark(ratios)),
            Text(latest, justify="right"),
            Text(_step_size(row.lr), justify="right"),
            Text(_age(datetime.now(UTC) - row.created), justify="right"),
        ]

    def _spark(self, ratios: Sequence[float | None]) -> str:
        levels = GLYPHS[self.preferences.glyphs].levels
        top = len(levels) - 1
        return "".join(
            " " if value is None else levels[min(max(round(value / _HIGHEST * top), 0), top)] for value in ratios
        )


def _step_size(lr: float | None) -> str:
    """A step size as it was typed, where there is room for that."""
    if lr is None:
        return NONE
    text = typed_text(lr)
    return text if 0 < len(text) <= dict(_COLUMNS)["η"] else f"{lr:.4g}"


def _age(age: timedelta) -> str:
    """How long ago, in one unit."""
    seconds = max(age.total_seconds(), 0.0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "now"
