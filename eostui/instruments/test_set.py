"""Loss and accuracy on held-out examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import TEST, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class TestSet(Instrument):
    """The training loss function on the test set, with the model in evaluation mode."""

    name = "test"
    summary = "loss and accuracy on the test set"
    when = "always"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return TEST

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(tests=1)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """Loss and accuracy; None where the data set has no test part."""
        from eostui.instruments.base.scores import scores

        if point.test is None:
            return None
        say.progress("evaluating the test set")
        return scores(point.test.evaluate(point.theta), classes=point.classes)
