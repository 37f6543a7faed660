"""The base class of instruments: the one way to add a measurement."""

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

    The class itself has everything that is known without a run, and imports no torch. The trainer calls `measure` and
    the methods of the state, which import the mathematics that they need.
    """

    name: ClassVar[str]
    """The name, as `--track` takes it."""
    summary: ClassVar[str]
    """What is measured, in one line."""
    when: ClassVar[str] = ""
    """The runs that have it without `--track`, in words; empty for an instrument that only `--track` gives."""
    needs: ClassVar[tuple[str, ...]] = ()
    """The instruments whose results it reads. In runs that have them, they measure before it."""
    every_step: ClassVar[bool] = False
    """Whether it measures at every step, not at the measuring cadence."""
    at_new_step_sizes: ClassVar[bool] = False
    """Whether it measures, besides that, at every step from which another η applies."""
    flow: ClassVar[str] = ""
    """The name as `--flow` takes it, of a process beside the run; empty for what `--track` takes."""
    keeps: ClassVar[int] = 0
    """How many vectors as long as θ it keeps from one row to the next, or needs for a while, but for eigenvectors."""
    outputs: ClassVar[bool] = False
    """Whether it needs the outputs of the network as one tensor."""

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        """Whether a run has it without being asked."""
        return bool(cls.when)

    @classmethod
    def refusal(cls, scope: Scope) -> str:
        """Why a run cannot have it, as words that follow its name; empty where the run can have it."""
        return ""

    @classmethod
    @abstractmethod
    def table(cls, scope: Scope) -> Table:
        """The table that it fills, with the charts that are drawn of it."""

    @classmethod
    @abstractmethod
    def work(cls, scope: Scope) -> Work:
        """The approximate cost of a row after the first."""

    def __init__(self, scope: Scope) -> None:  # noqa: B027
        """The instrument for one run, before its first row."""

    @property
    def eager(self) -> bool:
        """Whether it measures at the next step, whatever the cadence says."""
        return False

    @abstractmethod
    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """One row for its table; None where there is nothing to measure.

        The row belongs to the point's step, unless it has a `step` of its own, an earlier one. `say` raises `Abandoned`
        where nobody waits for the row any more.
        """

    def state_dict(self) -> State:
        """What the next row depends on besides the point."""
        return {}

    def load_state_dict(self, state: State) -> None:  # noqa: B027
        """Go on from a state that `state_dict` gave."""
