"""Following a run whose trainer cannot be reached: by its growing file, with commands as files."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from eostui.link import spool
from eostui.link.address import LinkError, life_of
from eostui.link.followed import followed
from eostui.link.heartbeat import Life, read_heartbeat
from eostui.link.messages import Ack, Argument, Command, Ended, Hello, Message, Phase, State
from eostui.link.verb import Verb
from eostui.one_line import in_one_line
from eostui.store import RUN_FILE, By, RunFileError, RunReader, Status, clean_text

INTERVAL = 0.5
"""Seconds between two looks at the file."""
TAKEN_WITHIN = 30.0
"""Seconds within which a trainer takes a command; file systems over a network show it some seconds late."""


class Follower:
    """Says of a run's file what a connection to its trainer would say. Raises `LinkError` where no trainer is alive."""

    fault = ""
    """Why nothing more can be read; empty where everything can."""

    def __init__(self, directory: Path, by: By = By.VIEWER) -> None:
        """`by` is who asks what is sent here, unless a command says otherwise."""
        found = read_heartbeat(directory)
        if found is None or life_of(directory) in (Life.DEAD, Life.COPIED):
            raise LinkError(f"no trainer is running for {directory.name!r}")
        self._directory = directory
        self._by = by
        self._file: RunReader | None = None
        self._ids = itertools.count(1)
        self._asked: dict[int, str] = {}
        self._looked = -INTERVAL
        self._status = ""
        self._over = False
        here = found[0].is_here
        what = "has no socket" if here else f"is on {clean_text(found[0].host, 60)}"
        self._said: list[Message] = [
            Phase(f"followed by its file{'' if here else f', on {clean_text(found[0].host, 60)}'}"),
            Ack(0, True, f"the trainer {what}: this follows the file, and commands go as files"),
        ]

    @property
    def closed(self) -> bool:
        """Whether there is nothing more to come."""
        return self._over and not self._said

    def take(self, timeout: float = 0.0) -> list[Message]:
        """Everything that is new, oldest first; waits up to `timeout` seconds where there may be nothing."""
        if not self._over and time.monotonic() - self._looked >= INTERVAL:
            self._looked = time.monotonic()
            self._look()
        said, self._said = self._said, []
        if not said and timeout > 0:
            time.sleep(timeout)
        return said

    def send(self, verb: Verb, argument: Argument = None, by: By | None = None) -> int:
        """Leave a command; the answer is an `Ack` with the id returned here. Raises `LinkError`."""
        number = next(self._ids)
        try:
            self._asked[number] = spool.put(self._directory, Command(number, verb, argument, by or self._by))
        except OSError as error:
            raise LinkError(f"the command cannot be written: {error}") from error
        return number

    def request(self, verb: Verb, argument: Argument = None, timeout: float | None = None) -> Ack:
        """Ask, and wait for the answer. Raises `LinkError` when the trainer ends, or does not answer in time."""
        asked, start = self.send(verb, argument), time.monotonic()
        while not self.closed:
            for message in self.take(timeout=0.2):
                if isinstance(message, Ack) and message.id == asked:
                    return message
                if isinstance(message, Ended) and verb is Verb.STOP:
                    self._said.append(message)
                    return Ack(asked, True, "stopping")
            waited = time.monotonic() - start
            if waited > TAKEN_WITHIN and asked in self._asked and not self._is_taken(asked):
                raise LinkError(f"the trainer has not taken '{verb}' within {waited:.0f} s; it does when it goes on")
            if timeout is not None and waited > timeout:
                raise LinkError(f"the trainer has not answered '{verb}' within {timeout:g} s")
        raise LinkError(f"the trainer ended before it answered '{verb}'")

    def last_word(self, timeout: float) -> str:
        """Wait until the run has ended; how. Raises `LinkError` where that is not known in `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self.closed and time.monotonic() < deadline:
            for message in self.take(timeout=0.2):
                if isinstance(message, Ended):
                    return message.text
        raise LinkError("the trainer has not said how it ended; `eostui ls` says what became of the run")

    def give_up(self, error: Exception) -> None:
        """Follow no longer, because what is in the file leads to this error."""
        self.fault = f"the run's file cannot be followed ({in_one_line(error)})"
        self.close()

    def close(self) -> None:
        """Follow no longer; the training goes on."""
        self._over = True
        self._let_go()

    def opened(self) -> RunReader:
        """What this follows, for whoever wants rows, until it is closed. Raises RunFileError where there is nothing."""
        if self._file is None:
            raise RunFileError(f"{clean_text(self._directory)}: there is no file of the run yet")
        return self._file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_taken(self, number: int) -> bool:
        return spool.is_taken(self._directory, self._asked[number])

    def _look(self) -> None:
        for number, name in list(self._asked.items()):
            if (ack := spool.answer_to(self._directory, name)) is not None:
                del self._asked[number]
                self._said.append(Ack(number, ack.ok, ack.text))
        try:
            if self._file is None:
                self._file = file = followed(self._directory / RUN_FILE)
                tables = {name: table.to_json() for name, table in file.tables.items()}
                self._said.append(Hello(self._directory.name, str(file.path), file.config, file.environment, tables))
            self._file.refresh()
            status = self._file.status()
        except RunFileError:  # not there yet, or there is another one instead
            self._let_go()
            status = None
        if status is not None:
            self._said.append(State(str(status)))
            if status.ended:
                well = status in (Status.FINISHED, Status.STOPPED)
                self._said.append(Ended(str(status), 0 if well else 1))
                self._over = True
        if not self._over and life_of(self._directory) is Life.DEAD:
            self._over = True
