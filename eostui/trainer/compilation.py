"""Products with the Hessian, compiled by a process of their own while the training goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from eostui.config import RunConfig
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.one_line import in_one_line
from eostui.trainer.memory import available_memory

FAILURE = "failure.txt"
"""The file in which the process says why it failed."""


@dataclass(frozen=True)
class CompilationLimits:
    """When a run has its products compiled."""

    worthwhile: float = 30.0
    """Seconds that a run has measured for before it is believed to go on for as long as compiling takes."""

    memory: int = 2 << 30
    """Bytes of main memory that are to be free: half of that was seen in use by one of the compiler's processes."""


USUAL_LIMITS = CompilationLimits()


class Compilation:
    """The compiled products of a run, from the wish for them to their end.

    program: the products, once they are there.
    """

    program: TangentProgram | None = None

    def __init__(self, config: RunConfig, examples: int, limits: CompilationLimits = USUAL_LIMITS) -> None:
        """For physical batches of so many examples."""
        self._config = config
        self._examples = examples
        self._limits = limits
        self._began = False
        self._directory: Path | None = None
        self._process: subprocess.Popen[str] | None = None

    def advance(self, measuring: float, *, wanted: bool) -> str:
        """Begin, or see what has become of it; what there is to tell, if anything.

        `measuring` is how many seconds the run has measured for, `wanted` whether anything could make use of it.
        """
        if self._process is not None and self._process.poll() is not None:
            return self._finish()
        if not wanted or self._began or measuring < self._limits.worthwhile:
            return ""
        self._began = True
        free, needed = available_memory(torch.device("cpu")), self._limits.memory
        if free is not None and free < needed:
            return f"products are not compiled: that takes {needed >> 30} GiB of memory, {free / 2**30:.1f} are free"
        self._directory = Path(tempfile.mkdtemp(prefix="eostui-"))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "eostui.trainer.compiler", str(self._directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._config.to_json() + "\n")
        self._process.stdin.flush()
        return "compiling products in a process of its own"

    def _finish(self) -> str:
        assert self._directory is not None
        try:
            self.program = TangentProgram.load(self._directory, self._examples)
            return "products are compiled"
        except (OSError, RuntimeError, AttributeError) as error:
            failure = self._directory / FAILURE
            reason = failure.read_text() if failure.exists() else in_one_line(error)
            return f"products could not be compiled: {reason}"
        finally:
            self._end_process()
            if self.program is None:
                self.close()

    def close(self) -> None:
        """End the process, and leave nothing of it; the program cannot be used any more."""
        self._end_process()
        self.program = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _end_process(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # the compiler that it has started, too
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._process = None
