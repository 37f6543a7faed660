"""The instruments of a run: which of them measure at a step, what they have found, and how long they took."""

from __future__ import annotations

import time
import traceback
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.instruments.base.eigenvalues import Eigenvalues
from eostui.instruments.base.found import Found
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.point import Point
from eostui.instruments.base.say import Say
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.one_line import in_one_line
from eostui.store import StoreError
from eostui.store.events import Checked, TrackingChanged


class Recorder(Protocol):
    """Where rows go."""

    def row(self, table: str, values: Mapping[str, Any]) -> None: ...
    def activity(self, text: str) -> AbstractContextManager[None]: ...


class Measurements:
    """Instruments in the order of their needs, and what they have found so far.

    If an instrument cannot measure, an event says why, and the run goes on without it and those that need it.
    """

    def __init__(self, kinds: Sequence[type[Instrument]], scope: Scope) -> None:
        self._scope = scope
        self._instruments: dict[str, Instrument] = {}
        self._tables: dict[str, str] = {}
        self._free: set[str] = set()
        for kind in kinds:
            self._begin(kind)
        self._found = Found()
        self.seconds = 0.0
        """Seconds that all of them have measured for."""
        self.newest: dict[str, Mapping[str, Any]] = {}
        """The newest row of each table, with its `step`."""

    def _begin(self, kind: type[Instrument]) -> None:
        self._instruments[kind.name] = kind(self._scope)
        self._tables[kind.name] = kind.table(self._scope).name
        if kind.every_step and kind.work(self._scope) == Work():
            self._free.add(kind.name)

    def begin(self, kind: type[Instrument], order: Sequence[str]) -> None:
        """Measure with one instrument more, which has seen nothing yet; `order` is that of all there are."""
        self._begin(kind)
        self._instruments = {name: self._instruments[name] for name in order if name in self._instruments}

    def end(self, name: str) -> None:
        """Measure without an instrument from now on."""
        del self._instruments[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Those that measure, in their order."""
        return tuple(self._instruments)

    @property
    def certified(self) -> tuple[str, ...]:
        """The names of those that measure at the measuring cadence."""
        return tuple(name for name, instrument in self._instruments.items() if not instrument.every_step)

    @property
    def tracked(self) -> tuple[str, ...]:
        """The names of those that measure at every step, as far as there is time for it."""
        every_step = (name for name, instrument in self._instruments.items() if instrument.every_step)
        return tuple(name for name in every_step if name not in self._free)

    @property
    def free(self) -> tuple[str, ...]:
        """The names of those that measure at every step because that costs nothing."""
        return tuple(name for name in self._instruments if name in self._free)

    def at_new_step_size(self) -> tuple[str, ...]:
        """The names of those that measure at a step from which another η applies."""
        return tuple(name for name, instrument in self._instruments.items() if instrument.at_new_step_sizes)

    def eager(self) -> tuple[str, ...]:
        """The names of those that measure at the next step, whatever the cadence says."""
        return tuple(name for name, instrument in self._instruments.items() if instrument.eager)

    @property
    def search_with(self) -> dict[str, RoughTrial]:
        """The rough products that make the search of an instrument faster than exact ones do, by instrument."""
        best = {one.name: one.trials.best for one in self._spectra if one.trials is not None}
        return {name: trial for name, trial in best.items() if trial is not None}

    @property
    def would_compile(self) -> bool:
        """Whether an instrument could use compiled products."""
        return any(one.would_compile for one in self._spectra)

    @property
    def _spectra(self) -> list[Eigenvalues]:
        return [one for one in self._instruments.values() if isinstance(one, Eigenvalues)]

    def measure(self, names: Collection[str], point: Point, recorder: Recorder, say: Say) -> float:
        """Let the instruments of these names measure at a point, in their order. Returns the seconds that they took."""
        before = self.seconds
        for name, instrument in list(self._instruments.items()):
            if name in names:
                self._measure_with(instrument, point, recorder, say)
        return self.seconds - before

    def _measure_with(self, instrument: Instrument, point: Point, recorder: Recorder, say: Say) -> None:
        start = time.monotonic()
        try:
            with recorder.activity(f"measuring: {instrument.name}"):
                row = instrument.measure(point, self._found, say)
        except StoreError:
            raise
        except Exception as error:  # the user's network may raise anything, and training does not need this
            traceback.print_exc()
            out = self._leave_out(instrument.name)
            without = " and ".join(filter(None, ("it", ", ".join(one.name for one in out[1:]))))
            text = f"{instrument.name} cannot be measured: {in_one_line(error)}; the run goes on without {without}"
            say.event(Checked(text))
            for one in out:
                gradients = one.work(self._scope).in_gradients
                say.event(TrackingChanged(one.name, self._tables[one.name], measures=False, gradients=gradients))
            return
        finally:
            self.seconds += time.monotonic() - start
        if row is not None:
            table = self._tables[instrument.name]
            self.newest[table] = {"step": point.step, **row}
            recorder.row(table, self.newest[table])

    def _leave_out(self, name: str) -> list[Instrument]:
        """Measure without an instrument, and without those that need one and have none left. Returns them."""
        out = [self._instruments.pop(name)]
        for other, instrument in list(self._instruments.items()):
            gone = {one.name for one in out}
            if gone & set(instrument.needs) and not set(instrument.needs) & set(self._instruments):
                out.append(self._instruments.pop(other))
        return out

    def state_dict(self) -> State:
        """The state that the next rows depend on, by instrument."""
        return {"found": self.found(), "instruments": self.states_of(self.names)}

    def found(self) -> State:
        """The newest eigenpairs, as a state."""
        return self._found.state_dict()

    def states_of(self, names: Collection[str]) -> dict[str, State]:
        """The states of these instruments alone."""
        return {name: one.state_dict() for name, one in self._instruments.items() if name in names}

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` gave. Instruments that are not in it start anew."""
        self._found.load_state_dict(state["found"])
        for name, instrument in self._instruments.items():
            if name in state["instruments"]:
                instrument.load_state_dict(state["instruments"][name])
