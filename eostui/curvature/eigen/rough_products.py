"""What is known of rough products, those in low precision, beside exact ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoughTrial:
    """What somebody has measured of one kind of rough products, beside exact ones whose graphs are there anyway.

    kind: one of `HasRoughProducts.rough_kinds`. exact: seconds of an exact product. preparation: seconds before the
    first rough one. rough: seconds of a rough one. noise: its relative error. failure: why there are no such products,
    in the words of whatever failed; empty where there are.
    """

    kind: str
    exact: float
    preparation: float
    rough: float
    noise: float
    failure: str = ""

    def seconds(self, products: int) -> float:
        """What a search of so many rough products takes."""
        return self.preparation + products * self.rough

    def __str__(self) -> str:
        if self.failure:
            return f"products in {self.kind} failed, {self.failure}"
        return (
            f"a product takes {self.exact:.3g} s, in {self.kind} {self.rough:.3g} s (and {self.preparation:.3g} s once "
            f"beforehand), and is then off by {self.noise:.1g}"
        )
