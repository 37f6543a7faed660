"""The tables that the instruments fill: what every column is, and in which unit."""

from __future__ import annotations

from eostui.store import CERTIFIED, STEP, Column, DensityChart, Line, LineChart, Table, eigenvalue_table

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
).with_charts(
    LineChart(
        "lowest",
        "Lowest eigenvalue",
        "the most negative (algebraic) eigenvalue of H; positive where the loss is convex",
        (Line("eigenvalue", "λmin", "second"),),
    )
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
).with_charts()

DIRECTIONAL = Table(
    "directional",
    "curvature of the training loss along its gradient",
    (STEP, Column("curvature", "gᵀHg/gᵀg, g = ∇L, H = ∇²L")),
).with_charts(
    LineChart(
        "directional",
        "Directional curvature",
        "gᵀHg/gᵀg, the curvature along the gradient g = ∇L",
        (Line("curvature", "gᵀHg/gᵀg"),),
        compared_with="hessian",
    )
)

EFFECTIVE_SMOOTHNESS = Table(
    "effective_smoothness",
    "how fast the gradient changes along the next gradient step",
    (STEP, Column("smoothness", "max of ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) over 8 even steps α of (0, η]")),
).with_charts(
    LineChart(
        "effective-smoothness",
        "Effective smoothness",
        "the largest ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) for steps α of (0, η]",
        (Line("smoothness", "max"),),
        compared_with="hessian",
    )
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
).with_charts(
    # δ and |x|, not α and β: it is a prediction of what is measured, in the same unit, on one axis
    LineChart(
        "self-stabilization",
        "Self-stabilization",
        "δ = √(2α/β), the oscillation along q1 that holds the sharpness, α = −∇L·∇S⊥ and β = ‖∇S⊥‖² (none where α < 0)",
        (
            Line(
                "oscillation",
                "|x| measured",
                "third",
                brief="|x|",
                table="oscillation",
                first_only=True,
                sparse=True,
                absolute=True,
                meaning="; |x|, the measured one",
            ),
            Line("delta", "δ predicted", brief="δ", sparse=True),
        ),
    )
)

BATCH_SHARPNESS = Table(
    "batch_sharpness",
    "curvature that minibatches see along their own gradients (Andreyev & Beneventano 2024)",
    (
        STEP,
        Column("batch_sharpness", "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size"),
        Column("standard_error", "standard error of that mean"),
    ),
).with_charts(
    LineChart(
        "batch-sharpness",
        "Batch sharpness",
        "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size",
        (Line("batch_sharpness", "mean"),),
        compared_with="hessian",
    )
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
).with_charts(
    LineChart(
        "trace", "Hessian trace", "tr H, the sum of all eigenvalues, by Hutch++", (Line("trace", "tr H", "second"),)
    )
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
).with_charts(
    DensityChart(
        "spectral-density",
        "Spectral density",
        "all eigenvalues λ of H by stochastic Lanczos quadrature: the fuller the shade, the larger their share "
        "there, in log",
        "nodes",
        "weights",
        compared_with="hessian",
    )
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
).with_charts()


def hessian(k: int) -> Table:
    """The `k` largest eigenvalues of the Hessian."""
    return eigenvalue_table("hessian", "largest algebraic eigenvalues of the Hessian H = ∇²L", k).with_charts(
        LineChart(
            "sharpness",
            "Sharpness",
            "λ1 (the sharpness), λ2, … of the loss Hessian H = ∇²L",
            (Line("eigenvalues", "λ"),),
            compared_with="hessian",
        )
    )


def preconditioned(k: int) -> Table:
    """The `k` largest eigenvalues of the Hessian as an adaptive optimizer sees it."""
    return eigenvalue_table(
        "preconditioned",
        "largest eigenvalues of P^(-1/2) (H + wI) P^(-1/2): H the Hessian, P the optimizer's diagonal "
        "preconditioner after as many updates, w its coupled weight decay",
        k,
    ).with_charts(
        LineChart(
            "preconditioned",
            "Preconditioned sharpness",
            "λ1, λ2, … of P⁻¹H, P the optimizer's diagonal preconditioner after as many updates: none at step 0",
            (Line("eigenvalues", "λ"),),
            compared_with="preconditioned",
        )
    )


def gauss_newton(k: int) -> Table:
    """The `k` largest eigenvalues of the Gauss–Newton matrix."""
    return eigenvalue_table(
        "gauss_newton", "largest eigenvalues of the Gauss-Newton matrix G = mean of Jᵀ(∇²_z ℓ)J", k
    ).with_charts(
        LineChart(
            "gauss-newton",
            "Gauss–Newton",
            "eigenvalues of G = mean of Jᵀ(∇²_z ℓ)J: H without the term of the network's own curvature",
            (Line("eigenvalues", "λ", "second"),),
            compared_with="hessian",
        )
    )


def jacobian_gram(k: int) -> Table:
    """The `k` largest eigenvalues of the Jacobian Gram matrix, and what it lacks of the Gauss–Newton matrix."""
    table = eigenvalue_table(
        "jacobian_gram", "largest eigenvalues of the Gram matrix of the outputs' Jacobian, the mean of JᵀJ", k
    )
    attenuation = Column(
        "loss_curvature", "mean of tr ∇²_z ℓ over examples: what the loss adds, fading as it is fitted"
    )
    return Table(table.name, table.description, (*table.columns, attenuation)).with_charts(
        LineChart(
            "jacobian-gram",
            "Jacobian Gram",
            "eigenvalues of the mean of JᵀJ: G without the curvature ∇²_z ℓ of the loss, and without its fading",
            (Line("eigenvalues", "λ", "second"),),
            compared_with="hessian",
        ),
        LineChart(
            "loss-curvature",
            "Loss curvature",
            "mean over examples of tr ∇²_z ℓ, which fades as cross-entropy fits them, and G and H with it",
            (Line("loss_curvature", "tr ∇²_z ℓ", "second"),),
            log=True,
        ),
    )


def oscillation(k: int) -> Table:
    """The oscillation along the `k` top eigenvectors."""
    return Table(
        "oscillation",
        "how far θ_t is from the midpoint (θ_{t−1} + 2θ_t + θ_{t+1})/4 along the eigenvectors measured last",
        (STEP, Column("oscillation", "qᵀ(θ_t − midpoint), q each top eigenvector with its sign kept", width=k)),
    ).with_charts(
        LineChart(
            "oscillation",
            "Oscillation",
            "qᵀ(θ_t − (θ_{t−1} + 2θ_t + θ_{t+1})/4) along q1, q2, …, the top eigenvectors measured last",
            (Line("oscillation", "q", "third"),),
            symmetric=True,
        )
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
    ).with_charts()
