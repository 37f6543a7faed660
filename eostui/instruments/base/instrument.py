"""What an instrument is: the one way to add a measurement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

State = dict[str, Any]
"""What an object carries from one step to the next: tensors, numbers, texts, and lists and dictionaries of them, which
`torch.load(weights_only=True)` reads."""


class Instrument(ABC):
    """Measures one row at a time, from one step of a run to the next.

    The class says what can be known without a run: it is read without importing torch. `measure` and the methods of
    the state are called in the trainer, and import the mathematics that they need.
    """

    name: ClassVar[str]
    """As `--track` takes it."""
    summary: ClassVar[str]
    """What is measured, in one line."""
    when: ClassVar[str] = ""
    """Which runs have it without being asked, in words; empty for those that come by `--track` alone."""
    needs: ClassVar[tuple[str, ...]] = ()
    """The instruments whose results it reads: they measure before it, in the runs that have them."""
    every_step: ClassVar[bool] = False
    """Whether it measures at every step, not at the measuring cadence."""
    outputs: ClassVar[bool] = False
    """Whether it needs the outputs of the network as one tensor."""

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        """Whether a run has it without being asked."""
        return bool(cls.when)

    @classmethod
    def refusal(cls, scope: Scope) -> str:
        """Why a run cannot have it, to follow its name; empty where it can."""
        return ""

    @classmethod
    @abstractmethod
    def table(cls, scope: Scope) -> Table:
        """The table that it fills, with the charts that are drawn of it."""

    @classmethod
    @abstractmethod
    def work(cls, scope: Scope) -> Work:
        """What a row costs, about, once the first has been measured."""

    def __init__(self, scope: Scope) -> None:  # noqa: B027
        """The instrument for one run, before its first row."""

    @abstractmethod
    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """One row for its table; None where there is nothing to measure.

        The row is of the point's step, unless it says another `step`, before it. Raises `Abandoned` out of `say` where
        nobody waits for the row any more.
        """

    def state_dict(self) -> State:
        """What the next row depends on besides the point."""
        return {}

    def load_state_dict(self, state: State) -> None:  # noqa: B027
        """Go on from a state that `state_dict` gave."""
