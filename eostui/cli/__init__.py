"""The command line: one short module a command.

No command but `run` ever starts torch, and even `run` leaves it to the trainer process; what a command needs beyond
names is imported when it is called, so that `--help` and completion answer at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from eostui import __version__
from eostui.cli.attach import attach
from eostui.cli.control import control
from eostui.cli.export import export
from eostui.cli.info import info
from eostui.cli.listing import list_names
from eostui.cli.ls import ls
from eostui.cli.plot import plot
from eostui.cli.replay import replay
from eostui.cli.run import run
from eostui.config import ConfigError

app = typer.Typer(
    name="eostui",
    help="Watch neural networks train at the edge of stability.",
    epilog="First run: `eostui run` trains a small network on handwritten digits until it is at the edge.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(attach)
app.command()(replay)
app.command()(ls)
app.command()(info)
app.command()(export)
app.command()(plot)
app.command()(control)
app.command("list")(list_names)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eostui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> int:
    """Run the command line; its exit code: 0 done, 1 the run failed or diverged, 2 bad input, 130 interrupted."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        return _complain(error.format_message())
    except typer.Abort:
        return 130
    except Exception as error:
        if not _is_users_to_mend(error):
            raise
        return _complain(str(error))
    return int(code or 0)


def _is_users_to_mend(error: Exception) -> bool:
    from eostui.store import StoreError

    return isinstance(error, (ConfigError, StoreError, OSError))


def _complain(text: str) -> int:
    print(f"eostui: {' '.join(text.split())}", file=sys.stderr)
    return 2
