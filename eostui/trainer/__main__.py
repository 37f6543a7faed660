"""The trainer process: `python -m eostui.trainer RUN_DIRECTORY SOCKET_FD`, with an `Assignment` as JSON on
standard input.

`launch` starts it like this. The pipe is served before torch is imported, so that a viewer sees from the first moment
what happens.
"""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from eostui.link.doing import Doing
from eostui.link.heartbeat import Pulse
from eostui.link.live_runs import forget, register
from eostui.link.log import LOG_NAME, cut
from eostui.link.messages import Ended, Hello
from eostui.link.server import LinkServer
from eostui.link.withdraw import has_begun, withdraw, withdraw_but_keep_log
from eostui.one_line import in_one_line
from eostui.streams import fill_standard_descriptors, write_what_can_be_written
from eostui.trainer.assignment import Assignment
from eostui.trainer.control import REQUEUED, Control
from eostui.trainer.ending import end, heed_signals
from eostui.trainer.spooled import Spooled
from eostui.trainer.stage import Stage

INTERRUPTED = 130


def main() -> NoReturn:
    """Train by the config on standard input, and end with the run's exit code."""
    fill_standard_descriptors()
    write_what_can_be_written()
    faulthandler.enable()  # a crash in native code leaves its trace in the log
    directory, given = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    given.set_inheritable(
        False
    )  # no process that the user's code starts, or leaves behind, listens in this one's place
    server, address = _served(given)
    registered = register(directory)

    def moved(path: Path) -> None:
        nonlocal registered
        forget(registered)
        registered = register(path)

    def look(path: Path) -> None:
        spooled.look(path)
        with contextlib.suppress(OSError):
            cut(path / LOG_NAME)

    spooled = Spooled(directory, server)
    pulse = Pulse(
        directory.absolute(),
        address,
        look=look,
        moved=moved,
        gone=lambda: _deleted(server),
    )
    try:
        code = _train(directory, server, Doing(pulse.say))
    except BaseException as error:  # anything unforeseen: a missing module, or an exit in the user's code
        code = _tell(error, directory, server)
    pulse.stop()
    with contextlib.suppress(OSError):
        cut(directory / LOG_NAME)
    forget(registered)
    end(code)


def _served(given: socket.socket) -> tuple[LinkServer, str]:
    """A server of what `launch` has passed on, and where it listens: a socket, or the connection of the one viewer that
    there can be without."""
    if given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return LinkServer(given), given.getsockname()
    server = LinkServer(None)
    server.take_in(given)
    return server, ""


def _deleted(server: LinkServer) -> None:
    """End a training whose directory somebody has deleted: nobody could ever see what it finds."""
    server.say(Ended("the run's directory was deleted: nothing more can be recorded", 1))
    server.close()
    end(1)


def _train(directory: Path, server: LinkServer, doing: Doing) -> int:
    assignment = Assignment.from_json(sys.stdin.read())
    config = assignment.config
    control = Control(server, paused=config.limits.paused, requeue=config.limits.requeue)

    def heed(number: int) -> None:
        control.signalled(number)
        if control.stopping and not control.begun:
            raise KeyboardInterrupt(number)  # interrupts the setup; later on, the loop stops between two steps

    def kill(number: int) -> None:
        control.mark_as_stopped()
        text = f"the trainer was killed by a second {signal.Signals(number).name}"
        print(text, file=sys.stderr, flush=True)
        server.say(Ended(text, 1))
        withdraw(directory)
        server.close(timeout=0.5)

    heed_signals(heed, kill)
    hello = Hello(
        name=directory.name,
        run_file=str(directory / "run.h5"),
        config=config.to_dict(),
        environment={},
        tables={},  # not known before the data are loaded
    )
    server.say(hello)
    doing("importing torch")
    server.say(Stage.TORCH.phase("importing torch"))
    from eostui.trainer.process import train  # this imports torch, which takes seconds

    return train(assignment, directory, hello, server, control, doing)


def _tell(error: BaseException, directory: Path, server: LinkServer) -> int:
    """Report what ended the trainer, and remove the files of a run that has not begun. Returns the exit code."""
    if isinstance(error, KeyboardInterrupt):
        code = REQUEUED if signal.SIGUSR1 in error.args else INTERRUPTED
        if has_begun(directory):
            text = f"{directory.name} was stopped before it went on, and is as it was"
        else:
            withdraw(directory)
            text = f"{directory.name} was stopped before its first step, and nothing is left of it"
    else:
        traceback.print_exception(error)
        sys.stderr.flush()
        log = withdraw_but_keep_log(directory)
        text, code = f"{in_one_line(error)}{f'; its log: {log}' if log else ''}", 1
    server.say(Ended(text, code))
    server.close()
    return code


if __name__ == "__main__":
    main()
