"""The numbers by which a search for eigenvectors is tuned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """What each number means, and where its value comes from.

    "Wanted" pairs are those that the caller asked for; "guards" are the one or two after them, which are followed, too.
    Where no measurement is named, none is on record, and the text says what the choice trades off.
    """

    rows: int = 3
    """A search for m pairs keeps at most rows·m + spare vectors. More vectors save products and cost memory."""

    spare: int = 17
    """The part of that bound that does not depend on m: a search for one pair keeps 20 vectors at most."""

    frugal_rows: int = 4
    """A frugal search for m pairs keeps at most frugal_rows·m + frugal_spare vectors, if that is less than the above.

    With fewer vectors a restart would drop the guards.
    """

    frugal_spare: int = 6
    """The part of the frugal bound that does not depend on m: a search for one pair keeps 10 vectors at most."""

    random_part: float = 0.1
    """The length of the random vector that is added to the unit gradient where a search starts from the gradient alone.

    It gives the start a component along every eigenvector, and leaves the gradient the main direction.
    """

    progress: float = 0.9
    """The search makes progress when its largest error falls below this fraction of the smallest one so far."""

    near_floor: float = 100.0
    """A residual below this many times `RitzPairs.rounding` is near what the dtype can reach."""

    floor_patience: int = 5
    """Near that floor the search ends after this many products without progress.

    Elsewhere it has as much patience as its basis has vectors. A smaller number gives up what could still be gained, a
    larger one spends products on rounding errors.
    """

    resolution: float = 0.01
    """No reported error is smaller than this fraction of the tolerance.

    Eigenvalues closer than that may not have been told apart by a search that ends at the tolerance.
    """

    frugal_resolution: float = 0.5
    """The same for a frugal search, whose small basis knows the guards, and with them the gaps, less well."""

    close_guard: float = 0.75
    """A first guard above this fraction of the last wanted eigenvalue gets a second guard after it.

    The gap to the second one then bounds the error where that to the first is too small. With 0.87 in its place one
    claimed error in fifty was broken.
    """

    nearly_above: float = 0.95
    """Eigenvectors whose eigenvalues are above this fraction of `Wanted.above` are followed, in case they cross it."""

    guard_residual: float = 0.01
    """A guard is known well enough when its residual is below this fraction of the last wanted eigenvalue.

    A smaller fraction finds more of what has risen to the top in a guard, for more products.
    """

    guard_room: float = 5.0
    """A guard with the value g and the residual r may hide an eigenvalue as high as g + guard_room·r.

    Why: a mixture s u + c y of two eigenvectors, s² + c² = 1, whose eigenvalues are Δ apart has

        the value     λ_u − c² Δ,
        the residual  s c Δ:        λ_u is c/s residuals above its value.

    With c/s = 5 the hidden eigenvector u is s² = 1/26 of the guard; less of it is not looked for. With a room of 0.7 a
    sharpness that was 5e-3 too low was claimed to be right to 2e-4 (fc-tanh of depth 4 on digits, measured every 20
    steps): a third of a guard with a residual of 7 % was an eigenvector that had risen. With a room of 3, and
    `ritz.MARGIN` 2, two claimed errors were broken along one hard run when only the order of rounding had changed.
    """

    verification_steps: int = 6
    """A verification takes this many Lanczos steps from a random vector.

    More steps find eigenvectors whose eigenvalues are less far above the others, for one product each.
    """

    rough_tolerance: float = 2 / 3
    """A search with rough products ends at this fraction of the tolerance.

    It is below 1 because confirmation by exact products adds to the errors, and where one is then above the tolerance
    the search has to go on with exact products. At 2/3 that was seldom seen.
    """

    verified_every: int = 20
    """A trajectory is verified when this many measurements have passed since the last verification."""

    jump: float = 1.4
    """It is verified as well when the loss has changed by more than this factor since the measurement before."""

    def most_vectors(self, pairs: int, *, frugal: bool) -> int:
        """How many vectors a search for so many pairs keeps at most."""
        usual = self.rows * pairs + self.spare
        return min(self.frugal_rows * pairs + self.frugal_spare, usual) if frugal else usual


TUNED = Tuning()
"""The numbers that eostui measures with."""
