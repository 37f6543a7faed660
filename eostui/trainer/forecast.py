"""The cost of a run in time and memory, estimated on a few examples before the run begins."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.eigen.tuning import TUNED
from eostui.curvature.products import AUTOGRAD, Products
from eostui.durations import duration
from eostui.instruments.base.eigenvalues import Eigenvalues
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import FORWARD, Work
from eostui.instruments.catalogue import instruments_of
from eostui.objective.objective import Objective
from eostui.objective.saved_bytes import counting_saved_bytes
from eostui.problems.datasets import Progress, first_examples
from eostui.problems.errors import ProblemError
from eostui.store.events import Forecasted
from eostui.trainer.contention import Contention, Stopwatch, contention
from eostui.trainer.memory import available_memory
from eostui.trainer.setup import Setup

TRIAL, LONGEST_TRIAL = 0.3, 3.0
"""Seconds that a trial must last for its time to count, and seconds after which no more examples are tried."""
ATTEMPTS = 3
EXAMPLES_TRIED = 32
"""Examples that a trial must have for its time to count, unless it takes `LONGEST_TRIAL` seconds with fewer."""
BUSY = 1.25
"""How many times as long as alone a run takes beside others from where on that is told."""
SLOW_STEP, SLOW_MEASUREMENT = 1.0, 5.0
"""Seconds from which on the user is warned before the run."""
GRAPH = 6
"""An upper bound, or nearly, of what a Hessian product keeps in memory, as a multiple of what a gradient keeps."""
TEMPORARY = 2
"""The peak memory of a Hessian product, as a multiple of what it keeps: 1.7 to 2.6 were measured on the CPU."""
FAMILY_SIZES = (20_000, 10_000, 5_000, 2_000, 1_000, 500, 300, 100)
"""Sizes of the subsets that the forecast proposes for a faster run."""


class TooLarge(ProblemError):
    """The run does not fit into the free memory."""


@dataclass(frozen=True)
class Forecast:
    """The approximate seconds of a step (the gradient) and of a measurement (all instruments) on the machine as it is
    now, and cheaper settings."""

    step_seconds: float
    measure_seconds: float
    memory_bytes: int
    cheaper: tuple[str, ...]
    rows: Mapping[str, float] = field(default_factory=dict)
    """Seconds of a row of each instrument."""
    contention: Contention | None = None
    """What others do to these times; None where that is not known, as of a GPU."""

    @property
    def slow(self) -> bool:
        """Whether a step or a measurement takes so long that the user should be told beforehand."""
        return self.step_seconds > SLOW_STEP or self.measure_seconds > SLOW_MEASUREMENT

    @property
    def event(self) -> Forecasted:
        """The forecast as an event for the run's record."""
        return Forecasted(self.text, self.step_seconds, self.measure_seconds, self.memory_bytes, self.cheaper)

    @property
    def text(self) -> str:
        """The forecast in one line."""
        remedies = f"; cheaper with {' or '.join(self.cheaper)}" if self.cheaper else ""
        others = f"; {self.contention.text}" if self.contention and self._is_busy else ""
        step, measurement = self._told(self.step_seconds), self._told(self.measure_seconds)
        return (
            f"a step will take about {step}, a measurement {measurement}, "
            f"and {_size(self.memory_bytes)} of memory{remedies}{others}"
        )

    @property
    def _is_busy(self) -> bool:
        return self.contention is not None and self.contention.expected >= BUSY

    def _told(self, seconds: float) -> str:
        """A time in words; beside others, the time without them and the time that it takes if they go on."""
        if self.contention is None or not self._is_busy:
            return duration(seconds, fine=True)
        alone = seconds / self.contention.slowdown
        low, high = duration(alone, fine=True), duration(alone * self.contention.expected, fine=True)
        number, _, unit = low.partition(" ")
        return f"{number if high.endswith(f' {unit}') else low} to {high}"


@dataclass(frozen=True)
class _Trial:
    """The cost of one physical batch of `examples`: seconds, and bytes that autograd kept for each example."""

    examples: int
    seconds: float
    bytes_each: float


def forecast(
    config: RunConfig,
    setup: Setup,
    progress: Progress,
    products: Products = AUTOGRAD,
    *,
    memory_of: Callable[[torch.device], int | None] = available_memory,
    load_of: Callable[[], float] = lambda: os.getloadavg()[0],
) -> Forecast:
    """Time the gradient and a Hessian product on a few examples, and scale up to all of them.

    The times are those of the machine as it is now; beside others, they are told with those without them. `memory_of`
    says how many bytes a device has free, None where nobody knows, `load_of` how many processes have wanted a core over
    the last minute.

    Raises TooLarge, naming the flag that would help, where the work on one physical batch would not fit into memory.
    """
    load, watch = load_of(), Stopwatch()  # before the trial itself adds to the load
    progress("trying out what a step costs", None)
    objective, curvature, theta = setup.objective, setup.curvature, setup.theta
    in_a_step = config.training.batch_size or objective.examples
    batch = min(objective.physical_batch, in_a_step)
    gradient = _try_gradient(objective, theta, batch)
    available = memory_of(objective.device)
    # A minibatch has too few examples to predict the time of a product over all examples.
    small = batch < curvature.physical_batch
    tried = _try_gradient(curvature, theta, curvature.physical_batch).examples if small else gradient.examples
    curved = min(curvature.physical_batch, max(tried // 4, 2))
    if available is not None:  # the trial itself must not need too much memory
        curved = max(1, min(curved, int(available / 4 / (GRAPH * gradient.bytes_each + 1))))
    products.hessian(curvature.subset(1), theta) @ theta  # the first time of anything takes longer
    few = curvature.subset(curved)
    first = _usual(lambda: _timed(lambda: products.hessian(few, theta) @ theta, curvature, few.examples))
    with products.hessian(few, theta) as hessian:
        hessian @ theta
        again = _usual(lambda: _timed(lambda: hessian @ theta, curvature, few.examples))

    scope, instruments = Scope.of(config), instruments_of(config)
    spectra = sum(issubclass(kind, Eigenvalues) for kind in instruments)
    # These are the vectors of the eigensolver, those that each instrument keeps, and the optimizer's.
    eigs = config.measuring.eigs
    searching = TUNED.most_vectors(eigs, frugal=config.measuring.frugal)
    vectors = searching + spectra * (eigs + 2) + sum(kind.keeps for kind in instruments) + 8
    most_each = max(gradient.bytes_each * batch, TEMPORARY * first.bytes_each * curvature.physical_batch)
    graphs_of_all = first.bytes_each * curvature.examples
    budget = config.measuring.graph_memory * 2**30
    # These are the graphs of other batches than the present one.
    kept = min(budget, graphs_of_all) if curvature.batches > 1 else 0.0
    memory = int(most_each + kept + vectors * theta.numel() * theta.element_size())
    if available is not None and memory > available:
        at_once = max(batch, curvature.physical_batch)
        raise TooLarge(
            _too_large(config.problem.arch, at_once, memory, available, int(at_once * available / memory / 2))
        )

    share = curvature.examples / few.examples
    in_seconds = _Seconds(
        product=again.seconds * share,
        graph=max(first.seconds - again.seconds, 0.0) * share,
        rebuilt=max(0.0, 1 - budget / graphs_of_all) if graphs_of_all else 0.0,
        example=gradient.seconds / gradient.examples,
        curvature=curvature.examples,
        training=objective.examples,
        tests=0 if setup.test is None else setup.test.examples,
        batch=in_a_step,
    )
    step_seconds = in_seconds.example * in_a_step
    rows = {kind.name: in_seconds.of(kind.work(scope)) for kind in instruments}
    step_seconds += sum(rows[kind.name] for kind in instruments if kind.every_step)
    if any(kind.every_step and kind.work(scope) != Work() for kind in instruments) and curvature is not objective:
        step_seconds += in_seconds.graph
    measure_seconds = sum(rows[kind.name] for kind in instruments if not kind.every_step)
    cheaper = _cheaper(config, setup, step_seconds, measure_seconds)
    others = contention(watch, load, torch.get_num_threads()) if theta.device.type == "cpu" else None
    return Forecast(step_seconds, measure_seconds, memory, cheaper, rows, others)


@dataclass(frozen=True)
class _Seconds:
    """The time of the parts of a measurement.

    product: seconds of a product with the Hessian over all examples for curvature. graph: seconds to build the graphs
    for it. rebuilt: the share of the graphs that is not kept. example: seconds of the gradient of one example.
    curvature, training, tests, batch: the numbers of examples of each kind.
    """

    product: float
    graph: float
    rebuilt: float
    example: float
    curvature: int
    training: int
    tests: int
    batch: int

    def of(self, work: Work) -> float:
        """Seconds that a row takes.

        Graphs that fit into the memory for them are built once, for a measurement and for the gradient at the same
        weights. The others are built anew for every block of products.
        """
        graphs = (1 - self.rebuilt) * work.graphs + self.rebuilt * work.blocks
        examples = self.curvature * (work.gradients + FORWARD * work.forwards)
        examples += self.training * work.whole + self.tests * FORWARD * work.tests
        batches = work.batches * self.batch * (self.example + (self.product + self.graph) / self.curvature)
        return work.products * self.product + graphs * self.graph + examples * self.example + batches


def _try_gradient(objective: Objective, theta: Tensor, most: int) -> _Trial:
    """Try more and more examples, up to `most`, until they take long enough to be timed."""
    examples = min(2, most)
    objective.subset(examples).gradient(theta)  # the first time of anything takes longer
    while True:
        few = objective.subset(examples)
        trial = _usual(lambda few=few: _timed(lambda: few.gradient(theta).gradient, objective, few.examples))  # type: ignore[misc]
        told = trial.seconds >= TRIAL and examples >= EXAMPLES_TRIED
        if told or trial.seconds >= LONGEST_TRIAL or examples == most:
            return trial
        examples = min(4 * examples, most)


def _usual(attempt: Callable[[], _Trial]) -> _Trial:
    """The middle one of a few attempts; of one that takes long there is no other.

    The quickest one would be what the machine can do while nobody else wants it.
    """
    tried = [attempt()]
    while len(tried) < ATTEMPTS and tried[-1].seconds < TRIAL:
        tried.append(attempt())
    return sorted(tried, key=lambda trial: trial.seconds)[len(tried) // 2]


def _timed(compute: Callable[[], Tensor], objective: Objective, examples: int) -> _Trial:
    start = time.perf_counter()
    # The conversion of the sum to a number waits for the device.
    _, saved = counting_saved_bytes(lambda: float(compute().sum()), objective.data())
    return _Trial(examples, time.perf_counter() - start, saved / examples if math.isfinite(saved) else 0.0)


def _too_large(arch: str, at_once: int, memory: int, available: int, fitting: int) -> str:
    if fitting < 1:
        return (
            f"{arch} needs about {_size(memory)} of memory and {_size(available)} are free: "
            "one example is too much already; choose a smaller --arch"
        )
    return (
        f"{at_once:,} examples at once through {arch} need about {_size(memory)} of memory, and "
        f"{_size(available)} are free: give --physical-batch {_rounded(fitting)} or less"
    )


def _cheaper(config: RunConfig, setup: Setup, step_seconds: float, measure_seconds: float) -> tuple[str, ...]:
    """The flags that would make slow steps and slow measurements faster."""
    flags = []
    if step_seconds > SLOW_STEP and config.training.batch_size is None:
        fitting = SLOW_STEP / step_seconds * setup.objective.examples
        sizes = [size for size in FAMILY_SIZES if size < setup.objective.examples]
        most = next((size for size in sizes if size <= fitting), 100)
        subset = first_examples(config.problem.data, most) if sizes else None
        flags += [f"--data {subset}"] if subset else []
    if measure_seconds > SLOW_MEASUREMENT:
        fitting = SLOW_MEASUREMENT / measure_seconds * setup.curvature.examples
        flags += [f"--eig-samples {_rounded(fitting)}"] if fitting >= 10 else []
    balanced = measure_seconds / step_seconds
    if measure_seconds > SLOW_MEASUREMENT / 5 and config.measuring.eig_every < balanced:
        flags.append(f"--eig-every {_rounded(2 * balanced)}")
    return tuple(flags)


def _rounded(number: float) -> int:
    """`number`, which is at least 1, rounded down to one significant digit: 734 -> 700."""
    power: int = 10 ** int(math.log10(number))
    return int(number // power) * power


def _size(number: float) -> str:
    """`350 MB` or `1.2 GB`."""
    return f"{number / 1e6:.0f} MB" if number < 1e9 else f"{number / 1e9:.2g} GB"
