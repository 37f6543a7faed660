"""Run files that several threads of one process read: HDF5 itself is not made for threads."""

from __future__ import annotations

from pathlib import Path

from tests.store.conftest import python, write_run

READ_AND_OPEN = """
import sys
import threading
from pathlib import Path

from eostui.store import RunFile

sys.setswitchinterval(1e-5)
opened, read = (Path(argument) for argument in sys.argv[1:])


def open_often():
    for _ in range(150):
        with RunFile.open(opened) as run:
            run.length("train")


def read_often():
    with RunFile.open(read) as run:
        for _ in range(150):
            run.refresh()
            run.read("train")


threads = [threading.Thread(target=work) for work in (open_often, read_often, open_often)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("read")
"""


def test_files_are_opened_while_another_thread_reads(tmp_path: Path) -> None:
    opened, read = (write_run(tmp_path / name, 400) for name in ("opened.h5", "read.h5"))
    process = python(READ_AND_OPEN, opened, read)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "read\n")
