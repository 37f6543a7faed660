"""`eostui info`: everything about one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.cli.options import DEFAULT_RUNS_DIR, Run, RunsDir

if TYPE_CHECKING:
    from eostui.reading.feed import Feed

STEP_SIZES = ("lr", "previous")
"""What a step size is called in a config and in the detail of an event."""


def info(run: Run = None, runs_dir: RunsDir = DEFAULT_RUNS_DIR) -> None:
    """Show a run's state, how close it came to the edge of stability, its config, environment, tables and events.

    Example: `eostui info demo`
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from eostui.config import LR_TYPED
    from eostui.link.followed import followed
    from eostui.reading.edge import edge_of_run
    from eostui.reading.prediction import CENTRAL_FLOW, prediction_of
    from eostui.reading.saved import SavedFeed
    from eostui.reading.state import run_state, state_in_full
    from eostui.store import EVENTS, TRAIN, find_run, open_run

    def section(title: str, rows: Mapping[str, str]) -> None:
        console.print(Text(f"\n{title}", "bold"), soft_wrap=True)
        if not console.is_terminal:  # where a program reads it, one line an entry, however long
            wide = max(map(cell_len, rows), default=0)
            for key, value in rows.items():
                print(f"{key}{' ' * (wide - cell_len(key))}  {value}".rstrip())
            return
        grid = Table.grid(padding=(0, 2))
        for key, value in rows.items():
            grid.add_row(Text(key, "dim"), Text(value))
        console.print(grid)

    console = Console()
    with followed(find_run(run, runs_dir), open_run) as file:
        predicted = prediction_of(SavedFeed(file, (TRAIN.name, CENTRAL_FLOW)))
        section(
            file.name,
            {
                "state": state_in_full(file.path.parent, run_state(file)),
                "edge": edge_of_run(file).text,
                **({"mean loss": predicted} if predicted else {}),
                "created": f"{file.created:%Y-%m-%d %H:%M:%S} UTC",
                "file": str(file.path),
                "written by": f"eostui {file.eostui_version}",
            },
        )
        feed = SavedFeed(file, [EVENTS.name])
        section("config", in_words({key: value for key, value in file.config.items() if key != LR_TYPED}, feed))
        section("environment", in_words(file.environment, feed))
        section(
            "tables",
            {
                name: f"{file.length(name)} rows: {', '.join(column.name for column in table.columns)}"
                for name, table in file.tables.items()
            },
        )
        events = file.events()
        section(
            "events",
            {f"{i}": f"step {e.step}  {e.kind}  {_particulars(e.detail, feed)}".rstrip() for i, e in enumerate(events)},
        )


def _particulars(detail: Mapping[str, Any], feed: Feed) -> str:
    """The detail of an event: its text, if it has one, then the rest of it by name."""
    rest = {name: value for name, value in detail.items() if name not in ("text", "typed")}
    return ", ".join(value_in_words(part, feed=feed) for part in (detail.get("text"), rest) if part)


def in_words(values: Mapping[str, Any], feed: Feed) -> dict[str, str]:
    """Settings as a person would say them, by name."""
    return {key: value_in_words(value, key, feed) for key, value in values.items()}


def value_in_words(value: object, name: str = "", feed: Feed | None = None) -> str:
    """A value from JSON without its brackets and quotes, a step size as it was typed for the run of a feed; a dash for
    null and for what is empty."""
    from eostui.reading.numbers import NONE
    from eostui.reading.step_size import step_size_text, told_by

    if value is None or value in ("", [], {}):
        return NONE
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return step_size_text(told_by(feed, value) if feed else value) if name in STEP_SIZES else f"{value:.10g}"
        case list():
            return ", ".join(value_in_words(item, feed=feed) for item in value)
        case Mapping():
            return ", ".join(f"{key} {value_in_words(item, str(key), feed)}" for key, item in value.items())
    return str(value)
