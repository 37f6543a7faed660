"""A run on disk: written by one process while any number of others read it.

`schema` says what is in a run's file and makes its rows, `chart` what is drawn of a table, `events` what can happen.
`RunWriter` writes the file, `RunFile` reads it, `find_run` finds it and `export_run` hands it to other programs. Any
program that reads HDF5 can do without all of them:

    import h5py, pandas as pd

    with h5py.File("runs/NAME/run.h5", "r", swmr=True) as file:
        train = pd.DataFrame({name: column[:] for name, column in file["tables/train"].items()})
"""

from eostui.export_format import ExportFormat
from eostui.store.apart import ReaderProcess
from eostui.store.by import By
from eostui.store.chart import Chart, DensityChart, Line, LineChart, PhaseChart
from eostui.store.errors import RunExists, RunFileError, RunNotFound, StoreError
from eostui.store.events import Event, Kind
from eostui.store.export import export_run
from eostui.store.parent import Parent
from eostui.store.predecessor import Predecessor
from eostui.store.reader import RunFile, open_run, open_runs, read_created
from eostui.store.required import misfit, wrong_step
from eostui.store.run_reader import RunReader
from eostui.store.runs import RUN_FILE, find_run, list_runs, new_run_directory
from eostui.store.schema import (
    CERTIFIED,
    EVENTS,
    FORMAT,
    FORMAT_VERSION,
    FULL_BATCH,
    STEP,
    TEST,
    TRAIN,
    Column,
    Row,
    Status,
    Table,
    eigenvalue_table,
)
from eostui.store.text import clean_json, clean_text
from eostui.store.writer import RunWriter

__all__ = [
    "CERTIFIED",
    "EVENTS",
    "FORMAT",
    "FORMAT_VERSION",
    "FULL_BATCH",
    "RUN_FILE",
    "STEP",
    "TEST",
    "TRAIN",
    "By",
    "Chart",
    "Column",
    "DensityChart",
    "Event",
    "ExportFormat",
    "Kind",
    "Line",
    "LineChart",
    "Parent",
    "PhaseChart",
    "Predecessor",
    "ReaderProcess",
    "Row",
    "RunExists",
    "RunFile",
    "RunFileError",
    "RunNotFound",
    "RunReader",
    "RunWriter",
    "Status",
    "StoreError",
    "Table",
    "clean_json",
    "clean_text",
    "eigenvalue_table",
    "export_run",
    "find_run",
    "list_runs",
    "misfit",
    "new_run_directory",
    "open_run",
    "open_runs",
    "read_created",
    "wrong_step",
]
