"""Where gradient descent settles on the minimalist example while c = √(x² − y²) stands still (Zhu et al. 2023).

With d = xy and c frozen, one step of size η is a map of the line,

    d ← d[1 + η(1 − d²)√(c⁴ + 4d²) + η²(1 − d²)²d²],

whose fixed point d = 1 has the sharpness S = 2√(c⁴ + 4). Its orbits over ηS are the bifurcation diagram: d = 1 up to
ηS = 2, two values from there on, four from about 2.47, chaos from about 2.6.
"""

from __future__ import annotations

import numpy as np

from eostui.reading.trace import Floats

SETTLING, KEPT = 2000, 64
"""Steps of the map before it is taken to have settled, and steps that are kept after those."""
_START = 0.9
_ESCAPED = 10.0


def orbit(lr: float, products: Floats) -> Floats:
    """The values of d that the map visits, (n, KEPT), for η = `lr` and n values of ηS, (n,).

    NaN where the map diverges, and where no c has this S: it is 4 at least.
    """
    sharpness = products / lr
    with np.errstate(all="ignore"):
        fourth = (sharpness / 2) ** 2 - 4  # c⁴
        d = np.where(fourth >= 0, _START, np.nan)
        kept = np.empty((len(products), KEPT))
        for step in range(SETTLING + KEPT):
            pull = lr * (1 - d**2)
            d = d * (1 + pull * np.sqrt(fourth + 4 * d**2) + (pull * d) ** 2)
            d[np.abs(d) > _ESCAPED] = np.nan
            if step >= SETTLING:
                kept[:, step - SETTLING] = d
    return kept
