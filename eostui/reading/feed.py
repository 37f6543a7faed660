"""The one thing the dashboard knows of a run: a feed, which says what run it is and brings its rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from eostui.reading.series import Series, certified
from eostui.reading.threshold import Matrix, Threshold
from eostui.store import Event
from eostui.store.events import CadenceAdapted, Checked, Forecasted, Warned

T = TypeVar("T")


@dataclass(frozen=True)
class Notice:
    """Something that the user should be told once."""

    text: str
    severity: Literal["information", "warning", "error"] = "information"
    seconds: float = 5.0
    """How long it stays, unless it is clicked away."""


class Feed(ABC):
    """A run as the dashboard sees it. `poll` is called once a frame; everything else is what was true at the last
    poll."""

    name: str = ""
    directory: Path
    """The run's directory."""
    config: Mapping[str, Any]
    environment: Mapping[str, Any]
    series: dict[str, Series]
    """Table name to rows; empty until the feed knows its run."""
    status: str = "starting"
    """One of `store.Status`, or `died` for a trainer that is gone without a word."""
    activity: str = ""
    """What is going on right now, in words; empty where nothing out of the ordinary is."""

    def __init__(self) -> None:
        self.config = {}
        self.environment = {}
        self.series = {}
        self._events: list[Event] = []
        self._own: dict[type, Any] = {}

    @abstractmethod
    def poll(self) -> list[Notice]:
        """Take in what is new."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections. A live training goes on."""

    def own(self, kind: type[T]) -> T:
        """The one object of a class that goes along with this feed: it keeps what need not be found out again."""
        if kind not in self._own:
            self._own[kind] = kind()
        found: T = self._own[kind]
        return found

    @property
    def pending(self) -> str:
        """What was asked of the trainer and is not answered yet, in words; empty where nothing is."""
        return ""

    @property
    def behind(self) -> str:
        """How far what is visible is behind what the trainer has told, in words; empty where it is not."""
        return ""

    @property
    def step(self) -> int:
        """The newest visible step, -1 before the first."""
        train = self.series.get("train")
        return int(train["step"][-1]) if train is not None and train.shown else -1

    @property
    def next_step(self) -> int:
        """The step before which a paused run stands: pauses, measurements, checkpoints and events there are named so.

        The newest row is that of the step before, whose update has been made.
        """
        return self.step + 1

    @property
    def threshold(self) -> Threshold:
        """The stability threshold, and what it is for."""
        return Threshold.of(self.config, self.environment)

    @property
    def compared(self) -> Series | None:
        """The rows whose first eigenvalue the threshold is for, where the run has them."""
        return self.series.get(self.threshold.table)

    @property
    def tracked(self) -> Matrix | Literal[""]:
        """The table whose first eigenvalue is tracked between two measurements; empty where none is."""
        return self.threshold.table if "tracked" in self.series and "sharpness" in self.series["tracked"] else ""

    @property
    def minibatch(self) -> bool:
        """Whether a step sees some of the examples only: then the threshold is a line to compare with, and no more."""
        return self.config.get("batch_size") is not None

    @property
    def forecast(self) -> str:
        """What a step and a measurement will take, in words; empty where they are fast."""
        texts = [event.what.text for event in self.events() if isinstance(event.what, Forecasted)]
        return texts[-1] if texts else ""

    @property
    def found(self) -> list[str]:
        """What the checks of the user's code have found, and what it warned of, in words, oldest first."""
        texts = [event.what.text for event in self.events() if isinstance(event.what, Checked | Warned)]
        return list(filter(None, texts))

    @property
    def cadence(self) -> str:
        """How often curvature is measured since that was adapted, in words; empty where it never was."""
        adapted = [event.what for event in self.events() if isinstance(event.what, CadenceAdapted)]
        return cadence_text(adapted[-1]) if adapted else ""

    def has_rows(self, table: str) -> bool:
        """Whether a table has anything: that of the test set is there without a test set, too."""
        return table in self.series and self.series[table].shown > 0

    def certified(self, table: str) -> np.ndarray:
        """Which of the visible rows of eigenvalues can be relied on, (n,) bool."""
        return certified(self.series[table])

    def doubtful(self, table: str) -> bool:
        """Whether the newest row of a table is one that is not certified; of P⁻¹H before there is a P none is."""
        if table == "tracked":
            table = self.threshold.table
        return self.has_rows(table) and len(self.column(table, "step")[0]) > 0 and not self.certified(table)[-1]

    def column(self, table: str, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The visible steps, (n,), and values, (n,) or (n, k), of a column.

        Of P⁻¹H without those at step 0, where there is no P: nothing is missing there.
        """
        rows = self.series[table]
        steps = rows["step"]
        of_p = table == "preconditioned" or (table == "tracked" and self.threshold.table == "preconditioned")
        first = int(np.searchsorted(steps, 1)) if of_p else 0
        return steps[first:], rows[name][first:]

    def events(self) -> list[Event]:
        """The visible events, oldest first."""
        series = self.series.get("events")
        if series is None:
            return []
        for index in range(len(self._events), series.length):
            self._events.append(_event(series, index))
        return self._events[: series.shown]


def cadence_text(adapted: CadenceAdapted) -> str:
    """How often curvature is measured from then on, in words."""
    said = (("certified", adapted.eig_every), ("tracked", adapted.tracked_every))
    return ", ".join(f"{word} every {every:,}" for word, every in said if every is not None and every > 0)


def _event(series: Series, index: int) -> Event:
    """One row of the table `events`, read."""
    return Event.read(*(series.all(name)[index] for name in ("step", "time", "kind", "detail")))
