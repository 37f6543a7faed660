"""Products with the Hessian that another process compiles while the training goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from eostui.config import RunConfig
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.one_line import in_one_line
from eostui.trainer.compiled_files import new_directory, remove_those_of_the_dead
from eostui.trainer.memory import available_memory

FAILURE = "failure.txt"
"""The file where that process writes why it failed."""


@dataclass(frozen=True)
class CompilationLimits:
    """The conditions for compiling the products of a run."""

    worthwhile: float = 30.0
    """Seconds of measuring after which a run is expected to last long enough for compiling to pay."""

    memory: int = 2 << 30
    """Bytes of main memory that must be free. One of the compiler's processes was seen to use half of that."""


USUAL_LIMITS = CompilationLimits()


class Compilation:
    """The compiled products of a run: starts the compiler, loads its result, and removes both in the end.

    program: the compiled products; None until they are ready.
    """

    program: TangentProgram | None = None

    def __init__(self, config: RunConfig, examples: int, limits: CompilationLimits = USUAL_LIMITS) -> None:
        """The compilation for physical batches of `examples` examples. Nothing is started yet.

        What trainers that were killed have left of theirs is removed.
        """
        remove_those_of_the_dead()
        self._config = config
        self._examples = examples
        self._limits = limits
        self._began = False
        self._directory: Path | None = None
        self._process: subprocess.Popen[str] | None = None

    def advance(self, measuring: float, *, wanted: bool) -> str:
        """Start the compiler, or look whether it has ended. Returns what to report; empty where nothing has happened.

        `measuring` is the seconds that the run has measured for so far. `wanted` says whether any instrument could use
        compiled products.
        """
        if self._process is not None and self._process.poll() is not None:
            return self._finish()
        if not wanted or self._began or measuring < self._limits.worthwhile:
            return ""
        self._began = True
        free, needed = available_memory(torch.device("cpu")), self._limits.memory
        if free is not None and free < needed:
            return f"products are not compiled: {needed >> 30} GiB of memory are needed, {free / 2**30:.1f} are free"
        try:
            self._start()
        except OSError as error:
            self.close()
            return f"products are not compiled: {in_one_line(error)}"
        return "compiling products in a process of its own"

    def _start(self) -> None:
        self._directory = new_directory()
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
        """End the process and delete its files. The program cannot be used any more."""
        self._end_process()
        self.program = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _end_process(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # also ends the compiler that it has started
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._process = None
