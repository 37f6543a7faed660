"""A feed from a trainer that is running: rows over the pipe, and from the file what came before or was skipped."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from eostui.link.address import is_live
from eostui.link.client import MOST_WAITING, LinkClient
from eostui.link.messages import Ack, Argument, Command, Ended, Hello, Message, Phase, Rows, State, Trouble
from eostui.link.verb import Verb
from eostui.link.withdraw import has_begun, withdraw
from eostui.reading.demise import demise
from eostui.reading.feed import Feed, Notice
from eostui.reading.follower import Follower
from eostui.reading.progress import PhaseClock
from eostui.reading.series import series_of
from eostui.store import RUN_FILE, By, RunFile, RunFileError, RunReader, Status, Table, clean_text
from eostui.store.events import Failed

_COUNTS = re.compile(r"\d of ")
"""A text that says itself how far its work is."""
_BEHIND_AFTER = 1.0
"""Seconds after which rows that are missing are told of: the file mostly has them within half a second."""
_SETTLED_AFTER = 1.0
"""Seconds after which the file has all rows from before this viewer came."""
_LOOK_AFTER = 5.0
"""Seconds between two looks whether a trainer that no longer tells anything is there."""
_DOING = {
    Verb.PAUSE: "pausing",
    Verb.RESUME: "resuming",
    Verb.STEP: "taking a step",
    Verb.STOP: "stopping",
    Verb.LR: "changing η",
    Verb.MEASURE: "measuring",
    Verb.CHECKPOINT: "writing a checkpoint",
    Verb.NOTE: "taking a note",
    Verb.TRACK: "adding an instrument",
    Verb.UNTRACK: "leaving an instrument out",
    Verb.FLOW: "changing the flows",
}
"""What a trainer is about to do, by what was asked."""


class LiveFeed(Feed):
    """Follows the trainer of a run.

    A viewer that could not keep up, or that came late, has a gap before the next rows; the gap is read from the run
    file, which has every row at most half a second after it was measured. Where the connection fails and the training
    goes on, everything comes from the file from then on.
    """

    def __init__(
        self, client: LinkClient | Follower, directory: Path, process: subprocess.Popen[str] | None = None
    ) -> None:
        super().__init__()
        self.name = clean_text(directory.name, 100)
        self.directory = directory
        self.ended: Ended | None = None
        self.demise = ""
        """What became of a trainer that could say nothing itself."""
        self.phase = PhaseClock()
        """What goes on, how far it is, and how long it has been going on."""
        self.stages: list[str] = []
        """What a run goes through until its first measurement, in order; empty from then on."""
        self.stage: int | None = None
        """Which of the stages the run is in, from 0."""
        self._client = client
        self._process = process
        self._file: RunFile | None = None
        self._waiting: dict[str, deque[Rows]] = {}
        self._asked: dict[int, Verb] = {}
        """By the number of a command, what it asks; those that are not answered yet."""
        self._behind_since: float | None = None
        self._look_again: float | None = None
        """When to read the file once more: rows from just before this viewer came were told to nobody then, and are on
        the disk within half a second. Where no row follows them, nothing else shows that they are missing."""
        self._hung_up = False
        self._looked_after: float | None = None
        """When this last looked whether the trainer is there; None while the trainer tells by itself."""
        self._forecast_told = False
        self._found_told = 0

    @property
    def over(self) -> bool:
        """Whether the training is over, for whatever reason."""
        return self._hung_up or self.ended is not None

    @property
    def place(self) -> str:
        """The run's directory, as a command line typed here can name it."""
        directory, here = self.directory.absolute(), Path.cwd()
        return shlex.quote(str(directory.relative_to(here) if directory.is_relative_to(here) else directory))

    def send(self, verb: Verb, argument: Argument = None, by: By | None = None) -> None:
        """Ask something of the trainer; its answer comes as a notice. Raises `LinkError` when it has gone."""
        self._asked[self._client.send(verb, argument, by)] = verb

    @property
    def pending(self) -> str:
        """A trainer acts between two steps, and a step may take minutes."""
        waiting = list(dict.fromkeys(_DOING[verb] for verb in self._asked.values()))
        if not waiting or self.over:
            return ""
        when = "" if Verb.STOP in self._asked.values() else " after this step"
        return f"{' and '.join(waiting)}{when}"

    @property
    def behind(self) -> str:
        """Rows that came while others before them are missing: these are in the file, or will be."""
        late = [name for name, waiting in self._waiting.items() if waiting]
        if not late or self.over:
            self._behind_since = None
            return ""
        now = time.monotonic()
        self._behind_since = self._behind_since or now
        if now - self._behind_since < _BEHIND_AFTER:
            return ""
        newest = {name: self._waiting[name][-1] for name in late}
        rows = max(newest[name].first + len(newest[name].columns["step"]) - self.series[name].length for name in late)
        return f"{rows:,} rows behind, which the file does not show yet"

    def poll(self) -> list[Notice]:
        notices: list[Notice] = []
        try:
            for message in self._client.take():
                notices += self._take(message)
            for table in self._waiting:
                self._catch_up(table)
            if self._look_again is not None and time.monotonic() >= self._look_again:
                self._look_again = None
                self._read_all()
        except Exception as error:  # whatever a trainer sends, it costs the connection and nothing else
            self._client.give_up(error)
        if not self._forecast_told and self.forecast:
            self._forecast_told = True
            notices.append(Notice(self.forecast, seconds=20.0))
        found = self.found
        notices += [Notice(text, "warning", seconds=20.0) for text in found[self._found_told :]]
        self._found_told = len(found)
        if self._client.closed and not self._hung_up:
            if self.ended is None and self._client.fault:
                notices += self._follow_file()
            else:
                notices += self._hear_no_more()
        return notices

    def _follow_file(self) -> list[Notice]:
        """Without the connection, everything is in the file, as long as a trainer writes it."""
        notices = []
        now = time.monotonic()
        if self._looked_after is None:
            self._looked_after = now
            self._asked.clear()
            for waiting in self._waiting.values():
                waiting.clear()
            self.activity = "not connected, follows the file"
            text = f"{self._client.fault}; this viewer goes on with the run's file: to steer the run, attach anew"
            notices.append(Notice(text, "error", seconds=60.0))
        self._read_file()
        if self.status in list(Status) and Status(self.status).ended:
            reasons = [event.what.error for event in self.events() if isinstance(event.what, Failed)]
            well = self.status in (Status.FINISHED, Status.STOPPED)
            self.ended = Ended(reasons[-1] if reasons else self.status, 0 if well else 1)
            self.activity = "" if well else self.ended.text
        elif now - self._looked_after < _LOOK_AFTER or is_live(self.directory):
            if now - self._looked_after >= _LOOK_AFTER:
                self._looked_after = now
            return notices
        return notices + self._hear_no_more()

    def _hear_no_more(self) -> list[Notice]:
        self._hung_up = True
        self._read_all()
        if self.ended is not None:
            return []
        self.activity = ""
        self.status = "died"
        self.demise = demise(self.directory, self._process)
        return [Notice(self.demise, "error", seconds=60.0)]

    def close(self) -> None:
        self._client.close()
        if self._file is not None:
            self._file.close()
        if self._process is not None:
            self._process.poll()

    def _take(self, message: Message) -> list[Notice]:
        match message:
            case Hello():
                self._look_again = time.monotonic() + _SETTLED_AFTER
                self.name, self.config, self.environment = message.name, message.config, message.environment
                self._add(Table.from_json(table) for name, table in message.tables.items() if name not in self.series)
            case Phase():
                fraction = None if message.fraction is None else min(max(message.fraction, 0.0), 1.0)
                self.phase.take(message.text, fraction)
                counts = _COUNTS.search(message.text) is not None
                percent = "" if fraction is None or counts else f" {100 * fraction:.0f} %"
                self.activity = message.text + percent
                self.stage, self.stages = message.stage, message.stages or []
            case Rows() if message.table in self._waiting:
                self._waiting[message.table].append(message)
            case State():
                self.status = message.status
                self._read_all()  # a viewer that comes to a paused run gets no row that would show it a gap
            case Ack():
                self._asked.pop(message.id, None)
                return [Notice(message.text, "information" if message.ok else "error")]
            case Trouble():
                return [Notice(message.text, "warning", seconds=20.0)]
            case Ended():
                self.ended = message
                self.activity = message.text if message.code else ""
            case Rows() | Command():
                pass
        return []

    def _add(self, tables: Iterable[Table]) -> None:
        """Begin to follow some tables. Of rows that wait too long for those before them, the file has the oldest."""
        new = series_of(tables)
        self.series |= new
        self._waiting |= {name: deque(maxlen=MOST_WAITING) for name in new}

    def _catch_up(self, table: str) -> None:
        """Append what waits for a table, in order; where rows are missing before it, from the file first."""
        series, waiting = self.series[table], self._waiting[table]
        while waiting:
            rows = waiting[0]
            if rows.first > series.length and not self._read(table, rows.first):
                return  # not on disk yet: within half a second
            fresh = series.length - rows.first
            count = len(rows.columns["step"])
            if fresh < count:
                series.extend({name: column[max(fresh, 0) :] for name, column in rows.columns.items()})
            waiting.popleft()

    def _read(self, table: str, stop: int) -> bool:
        """Read a table's rows up to `stop` from the file; whether they were all there."""
        series = self.series[table]
        try:
            file = self._opened()
            file.refresh()
            available = min(stop, file.length(table))
            if available > series.length:
                series.extend(file.read(table, start=series.length, stop=available))
        except RunFileError:
            return False
        return series.length >= stop

    def _opened(self) -> RunReader:
        """The run's file. Raises RunFileError."""
        if isinstance(self._client, Follower) and not self._client.closed:
            return self._client.opened()
        if self._file is None:
            self._file = RunFile.open(self.directory / RUN_FILE)
        return self._file

    def _read_all(self) -> None:
        """Everything that the file has by now."""
        for table in self.series:
            self._read(table, sys.maxsize)

    def _read_file(self) -> None:
        """Everything that a trainer would tell, from the file, where there is one by now."""
        try:
            file = self._opened()
            file.refresh()
            if not self.config:
                self.name, self.config = file.name, file.config
            self.environment = file.environment
            self._add(table for name, table in file.tables.items() if name not in self.series)
            self.status = str(file.status())
            self._read_all()
        except (RunFileError, ValueError):
            pass  # there is nothing to read yet, or what was told does not go with it

    def stop(self, signalled: int | None = None) -> None:
        """Ask the trainer to stop as soon as it can, because of a signal where one is given. Raises `LinkError` when it
        has gone."""
        if self._process is not None and not has_begun(self.directory):
            self._process.terminate()  # commands are heard once there are steps to act between
        elif signalled is None:
            self.send(Verb.STOP)
        else:  # as a command: the trainer may have got the signal itself, and a second one would kill it
            self.send(Verb.STOP, signal.Signals(signalled).name, By.SIGNAL)

    @property
    def started_here(self) -> bool:
        """Whether this process has started the trainer."""
        return self._process is not None

    def requeue(self) -> None:
        """Have the trainer do what SIGUSR1 asks for. Raises `LinkError` when it has gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGUSR1)
        else:
            self.send(Verb.CHECKPOINT, None, By.SIGNAL)

    def stop_by_signal(self, number: int) -> None:
        """`stop` for a signal: a run that is to be requeued knows then that it shall go on. Raises `LinkError`."""
        if self.config.get("requeue"):
            self.requeue()
        else:
            self.stop(number)

    def kill(self) -> None:
        """End a trainer that was started here at once; of a run that had not begun nothing is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            withdraw(self.directory)
