"""The search for the largest eigenpairs: one basis after another that grows until the wanted pairs are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigen.policy import Facts, Move, next_move
from eostui.curvature.eigen.ritz import Array, RitzPairs, RitzSubspace, RitzVectors, errors_beside
from eostui.curvature.eigen.tuning import Tuning


@dataclass(frozen=True)
class Wanted:
    """Which eigenvalues a search is for, and how accurately.

    The `least` largest (at least 1), or as many as lie above `above`, but no more than `most` (default `least`). The
    estimated error of each is to be at most tol·|λ₁|.

    Raises ValueError for a `least` below 1.
    """

    least: int
    most: int | None = None
    above: float = np.inf
    tol: float = 1e-3

    def __post_init__(self) -> None:
        if self.least < 1:
            raise ValueError(f"at least 1 eigenvalue must be wanted, not {self.least}")

    def count(self, ritz_values: Array, size: int) -> int:
        """How many pairs are wanted of a matrix (size, size) where these are the Ritz values."""
        return min(max(min(self.least, size), int(np.sum(ritz_values > self.above))), self.at_most(size))

    def at_most(self, size: int) -> int:
        """The largest number of pairs that can be wanted of a matrix (size, size)."""
        return min(max(self.least, self.most or self.least), size)


@dataclass(frozen=True)
class Budget:
    """What a search may take.

    max_products: about how many products, at least 1. frugal: whether to keep few vectors, at the price of restarts.

    Raises ValueError for max_products below 1.
    """

    max_products: int = 500
    frugal: bool = False

    def __post_init__(self) -> None:
        if self.max_products < 1:
            raise ValueError(f"max_products must be at least 1, not {self.max_products}")


@dataclass(frozen=True)
class SearchProgress:
    """How far a search is: its `products` until now, and the largest error ÷ |λ₁|, which is to reach `tol`."""

    products: int
    error: float


@dataclass(frozen=True)
class Found:
    """What a search has found: the m wanted pairs and the guards after them.

    values, residuals, errors: (m,) of the wanted pairs. vectors: (m + guards, size) as rows. converged: every error is
    within the tolerance. guards: the guards with their residual vectors, after a search with inexact products.
    """

    values: Array
    residuals: Array
    errors: Array
    vectors: Tensor
    converged: bool
    guards: RitzVectors | None = None


@dataclass
class Search:
    """One search, over all the bases that it takes.

    random_direction: returns a random unit vector (1, size). on_product: is called after every product. products: how
    many were made, exact and rough ones together.
    """

    wanted: Wanted
    budget: Budget
    tuning: Tuning
    random_direction: Callable[[], Tensor]
    on_product: Callable[[SearchProgress], None] | None
    products: int = 0

    def run(self, subspace: RitzSubspace, *, guards: int, noise: float = 0.0) -> Found:
        """Grow the basis `subspace` from the directions that were added to it until the wanted pairs are known.

        guards: how many vectors the search was started from, of which those after the wanted pairs are guards. With 0
        the result is verified. noise: how wrong products are, relative to |λ₁|; a smaller residual counts as zero.
        """
        return _Growth(self, subspace, guards, noise).run()

    def confirm(self, subspace: RitzSubspace, rough: Found) -> Found:
        """Confirm by exact products with `subspace`, an empty basis, what a search with rough ones has found.

        Where an error is above the tolerance the search goes on with exact products.
        """
        wanted, vectors = len(rough.values), rough.vectors
        subspace.add(vectors[:wanted], signed=wanted)
        self.products += subspace.take_in()
        ritz = subspace.ritz_pairs(wanted)
        found, scale = subspace.written_out(ritz), abs(ritz.values[0])
        errors = _confirmed_errors(ritz, found, rough)
        tol = self.wanted.tol
        errors = np.maximum(errors, self.tuning.resolution * tol * scale)
        self.report(float(errors.max()) / (scale or 1.0))
        if errors.max() > tol * scale:
            if len(vectors) > wanted:
                subspace.add(vectors[wanted:], signed=len(vectors) - wanted)
            return self.run(subspace, guards=len(vectors))
        # By exact products fewer of them may lie above the limit.
        wanted = self.wanted.count(ritz.values, subspace.operator.size)
        confirmed = torch.cat([found.vectors, vectors[len(ritz.values) :]])
        return Found(ritz.values[:wanted], ritz.residuals[:wanted], errors[:wanted], confirmed, converged=True)

    def report(self, error: float) -> None:
        """Call `on_product` with the largest error, relative to |λ₁|."""
        if self.on_product is not None:
            self.on_product(SearchProgress(self.products, error))


def _confirmed_errors(ritz: RitzPairs, found: RitzVectors, rough: Found) -> Array:
    """Estimated errors of the values that exact products give the vectors of a rough search.

    Exact products were made with the wanted vectors only: the values of the guards are rough ones, and taken to be as
    wrong as those of the wanted pairs have turned out to be.
    """
    if rough.guards is None or not len(rough.guards.values):
        return ritz.residuals  # a search that was cut short has no guards, and nothing else bounds an error
    wrong = float(np.abs(ritz.values - rough.values).max())
    return errors_beside(found, replace(rough.guards, values=rough.guards.values + wrong), ritz.rounding)


@dataclass(frozen=True)
class _Standing:
    """What the basis knows of the wanted pairs.

    ritz: the wanted pairs and the guards after them. wanted: how many are wanted. errors: (wanted,) estimated errors of
    their values. unsettled: (wanted,) the same, but 0 where noise is all that is left of the residual. error: the
    largest of those, infinite as long as the basis cannot bound it.
    """

    ritz: RitzPairs
    wanted: int
    errors: Array
    unsettled: Array
    error: float

    @property
    def values(self) -> Array:
        """λ of the wanted pairs; fewer than `wanted` as long as the basis has no more vectors."""
        return self.ritz.values[: self.wanted]

    @property
    def residuals(self) -> Array:
        """‖A x − λ x‖ of the wanted pairs."""
        return self.ritz.residuals[: self.wanted]

    @property
    def scale(self) -> float:
        """|λ₁|, which tolerances are relative to."""
        return float(abs(self.ritz.values[0]))


class _Patience:
    """Counts the products since the largest error last fell."""

    def __init__(self, progress: float) -> None:
        self._progress = progress
        self._smallest = np.inf
        self._since = 0

    def note(self, error: float, products: int) -> None:
        """After so many products the largest error was this."""
        if error < self._progress * self._smallest:
            self._smallest, self._since = error, products

    def waited(self, products: int) -> int:
        """How many products have brought nothing."""
        return products - self._since

    def begin_at(self, products: int) -> None:
        """Begin to count when so many products have been made."""
        self._smallest, self._since = np.inf, products


class _Growth:
    """The growth of one basis, a vector at a time."""

    def __init__(self, search: Search, subspace: RitzSubspace, guards: int, noise: float) -> None:
        self._search = search
        self._subspace = subspace
        self._guards = guards
        self._noise = noise
        tuning, budget = search.tuning, search.budget
        self._tol = tuning.rough_tolerance * search.wanted.tol if noise else search.wanted.tol
        self._least_error = (tuning.frugal_resolution if budget.frugal else tuning.resolution) * self._tol
        self._patience = _Patience(tuning.progress)
        self._before_verification: Array | None = None
        self._steps_left = 0

    def run(self) -> Found:
        """Grow until the policy says that it is enough."""
        while True:
            self._search.products += self._subspace.take_in()
            now = self._standing()
            self._search.report(now.error / (now.scale or 1.0))
            self._patience.note(now.error, self._search.products)
            move = next_move(self._facts(now))
            if move is Move.STOP:
                return self._found(now)
            self._make(move, now)

    def _standing(self) -> _Standing:
        wanted, followed = self._counts()
        ritz = self._subspace.ritz_pairs(followed)
        scale = abs(ritz.values[0])
        errors = np.maximum(ritz.errors()[:wanted], self._least_error * scale)
        unsettled = np.where(ritz.residuals[:wanted] <= self._noise * scale, 0.0, errors)
        # A basis that has no more vectors than are wanted knows no errors yet.
        known = len(ritz.values) > wanted or self._spans_everything()
        return _Standing(ritz, wanted, errors, unsettled, float(unsettled.max()) if known else np.inf)

    def _counts(self) -> tuple[int, int]:
        """How many pairs are wanted, and how many are followed, guards included."""
        ritz_values, size = self._subspace.ritz_values(), self._subspace.operator.size
        wanted, tuning = self._search.wanted, self._search.tuning
        count = wanted.count(ritz_values, size)
        nearly = int(np.sum(ritz_values > tuning.nearly_above * wanted.above))
        followed = min(max(count, nearly), wanted.at_most(size)) + 1
        if len(ritz_values) > followed and ritz_values[followed - 1] > tuning.close_guard * abs(ritz_values[count - 1]):
            followed += 1
        return count, followed

    def _facts(self, now: _Standing) -> Facts:
        tuning, products = self._search.tuning, self._search.products
        near_floor = now.residuals.max() <= tuning.near_floor * now.ritz.rounding
        patience = tuning.floor_patience if near_floor else self._subspace.capacity
        return Facts(
            finished=self._spans_everything() or products >= self._search.budget.max_products,
            verifying=self._steps_left > 0,
            settled=self._settled(now),
            stalled=bool(np.isfinite(now.error)) and self._patience.waited(products) >= patience,
            guard_may_hide_one=self._guard_may_hide_one(now),
            guarded=self._guards > now.wanted,
            unchanged=self._unchanged(now),
        )

    def _spans_everything(self) -> bool:
        return self._subspace.count == self._subspace.operator.size

    def _settled(self, now: _Standing) -> bool:
        return now.error <= self._tol * now.scale

    def _guard_may_hide_one(self, now: _Standing) -> bool:
        """Whether the first guard, of which little is known yet, may have an eigenvector in it that is wanted."""
        if len(now.ritz.values) <= now.wanted:
            return False
        tuning, wanted = self._search.tuning, self._search.wanted
        guard, residual = now.ritz.values[now.wanted], now.ritz.residuals[now.wanted]
        last = now.values[-1]
        room_for_more = now.wanted < wanted.at_most(self._subspace.operator.size)
        limit = min(wanted.above, last) if room_for_more else last
        least = max(self._tol, 2 * self._noise) * now.scale
        high_enough = guard + tuning.guard_room * residual > limit
        return bool(high_enough and residual > max(tuning.guard_residual * abs(last), least))

    def _unchanged(self, now: _Standing) -> bool:
        """Whether the wanted eigenvalues are what they were before the last verification."""
        before = self._before_verification
        if before is None or len(before) != len(now.values):
            return False
        return bool(np.abs(now.values - before).max() <= max(self._tol * now.scale, now.error))

    def _make(self, move: Move, now: _Standing) -> None:
        """Have the basis take the vector of this move."""
        if move is Move.BEGIN_VERIFICATION:
            steps = self._search.tuning.verification_steps
            self._before_verification, self._steps_left = now.values, steps - 1
            self._patience.begin_at(self._search.products + steps)
            self._subspace.add(self._search.random_direction())
            return
        if move is Move.VERIFY:
            self._steps_left -= 1
            weights = self._subspace.step()
        else:
            pair = now.wanted if move is Move.REFINE_GUARD else int(np.argmax(now.unsettled))
            weights = now.ritz.outside[:, pair]
        if np.linalg.norm(weights) > now.ritz.rounding:
            self._subspace.lead(weights)
        else:
            self._subspace.add(self._search.random_direction())  # rounding errors lead nowhere

    def _found(self, now: _Standing) -> Found:
        converged = self._settled(now)
        if not self._noise:
            return Found(now.values, now.residuals, now.errors, self._subspace.vectors(now.ritz), converged)
        written = self._subspace.written_out(now.ritz)
        guards = written.after(now.wanted)
        return Found(now.values, now.residuals, now.errors, written.vectors, converged, guards=guards)
