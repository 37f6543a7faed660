"""`eostui info`: everything about one run."""

from __future__ import annotations

from eostui.cli.options import DEFAULT_RUNS_DIR, Run, RunsDir


def info(run: Run = None, runs_dir: RunsDir = DEFAULT_RUNS_DIR) -> None:
    """Show a run's state, how close it came to the edge of stability, its config, environment, tables and events.

    Example: `eostui info demo`
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from eostui.reading.edge import edge_of_run
    from eostui.reading.state import run_state
    from eostui.store import RunFile, find_run

    def section(title: str, rows: dict[str, object]) -> None:
        console.print(Text(f"\n{title}", "bold"), soft_wrap=True)
        if not console.is_terminal:  # where a program reads it, one line an entry, however long
            wide = max(map(cell_len, rows), default=0)
            for key, value in rows.items():
                print(f"{key}{' ' * (wide - cell_len(key))}  {value}".rstrip())
            return
        grid = Table.grid(padding=(0, 2))
        for key, value in rows.items():
            grid.add_row(Text(key, "dim"), Text(str(value)))
        console.print(grid)

    console = Console()
    with RunFile.open(find_run(run, runs_dir)) as file:
        section(
            file.name,
            {
                "state": run_state(file),
                "edge": edge_of_run(file).text,
                "created": f"{file.created:%Y-%m-%d %H:%M:%S} UTC",
                "file": file.path,
                "written by": f"eostui {file.eostui_version}",
            },
        )
        section("config", dict(file.config))
        section("environment", dict(file.environment))
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
            {f"{i}": f"step {e.step}  {e.kind}  {dict(e.detail) or ''}" for i, e in enumerate(events)},
        )
