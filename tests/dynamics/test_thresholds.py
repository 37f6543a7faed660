"""The stability thresholds, found again by bisection on the real optimizers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from eostui.dynamics.formulas import Matrix
from eostui.dynamics.optim.scalar_rmsprop import ScalarRMSprop
from eostui.dynamics.optim.sgd import DecoupledSGD
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.thresholds import stability_threshold

SETTLING, STEPS, WINDOW = 120, 240, 20
LR = 0.01
LASTING = 1 - 1e-12
"""A β₂ with which a second moment stays what it is for a whole bisection."""
OLD = 1e14
"""So many updates that no bias is left to correct, and time as good as stands still."""
SECOND_MOMENTS = ("exp_avg_sq", "max_exp_avg_sq", "square_avg", "square_norm_avg", "sum")
ONE = torch.ones(1, 1, dtype=torch.float64)
Make = Callable[[list[Any]], Optimizer]


@dataclass(frozen=True)
class Setting:
    """An optimizer, and the state in which it is examined: after `age` updates and with second moments of 4.

    The moments of the iterates, which are tiny, add nothing to that. `held` sets the clock back before every step.
    """

    make: Make
    formula: str = ""
    symbols: dict[str, float] = field(default_factory=dict)
    matrix: Matrix = Matrix.PRECONDITIONED
    age: float = OLD
    held: bool = False


def set_back(optimizer: Optimizer, age: float) -> None:
    """To the state before the update that makes it `age` updates old."""
    for state in optimizer.state.values():
        if "step" in state:
            state["step"] = torch.tensor(age - 1, dtype=torch.float64)
        if "mu_product" in state:
            state["mu_product"].fill_(0.0)
        for name in SECOND_MOMENTS:
            if name in state:
                state[name].fill_(4.0)


def prepared(setting: Setting, weights: list[Tensor]) -> Optimizer:
    """The optimizer after `age` updates, all of them without a gradient."""
    optimizer = setting.make([w.requires_grad_() for w in weights])
    for _ in range(2):
        for w in weights:
            w.grad = torch.zeros_like(w)
        set_back(optimizer, setting.age)
        optimizer.step()
    return optimizer


def growth(setting: Setting, hessian: Tensor, multiples: Tensor) -> Tensor:
    """How ‖θ‖ on ½θᵀHθ grows once the optimizer has settled into its slowest mode, for many multiples of H at once.

    Every entry of θ is a tensor of its own, (multiples,).
    """
    weights = [torch.full_like(multiples, 1e-120) for _ in hessian]
    optimizer = prepared(setting, weights)
    sizes: list[Tensor] = []
    for _ in range(STEPS):
        theta = torch.stack(weights).detach()
        sizes.append(theta.norm(dim=0))
        for w, g in zip(weights, multiples * (hessian @ theta), strict=True):
            w.grad = g
        if setting.held:
            set_back(optimizer, setting.age)
        optimizer.step()
    first, last = torch.stack(sizes[SETTLING : SETTLING + WINDOW]), torch.stack(sizes[-WINDOW:])
    return last.amax(dim=0) / first.amax(dim=0)  # complex modes come near zero now and then


def stable_up_to(setting: Setting, hessian: Tensor, low: float, high: float) -> float:
    """The multiple of the Hessian below which θ always shrinks and above which it always grows."""
    while high - low > 1e-6 * high:
        multiples = torch.linspace(low, high, 2000, dtype=torch.float64)
        grows = growth(setting, hessian, multiples) > 1
        stable = int((~grows).sum())
        assert 0 < stable < len(multiples)
        assert not grows[:stable].any()
        low, high = multiples[stable - 1].item(), multiples[stable].item()
    return (low + high) / 2


def computed(formula: str, symbols: dict[str, float]) -> float:
    """What a formula says, read as it is written."""
    tokens = re.findall(r"β₁|μₜ|ηₜ|[ημdw]|\d+|[()+−/]", formula.split(",")[0])
    text = ""
    for token in tokens:
        if text and text[-1] not in "(+-/" and token not in ")+−/":
            text += "*"
        text += str(symbols.get(token, "-" if token == "−" else token))
    return float(eval(text))


def sgd(formula: str, *, make: Callable[..., SGD] = SGD, **settings: Any) -> Setting:
    symbols = {"η": LR, "μ": settings.get("momentum", 0), "d": settings.get("dampening", 0)}
    symbols["w"] = settings.get("weight_decay", settings.get("decay", 0))
    return Setting(lambda weights: make(weights, lr=LR, **settings), formula, symbols, Matrix.HESSIAN)


def dampened(weights: list[Tensor], *, dampening: float, **settings: Any) -> SGD:
    """Ours with a dampening, which only a group can have."""
    return DecoupledSGD([{"params": weights, "dampening": dampening}], **settings)


def adam(formula: str, *, make: type[Adam] = Adam, beta1: float = 0.9, **settings: Any) -> Setting:
    def build(weights: list[Tensor]) -> Optimizer:
        return make(weights, lr=LR, betas=(beta1, LASTING), **settings)

    return Setting(build, formula, {"η": LR, "β₁": beta1, "w": settings.get("weight_decay", 0)})


def nadam(formula: str, progress: float, *, beta1: float = 0.9, **settings: Any) -> Setting:
    """`progress` is ψt, how far μₜ has come."""

    def build(weights: list[Tensor]) -> Optimizer:
        return NAdam(weights, lr=LR, betas=(beta1, LASTING), momentum_decay=progress / OLD, **settings)

    mu = beta1 * (1 - 0.5 * 0.96**progress)
    return Setting(build, formula, {"η": LR, "β₁": beta1, "μₜ": mu, "w": settings.get("weight_decay", 0)})


def rmsprop(formula: str, **settings: Any) -> Setting:
    symbols = {"η": LR, "μ": settings.get("momentum", 0)}
    return Setting(lambda weights: RMSprop(weights, lr=LR, alpha=LASTING, **settings), formula, symbols)


def scalar_rmsprop(formula: str, **settings: Any) -> Setting:
    return Setting(lambda weights: ScalarRMSprop(weights, lr=LR, beta2=LASTING, **settings), formula, {"η": LR})


def adagrad(formula: str, **settings: Any) -> Setting:
    rate = LR / (1 + OLD * settings.get("lr_decay", 0))
    return Setting(lambda weights: Adagrad(weights, lr=LR, **settings), formula, {"η": LR, "ηₜ": rate})


NADAM, NADAM_DECOUPLED = "(2+2β₁)/(η(1+β₁−2μₜβ₁))", "(2−ηw)(1+β₁)/(η(1+β₁−2μₜβ₁))"
NESTEROV_DECOUPLED = "(2−ηw)(1+μ)/(η(1+2μ))"
SETTINGS = {
    "gd": sgd("2/η"),
    "momentum": sgd("(2+2μ)/η", momentum=0.9),
    "dampening": sgd("(2+2μ)/(η(1−d))", momentum=0.9, dampening=0.9),
    "nesterov": sgd("(2+2μ)/(η(1+2μ))", momentum=0.9, nesterov=True),
    "gd-decay": sgd("2/η − w", weight_decay=5.0),
    "dampening-decay": sgd("(2+2μ)/(η(1−d)) − w", momentum=0.5, dampening=0.25, weight_decay=5.0),
    "nesterov-decay": sgd("(2+2μ)/(η(1+2μ)) − w", momentum=0.9, nesterov=True, weight_decay=5.0),
    "gd-decoupled": sgd("(2−ηw)/η", make=DecoupledSGD, decay=5.0),
    "momentum-decoupled": sgd("(2−ηw)(1+μ)/η", make=DecoupledSGD, momentum=0.9, decay=5.0),
    "dampening-decoupled": sgd("(2−ηw)(1+μ)/(η(1−d))", make=dampened, momentum=0.5, dampening=0.25, decay=5.0),
    "nesterov-decoupled": sgd(NESTEROV_DECOUPLED, make=DecoupledSGD, momentum=0.9, nesterov=True, decay=5.0),
    "adam": adam("38/η"),
    "adam-beta1": adam("(2+2β₁)/((1−β₁)η)", beta1=0.5, eps=0.3),
    "adam-decay": adam("38/η", weight_decay=5.0),
    "amsgrad": adam("38/η", amsgrad=True),
    "adamw": adam("19(2−ηw)/η", make=AdamW, weight_decay=5.0),
    "adamw-beta1": adam("(2−ηw)(1+β₁)/((1−β₁)η)", make=AdamW, beta1=0.6, weight_decay=5.0),
    "adamw-amsgrad": adam("19(2−ηw)/η", make=AdamW, weight_decay=5.0, amsgrad=True),
    "nadam-young": nadam(NADAM, 0.0),
    "nadam-older": nadam(NADAM, 10.0),
    "nadam-old": nadam(NADAM, 1000.0, beta1=0.8),
    "nadam-decay": nadam(NADAM, 10.0, weight_decay=5.0),
    "nadam-decoupled": nadam(NADAM_DECOUPLED, 10.0, weight_decay=5.0, decoupled_weight_decay=True),
    "rmsprop": rmsprop("2/η"),
    "rmsprop-momentum": rmsprop("(2+2μ)/η", momentum=0.9),
    "rmsprop-centered-decay": rmsprop("2/η", centered=True, weight_decay=5.0),
    "scalar-rmsprop": scalar_rmsprop("2/η"),
    "scalar-rmsprop-decay": scalar_rmsprop("2/η", weight_decay=5.0),
    "adagrad": adagrad("2/η"),
    "adagrad-lr-decay": adagrad("2/ηₜ", lr_decay=3 / OLD, weight_decay=5.0),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_an_optimizer_is_stable_exactly_up_to_its_threshold_and_its_formula_says_the_same(setting: Setting) -> None:
    weights = [torch.zeros(1, dtype=torch.float64)]
    optimizer = prepared(setting, weights)
    threshold, p = stability_threshold(optimizer), preconditioner(optimizer, weights)
    assert (threshold.matrix, threshold.formula) == (setting.matrix, setting.formula)
    assert threshold.value == pytest.approx(computed(setting.formula, setting.symbols), rel=1e-9)
    scale = 1.0 if p is None else p.item()
    curvature = threshold.value * scale - threshold.weight_decay
    found = stable_up_to(setting, ONE, 0.02 * curvature, 1.2 * curvature)
    assert (found + threshold.weight_decay) / scale == pytest.approx(threshold.value, rel=1e-6)


def test_the_thresholds_at_a_step_size_of_a_hundredth_are_those_of_the_papers() -> None:
    values = {
        name: stability_threshold(SETTINGS[name].make([torch.zeros(1)])).value
        for name in ("gd", "momentum", "dampening", "nesterov", "gd-decay", "adam", "adamw", "rmsprop-momentum")
    }
    assert list(values.values()) == pytest.approx([200, 380, 3800, 135.714285714, 195, 3800, 3705, 380])


@pytest.mark.parametrize("age", [1, 4, 50])
@pytest.mark.parametrize("make", [Adam, AdamW])
def test_adams_threshold_is_the_same_at_any_time_for_p_has_the_correction_of_its_bias(
    make: type[Adam], age: int
) -> None:
    setting = Setting(lambda weights: make(weights, lr=LR, weight_decay=0.0), age=age, held=True)
    weights = [torch.zeros(1, dtype=torch.float64)]
    p = preconditioner(prepared(setting, weights), weights)
    assert p is not None
    found = stable_up_to(setting, ONE, 1000 * p.item(), 5000 * p.item())
    assert found / p.item() == pytest.approx(3800, rel=1e-6)


@pytest.mark.parametrize("age", [40, 1000, 20_000])
def test_nadams_threshold_grows_with_time(age: int) -> None:
    """The formula takes μₜ₊₁ for μₜ, which is the difference here."""
    setting = Setting(lambda weights: NAdam(weights, lr=LR), age=age, held=True)
    weights = [torch.zeros(1, dtype=torch.float64)]
    optimizer = prepared(setting, weights)
    threshold, p = stability_threshold(optimizer), preconditioner(optimizer, weights)
    assert p is not None
    mu = 0.9 * (1 - 0.5 * 0.96 ** (0.004 * age))
    assert threshold.value == pytest.approx(2 * 1.9 / (LR * (1.9 - 1.8 * mu)))
    curvature = threshold.value * p.item()
    found = stable_up_to(setting, ONE, 0.02 * curvature, 1.2 * curvature)
    assert found == pytest.approx(curvature, rel=1e-5)


def two_groups(make: Callable[..., Optimizer], first: dict[str, Any], second: dict[str, Any], **common: Any) -> Make:
    return lambda weights: make([{"params": weights[:1], **first}, {"params": weights[1:], **second}], **common)


SLOW, FAST = {"lr": 0.01}, {"lr": 0.03}
GROUPS = {
    "gd": (two_groups(SGD, SLOW, FAST, lr=1.0), "2, η in P", 2),
    "momentum-decay": (two_groups(SGD, SLOW, FAST, lr=1.0, momentum=0.9, weight_decay=1.0), "2+2μ, η in P", 3.8),
    "nesterov": (
        two_groups(SGD, SLOW, FAST, lr=1.0, momentum=0.9, nesterov=True),
        "(2+2μ)/(1+2μ), η in P",
        3.8 / 2.8,
    ),
    "decoupled": (
        two_groups(DecoupledSGD, {"decay": 5.0}, {"decay": 0.0}, lr=0.01, momentum=0.5),
        "2+2μ, η and w in P",
        3,
    ),
    "adam": (two_groups(Adam, SLOW, FAST, betas=(0.9, LASTING)), "38, η in P", 38),
    "adam-eps-decay": (
        two_groups(Adam, SLOW | {"eps": 1.0}, FAST, betas=(0.8, LASTING), weight_decay=5.0),
        "(2+2β₁)/(1−β₁), η in P",
        18,
    ),
    "adamw-without-decay-of-some": (
        two_groups(AdamW, SLOW | {"weight_decay": 0.0}, SLOW | {"weight_decay": 20.0}, betas=(0.9, LASTING)),
        "38, η and w in P",
        38,
    ),
    "rmsprop": (two_groups(RMSprop, SLOW, FAST, alpha=LASTING, momentum=0.5), "2+2μ, η in P", 3),
    "scalar-rmsprop": (two_groups(ScalarRMSprop, SLOW, FAST, beta2=LASTING), "2, η in P", 2),
    "adagrad": (two_groups(Adagrad, SLOW, FAST, lr_decay=2 / OLD), "2, η in P", 2),
}


@pytest.mark.parametrize(("make", "formula", "value"), GROUPS.values(), ids=GROUPS)
def test_parameter_groups_that_differ_in_step_size_share_a_threshold_with_the_step_sizes_in_p(
    make: Make, formula: str, value: float
) -> None:
    setting = Setting(make)
    weights = [torch.zeros(1, dtype=torch.float64) for _ in range(3)]
    optimizer = prepared(setting, weights)
    threshold, p = stability_threshold(optimizer), preconditioner(optimizer, weights)
    assert (threshold.matrix, threshold.formula) == (Matrix.PRECONDITIONED, formula)
    assert threshold.value == pytest.approx(value)
    assert p is not None
    assert len(p.unique()) == 2
    hessian = torch.tensor([[3.0, 1.0, 0.5], [1.0, 2.0, -1.0], [0.5, -1.0, 4.0]], dtype=torch.float64)

    def top(multiple: float) -> float:
        shifted = multiple * hessian + threshold.weight_decay * torch.eye(3)
        return float(torch.linalg.eigvalsh(shifted * p.rsqrt() * p.rsqrt()[:, None])[-1])

    guess = (threshold.value - top(0)) / (top(1) - top(0))
    found = stable_up_to(setting, hessian, 0.1 * guess, 1.2 * guess)
    assert top(found) == pytest.approx(threshold.value, rel=1e-6)


def test_equal_parameter_groups_have_the_threshold_of_one() -> None:
    weights = [torch.zeros(1) for _ in range(2)]
    assert stability_threshold(SGD([{"params": [w]} for w in weights], lr=0.1)).value == pytest.approx(20)
    adam = stability_threshold(Adam([{"params": [w]} for w in weights], lr=0.1))
    assert adam.value == pytest.approx(380)
    assert adam.formula == "38/η"


def test_dampening_without_momentum_changes_nothing() -> None:
    assert stability_threshold(SGD([torch.zeros(1)], lr=0.01, dampening=0.5)).value == pytest.approx(200)


def test_coupled_weight_decay_is_taken_off_a_threshold_on_the_hessian_and_left_to_a_preconditioned_one() -> None:
    weights = [torch.zeros(1)]
    sgd = stability_threshold(SGD(weights, lr=0.01, weight_decay=5.0))
    adam = stability_threshold(Adam(weights, lr=0.01, weight_decay=5.0))
    assert (sgd.value, adam.value) == pytest.approx((195, 3800))
    assert (sgd.weight_decay, adam.weight_decay) == (0, 5)


@pytest.mark.parametrize("make", [SGD, Adam, Adagrad])
def test_the_threshold_follows_a_step_size_changed_in_place(make: Callable[..., Optimizer]) -> None:
    optimizer = make([torch.zeros(1)], lr=0.01)
    before = stability_threshold(optimizer).value
    optimizer.param_groups[0]["lr"] = 0.02
    assert stability_threshold(optimizer).value == pytest.approx(before / 2)
    optimizer.param_groups[0]["lr"] = 0.0
    assert stability_threshold(optimizer).value == math.inf


class Sign(SGD):
    """Another optimizer that is a kind of torch's SGD."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for p in self.param_groups[0]["params"]:
            p.sub_(self.param_groups[0]["lr"] * p.grad.sign())


def without_a_threshold() -> Iterator[Any]:
    def groups(**differing: tuple[Any, Any]) -> list[dict[str, Any]]:
        return [{"params": [torch.zeros(1)], **{k: v[i] for k, v in differing.items()}} for i in range(2)]

    yield pytest.param(SGD(groups(momentum=(0.9, 0.5)), lr=0.1), id="unequal-momenta")
    yield pytest.param(SGD(groups(lr=(0.1, 0.2), weight_decay=(0, 1)), lr=0.1), id="unequal-coupled-decay")
    yield pytest.param(Adam(groups(betas=((0.9, 0.999), (0.8, 0.999)))), id="unequal-beta1")
    yield pytest.param(SGD([torch.zeros(1)], lr=0.1, maximize=True), id="ascent")
    yield pytest.param(Adam([torch.zeros(1)], maximize=True), id="adam-ascent")
    yield pytest.param(torch.optim.RAdam([torch.zeros(1)]), id="radam")
    yield pytest.param(Sign([torch.zeros(1)], lr=0.1), id="derived-class")
    if hasattr(torch.optim, "Muon"):
        yield pytest.param(torch.optim.Muon([torch.zeros(1, 1)]), id="muon")
    unfrozen_later = NAdam(weights := [torch.zeros(1), torch.zeros(1)])
    weights[0].grad = torch.ones(1)
    unfrozen_later.step()
    weights[1].grad = torch.ones(1)
    unfrozen_later.step()
    yield pytest.param(unfrozen_later, id="nadam-of-unequal-ages")


@pytest.mark.parametrize("optimizer", without_a_threshold())
def test_where_there_is_no_threshold_it_is_nan_and_says_so(optimizer: Optimizer) -> None:
    threshold = stability_threshold(optimizer)
    assert math.isnan(threshold.value)
    assert threshold.formula == "n/a"
