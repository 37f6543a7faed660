"""What is visible, as text for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from eostui.reading.charts import LinePicture, Picture
from eostui.reading.feed import Feed
from eostui.reading.trace import Trace

TAB = "\t"


def values_at(pictures: Iterable[Picture], feed: Feed, step: float | None) -> str:
    """A line of names and a line of values, with tabs between: those at a step, or the present ones where it is None.

    An empty field is a value that was not measured by then. Distributions are left out.
    """
    named = list(_named(pictures, feed))
    present = feed.step if step is None else step
    values = [trace.value_at(present) for _, trace in named]
    lines = (["step", *(name for name, _ in named)], [f"{present:g}", *("" if v is None else repr(v) for v in values)])
    return "\n".join(TAB.join(fields) for fields in lines) + "\n"


def table_of(pictures: Iterable[Picture], feed: Feed, stretch: tuple[float, float] | None = None) -> str:
    """All that the visible charts show, as csv: a row for every step at which any of it was measured.

    stretch: the first and the last step of it, None for all.
    """
    named = [(name, _within(trace, stretch)) for name, trace in _named(pictures, feed)]
    steps = np.unique(np.concatenate([trace.x for _, trace in named])) if named else np.empty(0)
    columns = []
    for _, trace in named:
        column = np.full(len(steps), "", dtype=object)
        column[np.searchsorted(steps, trace.x)] = [repr(value) for value in trace.y.tolist()]
        columns.append(column)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *(name for name, _ in named)])
    writer.writerows(zip((f"{step:.15g}" for step in steps.tolist()), *columns, strict=True))
    return text.getvalue()


def free_path(directory: Path, step: int, suffix: str) -> Path:
    """`view-STEP.svg` in a directory, or view-STEP-2.svg, … where there is one."""
    names = (f"view-{max(step, 0)}{'' if number == 1 else f'-{number}'}.{suffix}" for number in count(1))
    return next(path for path in map(directory.joinpath, names) if not path.exists())


def _within(trace: Trace, stretch: tuple[float, float] | None) -> Trace:
    """The samples of a stretch of steps."""
    if stretch is None:
        return trace
    first, last = np.searchsorted(trace.x, stretch[0]), np.searchsorted(trace.x, stretch[1], side="right")
    return replace(trace, x=trace.x[first:last], y=trace.y[first:last])


def _named(pictures: Iterable[Picture], feed: Feed) -> Iterator[tuple[str, Trace]]:
    """The traces of some charts, the most important one of each first, with the names of chart and trace."""
    for picture in pictures:
        if isinstance(picture, LinePicture):
            for trace in reversed(picture.traces(feed)):
                yield f"{picture.title}: {trace.label}", trace
