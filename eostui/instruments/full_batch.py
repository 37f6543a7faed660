"""Loss and accuracy on the whole training set, where a step sees a minibatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import FULL_BATCH, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class FullBatch(Instrument):
    """The training loss and its gradient over all examples."""

    name = "full-batch"
    summary = "loss, accuracy and gradient norm over the whole training set, where a step sees a minibatch"
    when = "with --batch-size"

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        return scope.batch_size is not None

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return FULL_BATCH

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(whole=1)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """Loss, accuracy and the norm of the full-batch gradient."""
        from eostui.instruments.base.scores import scores

        say.progress("evaluating the whole training set")
        return scores(point.objective.gradient(point.theta), classes=point.classes)
