"""The process that compiles: `python -m eostui.trainer.compiler DIRECTORY`, with the config as one line of JSON on
standard input.

It leaves a `TangentProgram` in the directory, or the reason why there is none. `Compilation` starts it. The end of
standard input means that nobody waits for the result any more, and the process ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from eostui.config import RunConfig
from eostui.curvature.compiled.tangent_compiler import compile_tangent
from eostui.one_line import in_one_line
from eostui.trainer.compilation import FAILURE
from eostui.trainer.setup import set_up

TRIES = 100
"""How often the directory is removed, a tenth of a second apart."""


def main() -> int:
    """Compile by the config on standard input. Returns the exit code: 0 where the programs were made."""
    directory = Path(sys.argv[1])
    os.nice(10)  # the training goes first
    config = RunConfig.from_json(sys.stdin.readline())
    threading.Thread(target=_end_with_standard_input, args=(directory,), daemon=True).start()
    try:
        setup = set_up(config, lambda _text, _fraction: None)
        compile_tangent(setup.curvature, setup.theta, directory)
    except Exception as error:  # torch may raise anything for a model, or find no compiler on this machine
        (directory / FAILURE).write_text(in_one_line(error))
        return 1
    return 0


def _end_with_standard_input(directory: Path) -> None:
    sys.stdin.read()
    for _ in range(TRIES):  # the main thread may be writing into it
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            break
        time.sleep(0.1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
