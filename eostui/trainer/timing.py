"""The instrument for where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eostui.config import RunConfig
from eostui.trainer.moment import Moment


class Timing:
    """Steps a second and the share of time spent measuring, each since the row before."""

    def __init__(self) -> None:
        self._last: Moment | None = None

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """One row; None for the first, which has no row before it."""
        last, self._last = self._last, moment
        if last is None or moment.elapsed <= last.elapsed:
            return None
        passed = moment.elapsed - last.elapsed
        return {
            "time": moment.elapsed,
            "steps_per_second": (moment.step - last.step) / passed,
            "measuring_share": (moment.measuring - last.measuring) / passed,
        }


def timing(config: RunConfig) -> Timing:
    """The instrument behind the table `timing`; the same for every config."""
    return Timing()
