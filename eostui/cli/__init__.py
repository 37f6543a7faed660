"""The command line: one short module a command.

No command but `run` ever starts torch, and even `run` leaves it to the trainer process; what a command needs beyond
names is imported when it is called, so that `--help` and completion answer at once.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from eostui import __version__
from eostui.cli.attach import attach
from eostui.cli.compare import compare
from eostui.cli.control import control
from eostui.cli.correcting import to_correct
from eostui.cli.export import export
from eostui.cli.fork import fork
from eostui.cli.info import info
from eostui.cli.listing import list_names
from eostui.cli.ls import ls
from eostui.cli.mending import to_mend
from eostui.cli.plot import plot
from eostui.cli.replay import replay
from eostui.cli.resume import resume
from eostui.cli.run import run
from eostui.cli.switches import Command, Group
from eostui.cli.terminal import forget_stale_size, has_room_for_the_dashboard
from eostui.streams import fill_standard_descriptors, silence, write_what_can_be_read

app = typer.Typer(
    name="eostui",
    cls=Group,
    help="Watch neural networks train at the edge of stability.",
    epilog="First run: `eostui run` trains a small network on handwritten digits until it is at the edge. Without a "
    "command, `eostui` lists your runs, to open and to compare them.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=Command)(run)
app.command(cls=Command)(attach)
app.command(cls=Command)(resume)
app.command(cls=Command)(fork)
app.command(cls=Command)(replay)
app.command(cls=Command)(compare)
app.command(cls=Command)(ls)
app.command(cls=Command)(info)
app.command(cls=Command)(export)
app.command(cls=Command)(plot)
app.command(cls=Command)(control)
app.command("list", cls=Command)(list_names)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"eostui {__version__}")
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
        if has_room_for_the_dashboard():
            from eostui.cli.pick import pick

            raise typer.Exit(pick())
        print(context.get_help())


def main() -> int:
    """Run the command line; its exit code: 0 done, 1 the run failed or diverged, 2 bad input, 130 interrupted."""
    fill_standard_descriptors()
    write_what_can_be_read()
    forget_stale_size()
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:  # Python's own attempt, once all is over, would end in another exit code
        silence(sys.stdout.fileno())
        return 128 + signal.SIGPIPE if isinstance(error, BrokenPipeError) else _complain(str(error))
    return code


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        return _complain(to_correct(error))
    except typer.Abort:
        return 130
    except BrokenPipeError:  # whoever read this has seen enough, as `head` has
        silence(sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:
        if (text := to_mend(error)) is None:
            raise
        return _complain(text)
    return int(code or 0)


def _complain(text: str) -> int:
    try:
        print(f"eostui: {' '.join(text.split())}", file=sys.stderr, flush=True)
    except OSError:  # a terminal that has gone
        silence(sys.stderr.fileno())
    return 2
