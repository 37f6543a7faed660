"""The trainer process: `python -m eostui.trainer RUN_DIRECTORY LISTENING_FD`, with the config as JSON on standard
input.

`launch` starts it so. The pipe is served before torch is imported, so that a viewer sees what goes on from the first
moment.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

from eostui.config import RunConfig
from eostui.link.messages import Hello, Phase
from eostui.link.server import LinkServer
from eostui.trainer.control import Control


def main() -> int:
    """Train as told; the run's exit code."""
    directory, listener = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    config = RunConfig.from_json(sys.stdin.read())
    server = LinkServer(listener)
    control = Control(server, paused=config.paused)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: control.stop())
    hello = Hello(
        name=directory.name,
        run_file=str(directory / "run.h5"),
        config=config.to_dict(),
        environment={},
        tables={},  # known once the data are
    )
    server.say(hello)
    server.say(Phase("importing torch"))
    from eostui.trainer.process import train  # torch comes in here, and takes seconds

    return train(config, directory, hello, server, control)


if __name__ == "__main__":
    sys.exit(main())
