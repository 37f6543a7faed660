"""What a search for eigenvectors does next, decided from a few facts about where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Move(Enum):
    """One move of a search; each but STOP adds a vector to the basis, for one product."""

    STOP = auto()
    """End the search with what is known."""
    REFINE_WANTED = auto()
    """Add the residual of the wanted pair that has the largest error."""
    REFINE_GUARD = auto()
    """Add the residual of the first guard, because an eigenvector that is wanted may be hidden in it."""
    BEGIN_VERIFICATION = auto()
    """Add a random vector, from which Lanczos steps look for eigenvectors that were overlooked."""
    VERIFY = auto()
    """Add what the matrix makes of the vector added last: the next Lanczos step of a verification."""


@dataclass(frozen=True)
class Facts:
    """Where a search stands.

    finished: the basis spans the whole space, or the budget of products is spent. verifying: a verification has steps
    left. settled: the error of every wanted eigenvalue is within the tolerance. stalled: the largest error no longer
    falls. guard_may_hide_one: the first guard is known so little that an eigenvalue above a wanted one may be hidden in
    it. guarded: guards were among the vectors that the search started from. unchanged: the last verification has left
    the wanted eigenvalues as they were.
    """

    finished: bool
    verifying: bool
    settled: bool
    stalled: bool
    guard_may_hide_one: bool
    guarded: bool
    unchanged: bool


def next_move(facts: Facts) -> Move:
    """The next move of a search.

    A verification that has begun is carried through. Then the wanted pairs are refined until they are settled or
    nothing helps any more, then the guard, as long as that does help. The result stands if guards were followed from
    the start, or if a verification did not change it.
    """
    if facts.finished:
        return Move.STOP
    if facts.verifying:
        return Move.VERIFY
    if not facts.settled and not facts.stalled:
        return Move.REFINE_WANTED
    if facts.guard_may_hide_one and not facts.stalled:
        return Move.REFINE_GUARD
    if facts.guarded or facts.unchanged:
        return Move.STOP
    return Move.BEGIN_VERIFICATION
