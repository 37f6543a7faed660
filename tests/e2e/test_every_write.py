"""A trainer that is killed at a write, whichever, leaves a run that goes on as if nothing had been.

A library that the loader puts before all others counts the calls by which a trainer changes files of its run, and kills
it just before the n-th one. By default every 97th call is tried; `EOSTUI_EVERY_WRITE=1` with `pytest --timeout 0` tries
every single one, which takes half an hour.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eostui.config import RunConfig
from eostui.store import Kind, RunFile, Status
from eostui.trainer.assignment import Assignment, Origin
from eostui.trainer.plan import plan_run
from tests.e2e.test_resume import Columns, assert_same, columns_of

APART = int(os.environ.get("EOSTUI_EVERY_WRITE", "97"))
STEPS = 6
KILLER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char below[4096];
static long last, calls;

/* From here on, count what changes files below a directory; the n-th call is the last one. */
void kill_at(const char *directory, long n) { snprintf(below, sizeof below, "%s/", directory); last = n; }
long calls_so_far(void) { return calls; }

static int path_counts(const char *path) { return below[0] && !strncmp(path, below, strlen(below)); }
static int file_counts(int file) {
    char link[64], path[4096];
    if (!below[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return path_counts(path);
}
static int is_last(void) { return __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == last; }
static void end(void) { kill(getpid(), SIGKILL); pause(); }
#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    if (file_counts(file) && is_last()) end();
    return real(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    REAL(pwrite);
    if (file_counts(file) && is_last()) end();
    return real(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    if (file_counts(file) && is_last()) end();
    return real(file, bytes, count, at);
}
ssize_t writev(int file, const struct iovec *pieces, int count) {
    REAL(writev);
    if (file_counts(file) && is_last()) end();
    return real(file, pieces, count);
}
#define ON_FILE(name, more, arguments) \
    int name(int file more) { REAL(name); if (file_counts(file) && is_last()) end(); return real arguments; }
#define COMMA ,
ON_FILE(fsync, , (file))
ON_FILE(fdatasync, , (file))
ON_FILE(ftruncate, COMMA off_t length, (file, length))
ON_FILE(ftruncate64, COMMA off64_t length, (file, length))
int rename(const char *from, const char *to) {
    REAL(rename);
    if (path_counts(to) && is_last()) end();
    return real(from, to);
}
int unlink(const char *path) {
    REAL(unlink);
    if (path_counts(path) && is_last()) end();
    return real(path);
}
"""
SERVER = """
import ctypes, io, json, os, sys
from pathlib import Path
import sympy  # torch imports it on the way, and takes longer for it than for all else here
import eostui.trainer.process
from eostui.link.address import listen
from eostui.trainer.__main__ import main

killer = ctypes.CDLL(None)
killer.kill_at.argtypes = [ctypes.c_char_p, ctypes.c_long]
for line in sys.stdin:
    directory, assignment, last = json.loads(line)
    child = os.fork()
    if child == 0:
        sys.argv = ["eostui.trainer", directory, str(listen(Path(directory)).detach())]
        sys.stdin = io.StringIO(assignment)
        killer.kill_at(directory.encode(), last)
        leave = os._exit
        def note_calls_and_leave(code):
            Path(directory + ".calls").write_text(str(killer.calls_so_far()))
            leave(code)
        os._exit = note_calls_and_leave
        main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Trainers:
    """Starts trainers in forks of one process that has imported torch."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def train(self, directory: Path, config: RunConfig, kill_at: int) -> int:
        """Train, or go on where there is something to go on with; how the process ends, as subprocess says it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        origin = Origin(str(directory)) if (directory / "run.h5").exists() else None
        told = [str(directory), Assignment(config, origin).to_json(), kill_at]
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def trainers(tmp_path: Path) -> Iterator[Trainers]:
    compiler = shutil.which("cc")
    library, source = tmp_path / "killer.so", tmp_path / "killer.c"
    source.write_text(KILLER)
    command = [compiler or "", "-shared", "-fPIC", "-o", str(library), str(source)]
    if compiler is None or subprocess.run(command, check=False).returncode:
        pytest.skip("no C compiler is here, to count writes with")
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield Trainers(process)
    process.communicate(timeout=20)


def check_what_is_left(path: Path, whole: Columns) -> None:
    """What can be read after a kill was measured: the first rows of what a whole run measures."""
    if not path.exists():
        return
    with RunFile.open(path) as run:
        for table, column in whole:
            values = run.read(table, [column])[column]
            np.testing.assert_array_equal(values, whole[table, column][: len(values)])


def test_a_trainer_may_be_killed_at_any_write(trainers: Trainers, tmp_path: Path) -> None:
    config = plan_run(
        {
            **{"arch": "fc-tanh", "width": 4, "data": "digits-80", "lr": 0.2, "threads": 1, "device": "cpu"},
            **{"search_dtype": "float32", "eigs": 1, "eig_every": 2, "checkpoint_every": 2, "keep_checkpoints": 1},
            "steps": STEPS,
        }
    )
    directory = tmp_path / "whole"
    directory.mkdir()
    assert trainers.train(directory, config, 0) == 0
    calls = int((tmp_path / "whole.calls").read_text())
    whole = columns_of(directory / "run.h5")
    assert calls > 100
    for last in range(1, calls + 1, APART):
        directory = tmp_path / f"killed-{last}"
        directory.mkdir()
        path = directory / "run.h5"
        for _ in range(2):  # at its beginning, and as it goes on
            ended = trainers.train(directory, config, last)
            assert ended in (0, -signal.SIGKILL), last
            check_what_is_left(path, whole)
        if ended:
            assert trainers.train(directory, config, 0) == 0, last
        assert_same(columns_of(path), whole)
        with RunFile.open(path) as run:
            assert run.status() is Status.FINISHED
            # One that was killed between its last event and its last status has that event twice.
            assert [event.kind for event in run.events()].count(Kind.FINISHED) in (1, 2)
        assert {it.name for it in directory.iterdir()} == {"run.h5", "checkpoints"}, last
        assert [it.name for it in (directory / "checkpoints").iterdir()] == [f"step-{STEPS:08d}.pt"]
        shutil.rmtree(directory)
