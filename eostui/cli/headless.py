"""Training without the dashboard: a progress line, or plain lines where stdout is no terminal."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from eostui.cli.start import follow
from eostui.link.address import LinkError
from eostui.reading.curves import largest_eigenvalue
from eostui.reading.ending import ending_of
from eostui.reading.feed import Feed
from eostui.reading.live import LiveFeed
from eostui.reading.numbers import NONE, cut_between_words, ratio
from eostui.reading.sharpness import sharpness_of
from eostui.reading.threshold import CURVATURES, MATRICES, Matrix
from eostui.store import RUN_FILE, Status
from eostui.store.events import Forked, Resumed, Started
from eostui.streams import silence
from eostui.trainer.launch import Launched

REDRAW = 0.25
"""Seconds between two progress lines on a terminal."""
PLAIN_EVERY = 5.0
"""Seconds between two plain lines."""


def train_headless(launch: Callable[[], Launched], *, detach: bool = False) -> int:
    """Start a trainer, train to the end and say how far it is; the run's exit code.

    Ctrl-C and SIGTERM stop the run cleanly, with exit codes 130 and 143, and a second one kills the trainer: who sends
    them to a program that trains wants the training to end. A terminal that hangs up leaves it going, as everywhere,
    and so does SIGQUIT. SIGUSR1 is passed on to the trainer. With `detach` this returns once there is a first
    row of this trainer's own, or the run is paused.
    """
    with _Signals.caught() as signals:
        feed = follow(launch())
        try:
            return _follow(feed, signals, detach=detach)
        except BaseException:
            if not feed.over:
                _complain(f"the viewer failed; {_still_training(feed)}")
            raise
        finally:
            feed.close()


class _Signals:
    """The signals that came and mean something here."""

    def __init__(self) -> None:
        self.to_stop: list[int] = []
        self.left_by = 0
        """The signal that asked the viewer to go, and nothing else."""
        self.to_requeue = False

    @classmethod
    @contextmanager
    def caught(cls) -> Iterator[_Signals]:
        """Count them while inside.

        Not as KeyboardInterrupt, which is lost where it comes up in a callback of a library written in C.
        """
        signals = cls()
        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` has it ignored
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, signals._came) for number in numbers}
        try:
            yield signals
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _came(self, number: int, _frame: FrameType | None) -> None:
        if number in (signal.SIGHUP, signal.SIGQUIT):
            self.left_by = number
        elif number == signal.SIGUSR1:
            self.to_requeue = True
        elif number != signal.SIGUSR2:  # which means nothing, and must not kill
            self.to_stop.append(number)


def _follow(feed: LiveFeed, signals: _Signals, *, detach: bool) -> int:
    stopping = False
    for _ in _followed(feed):
        if signals.left_by:
            _complain(_still_training(feed))
            return 128 + signals.left_by
        if signals.to_requeue:
            signals.to_requeue = False
            with suppress(LinkError):
                feed.requeue()
        if detach and _has_begun(feed) and not signals.to_stop:
            _say(f"{feed.directory}: {_still_training(feed)}")
            return 0
        if signals.to_stop and not stopping:
            stopping = True
            again = "Ctrl-C" if signals.to_stop[0] == signal.SIGINT else "SIGTERM"
            _complain(f"stopping; {again} again kills the trainer")
            with suppress(LinkError):  # the trainer ends by itself at this moment
                feed.stop_by_signal(signals.to_stop[0])
        elif len(signals.to_stop) > 1:
            feed.kill()
            return 128 + signals.to_stop[-1]
    if feed.ended is None or feed.ended.code:
        _complain(ending_of(feed))
    else:
        _say(f"{feed.status}: {feed.directory / RUN_FILE}")
    if signals.to_stop:
        return 128 + signals.to_stop[0]
    return 1 if feed.ended is None else feed.ended.code


def _has_begun(feed: LiveFeed) -> bool:
    """Whether a trainer is over its beginning: its run may have rows of an earlier one, or of another run."""
    begun_at = [event.step for event in feed.events() if isinstance(event.what, Started | Resumed | Forked)]
    return bool(begun_at) and (feed.step >= begun_at[-1] or feed.status == Status.PAUSED)


def _followed(feed: LiveFeed) -> Iterator[None]:
    """Say what goes on until the training is over; a turn whenever there may be something new."""
    console = Console()
    if not console.is_terminal:
        last = ""
        told = -PLAIN_EVERY
        while not feed.over:
            for text in _news(feed):
                _say(text)
            line = progress_line(feed).plain
            refused = feed.ended is not None and feed.step < 0  # that is said on standard error
            if (time.monotonic() - told > PLAIN_EVERY or feed.over) and line != last and not refused:
                _say(line)
                last, told = line, time.monotonic()
            yield
            time.sleep(REDRAW)
        return
    with suppress(OSError), Live(console=console, auto_refresh=False) as live:
        while not feed.over:
            for text in _news(feed):
                console.print(text, markup=False, highlight=False, soft_wrap=True)
            live.update(cut_between_words(progress_line(feed), console.width), refresh=True)
            yield
            time.sleep(REDRAW)
    while not feed.over:  # the terminal is gone
        feed.poll()
        yield
        time.sleep(REDRAW)


def _news(feed: LiveFeed) -> list[str]:
    """Take in what is new; what the run will cost, and what a check has found, is said once."""
    return [notice.text for notice in feed.poll() if notice.text == feed.forecast or notice.text in feed.found]


def _say(text: str) -> None:
    """Print a line; once nobody can read it any more, the training goes on without a word."""
    try:
        print(text, flush=True)
    except OSError as error:
        silence(sys.stdout.fileno())
        _complain(f"standard output cannot be written any more ({error.strerror}); the training goes on")


def _complain(text: str) -> None:
    try:
        print(f"eostui: {text}", file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr.fileno())


def _still_training(feed: LiveFeed) -> str:
    place = feed.place
    return f"{feed.name} is still training; watch it: eostui attach {place}; end it: eostui control {place} stop"


def progress_line(feed: Feed) -> Text:
    """Where a run stands, in one line."""
    if feed.step < 0:
        return Text(f"{feed.name}: {feed.activity or feed.status}")
    train = feed.series["train"]
    goal = feed.config.get("steps")
    said = [f"step {feed.step}/{goal}" if goal else f"step {feed.step}", f"loss {train.last('loss'):.4g}"]
    if "accuracy" in train:
        said.append(f"accuracy {ratio(train.last('accuracy'))}")
    for table in MATRICES:
        if table in feed.series:
            doubt = " (not certified)" if feed.doubtful(table) else ""
            said.append(f"{CURVATURES[table]} {_largest(feed, table)}{doubt}")
        if table == feed.threshold.table and feed.threshold.exists:
            said.append(f"{feed.threshold.formula} {train.last('threshold'):.4g}")
    said.append(feed.activity)
    return Text("  ".join(said).rstrip(), no_wrap=True)


def _largest(feed: Feed, table: Matrix) -> str:
    """The newest λ1 of a matrix, certified or, of the one that the threshold is for, tracked; a dash before any."""
    values = sharpness_of(feed).values if table == feed.threshold.table else largest_eigenvalue(feed, table, "").y
    return f"{values[-1]:.4g}" if len(values) else NONE
