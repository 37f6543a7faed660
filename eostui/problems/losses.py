"""The catalogue of losses. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LossEntry:
    """A loss that can be asked for by name.

    `function` names the code as `module:function`. It is called as `function(outputs, targets)` and returns the mean
    loss over the examples, a scalar tensor. It is empty where the model computes the loss. `targets` are the kinds of
    targets that the loss takes: "classes" (class numbers), "signs" (±1) and "numbers" (to regress on). `one_output`
    says that the sign of a single output stands for one of two classes.
    """

    name: str
    function: str
    summary: str
    targets: tuple[str, ...]
    one_output: bool = False

    @property
    def by_model(self) -> bool:
        """Whether the model computes the loss and shows no outputs."""
        return not self.function

    @property
    def output_for_each_class(self) -> bool:
        """Whether the loss takes one output for each class."""
        return "classes" in self.targets and not (self.by_model or self.one_output)


_LOSSES = (
    LossEntry(
        "mse",
        "eostui.problems.criteria:mse",
        "½‖f(x) − y‖² summed over outputs, mean over examples; one-hot 0/1 classes",
        targets=("classes", "signs", "numbers"),
    ),
    LossEntry(
        "ce",
        "eostui.problems.criteria:ce",
        "cross-entropy of the softmax, in nats, mean over examples and the positions of a sequence",
        targets=("classes",),
    ),
    LossEntry(
        "logistic",
        "eostui.problems.criteria:logistic",
        "log(1 + exp(−y·f(x))), mean over examples; one output, y = ±1, or two classes",
        targets=("classes", "signs"),
        one_output=True,
    ),
    LossEntry(
        "model",
        "",
        "the loss that your own model computes and returns; the model is called with the targets, too",
        targets=("classes", "signs", "numbers"),
    ),
)

LOSSES: dict[str, LossEntry] = {loss.name: loss for loss in _LOSSES}
