"""The tables that the instruments fill: what every column is, and in which unit."""

from __future__ import annotations

from eostui.store import CERTIFIED, STEP, Column, Table, eigenvalue_table

NODES = 60
"""Nodes of the quadrature in a row of the spectral density: probes times Lanczos steps."""

MOST_FOLLOWED = 10
"""So many eigenvalues are followed at most, unless `--eigs` asks for more."""

LOWEST = Table(
    "lowest",
    "the most negative (algebraic) eigenvalue of the Hessian H = ∇²L",
    (
        STEP,
        Column("eigenvalue", "smallest eigenvalue; positive where the loss is convex"),
        Column("residual", "‖Hv − λv‖; a true eigenvalue lies within it"),
        Column("error", "estimated error of the eigenvalue, at most the residual ‖r‖ and about 2‖r‖²/gap"),
        Column("products", "operator-vector products that the measurement took", dtype="int64"),
        CERTIFIED,
    ),
)

TRACKED_SHARPNESS = Table(
    "tracked",
    "the largest eigenvalue of the matrix that the threshold is for, at every step: certified where the solver "
    "measured it, else the Rayleigh quotient of the vector that is followed, which is a lower bound",
    (
        STEP,
        Column("sharpness", "vᵀAv of the followed unit vector v; λ₁ where certified"),
        Column("residual", "‖Av − (vᵀAv)v‖; a true eigenvalue lies within it"),
        Column("certified", "1 where the solver measured at this step, else 0", dtype="int64"),
    ),
)

DIRECTIONAL = Table(
    "directional",
    "curvature of the training loss along its gradient",
    (STEP, Column("curvature", "gᵀHg/gᵀg, g = ∇L, H = ∇²L")),
)

EFFECTIVE_SMOOTHNESS = Table(
    "effective_smoothness",
    "how fast the gradient changes along the next gradient step",
    (STEP, Column("smoothness", "max of ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) over 8 even steps α of (0, η]")),
)

SELF_STABILIZATION = Table(
    "self_stabilization",
    "the gradient of the sharpness S = uᵀHu, u the top eigenvector held fixed (Damian, Nichani & Lee 2022)",
    (
        STEP,
        Column("alpha", "α = −∇L·∇S⊥, progressive sharpening; ∇S⊥ = (I − uuᵀ)∇S"),
        Column("beta", "β = ‖∇S⊥‖²"),
        Column("delta", "δ = √(2α/β), the predicted oscillation; NaN where α < 0"),
        Column("period", "2π/(η√(2α)), the predicted period of the cycle; NaN where α < 0", "steps"),
        Column("gradient_norm", "‖∇S‖"),
    ),
)

BATCH_SHARPNESS = Table(
    "batch_sharpness",
    "curvature that minibatches see along their own gradients (Andreyev & Beneventano 2024)",
    (
        STEP,
        Column("batch_sharpness", "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size"),
        Column("standard_error", "standard error of that mean"),
    ),
)

TRACE = Table(
    "trace",
    "the trace of the Hessian (Hutch++, Meyer et al. 2021)",
    (
        STEP,
        Column("trace", "tr H, estimated"),
        Column("standard_error", "standard error of the estimate"),
        Column("products", "operator-vector products that the measurement took", dtype="int64"),
    ),
)

SPECTRAL_DENSITY = Table(
    "spectral_density",
    "distribution of all eigenvalues of the Hessian by stochastic Lanczos quadrature (Ghorbani et al. 2019): "
    "the mean of f(λ) over all eigenvalues is about the sum of weights·f(nodes)",
    (
        STEP,
        Column("nodes", "where the quadrature puts eigenvalues, ascending", width=NODES),
        Column("weights", "share of all eigenvalues at each node; they add up to 1", width=NODES),
    ),
)

TIMING = Table(
    "timing",
    "where the time goes, between the previous row and this one",
    (
        STEP,
        Column("time", "wall-clock time since the start of the run", "s"),
        Column("steps_per_second", "updates a second, measurements included", "1/s"),
        Column("measuring_share", "share of the time that went into measuring rather than training", ""),
    ),
)


def hessian(k: int) -> Table:
    """The `k` largest eigenvalues of the Hessian."""
    return eigenvalue_table("hessian", "largest algebraic eigenvalues of the Hessian H = ∇²L", k)


def preconditioned(k: int) -> Table:
    """The `k` largest eigenvalues of the Hessian as an adaptive optimizer sees it."""
    return eigenvalue_table(
        "preconditioned",
        "largest eigenvalues of P^(-1/2) (H + wI) P^(-1/2): H the Hessian, P the optimizer's diagonal "
        "preconditioner after as many updates, w its coupled weight decay",
        k,
    )


def gauss_newton(k: int) -> Table:
    """The `k` largest eigenvalues of the Gauss–Newton matrix."""
    return eigenvalue_table("gauss_newton", "largest eigenvalues of the Gauss-Newton matrix G = mean of Jᵀ(∇²_z ℓ)J", k)


def jacobian_gram(k: int) -> Table:
    """The `k` largest eigenvalues of the Jacobian Gram matrix, and what it lacks of the Gauss–Newton matrix."""
    table = eigenvalue_table(
        "jacobian_gram", "largest eigenvalues of the Gram matrix of the outputs' Jacobian, the mean of JᵀJ", k
    )
    attenuation = Column(
        "loss_curvature", "mean of tr ∇²_z ℓ over examples: what the loss adds, fading as it is fitted"
    )
    return Table(table.name, table.description, (*table.columns, attenuation))


def oscillation(k: int) -> Table:
    """The oscillation along the `k` top eigenvectors."""
    return Table(
        "oscillation",
        "how far θ_t is from the midpoint (θ_{t−1} + 2θ_t + θ_{t+1})/4 along the eigenvectors measured last",
        (STEP, Column("oscillation", "qᵀ(θ_t − midpoint), q each top eigenvector with its sign kept", width=k)),
    )


def most_followed(k: int) -> int:
    """How many eigenvalues are followed at most where the `k` largest are wanted."""
    return max(k, MOST_FOLLOWED)


def followed(k: int) -> Table:
    """All eigenvalues near the threshold, and the `k` largest in any case."""
    width = most_followed(k)
    return Table(
        "followed",
        "every eigenvalue above --eig-above times the threshold, and --eigs of them at least, of the matrix that the "
        "threshold is for; NaN past the last",
        (
            STEP,
            Column("eigenvalues", "largest eigenvalues, from the largest down", width=width),
            Column("residuals", "‖Av − λv‖ of each pair; a true eigenvalue lies within it", width=width),
            Column("errors", "estimated error of each eigenvalue, as in the table of the matrix", width=width),
            Column("modes", "number of each eigenvector, kept where they cross; -1 for none", "", "int64", width),
            CERTIFIED,
        ),
    )
