"""What an instrument costs, in words."""

from __future__ import annotations

from eostui.config import Measuring
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work


def cost_of(kind: type[Instrument]) -> str:
    """The cost of a row in gradients, as a function of the number k of eigenvalues."""
    one, two = (kind.work(Scope(Measuring(eigs=eigs))) for eigs in (1, 2))
    each = two.in_gradients - one.in_gradients
    said = [f"about {one.in_gradients - each:.2g}"] if one.in_gradients else []
    said = [f"{said[0]} + {each:.2g}k"] if each else said
    said += [f"{work} {what}" for work, what in ((one.tests, "pass over the test set"),) if work]
    said += [f"a gradient and a product of {one.batches:.0f} minibatches"] if one.batches else []
    return ", ".join([*said, *(["every step"] if kind.every_step and one != Work() else [])]) or "nothing"
