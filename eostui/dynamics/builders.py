"""How each optimizer of the catalogue is made, from this project's names for hyperparameters."""

from __future__ import annotations

from torch import optim
from torch.optim.optimizer import ParamsT

from eostui.dynamics.decoupled_sgd import DecoupledSGD
from eostui.dynamics.scalar_rmsprop import ScalarRMSprop


def sgd(
    params: ParamsT, lr: float, *, weight_decay: float, decoupled: bool, momentum: float = 0.0, nesterov: bool = False
) -> optim.Optimizer:
    """torch's SGD, or ours where the weight decay is decoupled; `nesterov` without momentum is gradient descent."""
    nesterov = nesterov and momentum > 0  # torch refuses it
    if decoupled:
        return DecoupledSGD(params, lr, momentum=momentum, nesterov=nesterov, decay=weight_decay)
    return optim.SGD(params, lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)


def nesterov(params: ParamsT, lr: float, *, momentum: float, weight_decay: float, decoupled: bool) -> optim.Optimizer:
    """SGD with Nesterov's momentum, as torch has it."""
    return sgd(params, lr, momentum=momentum, nesterov=True, weight_decay=weight_decay, decoupled=decoupled)


def adam(params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float) -> optim.Optimizer:
    """torch's Adam."""
    return optim.Adam(params, lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def adamw(
    params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float
) -> optim.Optimizer:
    """torch's AdamW."""
    return optim.AdamW(params, lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def nadam(
    params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool
) -> optim.Optimizer:
    """torch's NAdam."""
    betas = (beta1, beta2)
    return optim.NAdam(params, lr, betas, eps, weight_decay=weight_decay, decoupled_weight_decay=decoupled)


def rmsprop(
    params: ParamsT, lr: float, *, beta2: float, eps: float, momentum: float, weight_decay: float, centered: bool
) -> optim.Optimizer:
    """torch's RMSprop, which calls β₂ alpha."""
    return optim.RMSprop(
        params, lr, alpha=beta2, eps=eps, momentum=momentum, weight_decay=weight_decay, centered=centered
    )


def scalar_rmsprop(params: ParamsT, lr: float, *, beta2: float, eps: float, weight_decay: float) -> optim.Optimizer:
    """Our RMSprop with one ν for all weights."""
    return ScalarRMSprop(params, lr, beta2=beta2, eps=eps, weight_decay=weight_decay)


def adagrad(params: ParamsT, lr: float, *, eps: float, weight_decay: float) -> optim.Optimizer:
    """torch's Adagrad."""
    return optim.Adagrad(params, lr, eps=eps, weight_decay=weight_decay)
