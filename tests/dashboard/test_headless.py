"""The line of a run without a dashboard says what there is of it, and no more."""

from __future__ import annotations

import math

from eostui.cli.headless import progress_line
from tests.reading.runs import Run, adaptive, descent, minibatches
from tests.reading.saved import FeedOf


def _line(feed_of: FeedOf, run: Run, start: int = 10**9) -> str:
    return progress_line(feed_of(run, start)).plain


def test_gradient_descent_has_loss_accuracy_sharpness_and_threshold(feed_of: FeedOf) -> None:
    assert _line(feed_of, descent()) == "step 399  loss 0.3688  accuracy 0.998  sharpness 10  2/η 10"


def test_without_classes_there_is_no_accuracy(feed_of: FeedOf) -> None:
    assert _line(feed_of, descent(accuracy=False)) == "step 399  loss 0.3688  sharpness 10  2/η 10"


def test_without_a_threshold_there_is_none(feed_of: FeedOf) -> None:
    run = descent(formula="n/a", threshold=math.nan)
    assert _line(feed_of, run) == "step 399  loss 0.3688  accuracy 0.998  sharpness 10"


def test_an_adaptive_optimizer_has_its_preconditioned_sharpness_beside_the_threshold(feed_of: FeedOf) -> None:
    assert _line(feed_of, adaptive()).endswith("  preconditioned sharpness 3800  38/η 3800  sharpness 30")
    assert "  preconditioned sharpness –  " in _line(feed_of, adaptive(), start=0)


def test_minibatches_have_the_threshold_as_a_reference(feed_of: FeedOf) -> None:
    assert _line(feed_of, minibatches()).endswith("  sharpness 10  full-batch 2/η 10")
