"""Compiled products, as a run has them made in another process when it goes on for long enough."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from weakref import WeakKeyDictionary

from progress import progress
from torch import nn

from eostui.curvature.compiled.tangent_compiler import compile_tangent
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.instruments.base.rough_trials import RoughTrials
from eostui.objective.objective import Objective

_DIRECTORY = tempfile.TemporaryDirectory()
_PROGRAMS: WeakKeyDictionary[nn.Module, TangentProgram] = WeakKeyDictionary()


def program_for(trials: RoughTrials, objective: Objective) -> TangentProgram | None:
    """`compiled_program`, or None as long as a run would not ask for it."""
    if any(trials.accurate(trial) for trial in trials.trials):
        return compiled_program(objective)
    return None


def compiled_program(objective: Objective) -> TangentProgram:
    """The objective's program, compiled where it was not yet."""
    if objective.model in _PROGRAMS:
        return _PROGRAMS[objective.model]
    progress("compiling")
    start = time.perf_counter()
    directory = Path(tempfile.mkdtemp(dir=_DIRECTORY.name))
    compile_tangent(objective, objective.parameters(), directory)
    program = TangentProgram.load(directory, objective.physical_batch)
    progress()
    print(f"  compiled in {time.perf_counter() - start:.0f} s")
    _PROGRAMS[objective.model] = program
    return program
