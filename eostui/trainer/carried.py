"""What a run carries from one turn to the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from eostui.dynamics.descent import Descent
from eostui.instruments.base.instrument import State
from eostui.instruments.base.measurements import Measurements
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.store import EVENTS
from eostui.trainer.control import Control
from eostui.trainer.random_states import random_states, set_random_states
from eostui.trainer.record import Record


@dataclass(frozen=True)
class _Beginning:
    """What a turn may change before its update, as it was when the turn began."""

    rows: Mapping[str, int]
    moved: list[Any]
    found: State
    instruments: Mapping[str, State]


class Carried:
    """The weights, the optimizer, the instruments and the random numbers, as they are between two turns.

    A turn can end half-way: somebody stops the run, or a goal is reached. It has then measured, and its update has not
    been made. The state of such a run is that from before the turn, so that the turn can be taken again.
    """

    def __init__(self, descent: Descent, measurements: Measurements, record: Record, control: Control) -> None:
        self._descent = descent
        self._measurements = measurements
        self._record = record
        self._control = control
        self._begun: _Beginning | None = None

    def begin(self, names: Collection[str]) -> None:
        """A turn begins in which the instruments of these names measure."""
        self._begun = self._now(names)

    def end(self) -> None:
        """The turn has been carried out."""
        self._begun = None

    def state_dict(self) -> State:
        """The state of `Descent`, which has `model`, `optimizer`, `step` and `rng`, and beside it:

        moved: what passes advance in the model, its buffers among them. found, instruments: the newest eigenpairs, and
        the states of the instruments by name. random: `random_states`. rows: how many rows each table has. clocks:
        seconds since the start of the run, seconds paused, seconds of measuring.
        """
        begun = self._begun or self._now(self._measurements.names)
        return {
            **self._descent.state_dict(),
            "moved": begun.moved,
            "found": begun.found,
            "instruments": {**self._measurements.states_of(self._measurements.names), **begun.instruments},
            "random": random_states(self._descent.objective.device),
            "rows": {**begun.rows, EVENTS.name: self._record.rows[EVENTS.name]},
            "clocks": [self._record.elapsed(), self._control.waited, self._measurements.seconds],
        }

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` gave. The instruments are those of the state from here on."""
        self._descent.load_state_dict(state)
        self._descent.objective.restore_moved(state["moved"])
        for name in self._measurements.names:
            if name not in state["instruments"]:
                self._measurements.end(name)
        for name in state["instruments"]:
            if name not in self._measurements.names:
                self._measurements.begin(INSTRUMENTS[name], list(INSTRUMENTS))
        self._measurements.load_state_dict({"found": state["found"], "instruments": state["instruments"]})
        _, self._control.waited, self._measurements.seconds = state["clocks"]
        set_random_states(state["random"], self._descent.objective.device)

    def _now(self, names: Collection[str]) -> _Beginning:
        return _Beginning(
            rows=self._record.rows,
            moved=self._descent.objective.moved(),
            found=self._measurements.found(),
            instruments=self._measurements.states_of(names),
        )
