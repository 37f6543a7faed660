"""Run files read by a process apart: what a bad file does to its reader costs that file alone.

HDF5 is not made for files that were made to do harm: one has it divide by zero, another go round for ever, a third fill
the memory. So a list of runs, and the first look at any run, has such a file end another process than the user's.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from eostui.store.errors import RunFileError, refuse

CPU_SECONDS = 2.0
"""What reading may take for one file."""
SECONDS = 30.0
"""The same by the clock: a file system may be slow, and the machine busy."""
MEMORY_BYTES = 256 << 20
"""What a reader may take more than it has to begin with."""
_MAX_ANSWER_BYTES = 16 << 20
"""The longest answer."""

Reading = Callable[[Path], Any]
"""A function that reads a run's file and answers in JSON's types."""


class ReaderProcess:
    """A process that reads run files for this one, one after the other, and is replaced when a file ends it.

    It is a fork of this process, without another start of Python: begin it before there are threads and before any run
    file is open here. A watcher between the two, which reads nothing, sees the end of a reader and forks the next.
    Not for several threads at a time.
    """

    def __init__(self, *functions: Reading) -> None:
        """functions: all that `read` may be asked for."""
        self._functions = functions
        self._asked = 0
        self._socket, theirs = socket.socketpair()
        self._watcher = os.fork()
        if self._watcher == 0:
            _watch(self._socket, theirs, functions)
        theirs.close()
        self._answers = self._socket.makefile("rb")  # before the fork it would keep our end open there

    def read(self, function: Reading, path: Path) -> Any:
        """What a function answers about a file.

        Raises RunFileError where it does, and for a file that ends its reader; OSError where the function raises it.
        """
        self._asked += 1
        request = {"number": self._asked, "function": self._functions.index(function), "path": os.fspath(path)}
        match self._answer_to(request):
            case {"answer": value}:
                return value
            case {"refused": str(why)}:
                raise RunFileError(why)
            case {"error": int(number)}:
                raise OSError(number, os.strerror(number), os.fspath(path))
            case {"ended": str(how)}:
                raise refuse(path, f"is damaged, or not a run file: reading it {how}")
        raise refuse(path, "cannot be read: the process that reads run files is gone")

    def _answer_to(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, or how the reader ended; empty where nobody answers any more."""
        with contextlib.suppress(OSError, ValueError):  # closed meanwhile
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            while line := self._answers.readline(_MAX_ANSWER_BYTES):
                with contextlib.suppress(ValueError):  # the half of a line of a reader that ended
                    answer = json.loads(line)
                    if isinstance(answer, dict) and answer.get("number", self._asked) == self._asked:
                        return answer
        return {}

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._answers.close()
        self._socket.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._watcher, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _watch(ours: socket.socket, theirs: socket.socket, functions: tuple[Reading, ...]) -> NoReturn:
    """Fork a reader, and another one whenever a file has ended it, until nobody asks any more."""
    try:
        ours.close()
        _forget_the_terminal()
        while True:
            reader = os.fork()
            if reader == 0:
                _serve(theirs, functions)
            status = os.waitpid(reader, 0)[1]
            if status == 0:  # nobody asks any more
                break
            how = _in_words(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else "fails"
            theirs.sendall(b"\n" + json.dumps({"ended": how}).encode() + b"\n")
    finally:
        os._exit(0)


def _forget_the_terminal() -> None:
    """Ctrl-C and what HDF5 prints when it fails are not for this process and its readers."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(theirs: socket.socket, functions: tuple[Reading, ...]) -> NoReturn:
    """Answer until nobody asks any more, within the limits, beyond which a signal ends this process."""
    code = 0
    try:
        _limit_memory()
        requests = theirs.makefile("rb")
        while line := requests.readline():
            code = 1
            request = json.loads(line)
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            answer = _answered(functions[request["function"]], Path(request["path"]))
            text = json.dumps(answer | {"number": request["number"]})
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            theirs.sendall(text.encode() + b"\n")
            code = 0
    finally:
        os._exit(code)


def _limit_memory() -> None:
    """Where a process can be told how much it has: on Linux."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _answered(function: Reading, path: Path) -> dict[str, Any]:
    try:
        return {"answer": function(path)}
    except RunFileError as error:
        return {"refused": str(error)}
    except OSError as error:
        return {"error": error.errno or 0}
    except MemoryError:
        return {"ended": f"takes more than {MEMORY_BYTES >> 20} MB"}
    except Exception as error:  # whatever a file has a reader stumble over costs that file alone
        return {"ended": f"fails with {type(error).__name__}"}


def _in_words(number: int) -> str:
    if number == signal.SIGPROF:
        return f"takes more than {CPU_SECONDS:g} s"
    if number == signal.SIGALRM:
        return f"takes more than {SECONDS:g} s"
    return f"ends its reader with {signal.Signals(number).name}"
