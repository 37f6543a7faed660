"""How the run's time is divided between training and measuring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Timing(Instrument):
    """Steps a second and the share of time spent measuring, each since the row before. Time paused does not count."""

    name = "timing"
    summary = "steps a second, and the share of time spent measuring"
    when = "always"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "timing",
            "where the time goes, between the previous row and this one; the time paused is left out",
            (
                STEP,
                Column("time", "wall-clock time since the start of the run", "s"),
                Column("steps_per_second", "updates a second, measurements included", "1/s"),
                Column("measuring_share", "share of the time that went into measuring rather than training", ""),
            ),
        ).with_charts()

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work()

    def __init__(self, scope: Scope) -> None:
        self._last: tuple[int, float, float] | None = None
        """Step, seconds since the start without those paused, and those of them that went into measuring."""

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """One row; None for the first, which has no row before it."""
        going = point.elapsed - point.waited
        last, self._last = self._last, (point.step, going, point.measuring)
        if last is None or going <= last[1]:
            return None
        step, since, measuring = last
        passed = going - since
        return {
            "time": point.elapsed,
            "steps_per_second": (point.step - step) / passed,
            "measuring_share": (point.measuring - measuring) / passed,
        }

    def state_dict(self) -> State:
        return {"last": None if self._last is None else list(self._last)}

    def load_state_dict(self, state: State) -> None:
        last = state["last"]
        self._last = None if last is None else tuple(last)
