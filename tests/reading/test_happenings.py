"""What happened is told in words, from the events and from the rows, and never before it has happened."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np
import pytest

from eostui.reading.divergence import Divergence
from eostui.reading.feed import Feed
from eostui.reading.happenings import EDGE, INSTABILITY, happenings_of
from eostui.reading.marks import marks_of
from eostui.reading.replay import ReplayFeed
from eostui.reading.series import Series
from eostui.store import TRAIN
from tests.reading.given import GivenFeed
from tests.reading.runs import Columns, Run, descent, minibatches, spectrum, train
from tests.reading.saved import FeedOf

Event = tuple[int, str, dict[str, Any]]


def _run(losses: np.ndarray, sharpness: np.ndarray, *events: Event, threshold: float = 10.0, **config: Any) -> Run:
    """Gradient descent with these losses, measured every ten steps."""
    rows = train(np.full(len(losses), threshold)) | spectrum("hessian", sharpness)
    changed: dict[Any, Columns] = {t: c | {"loss": losses} if t.name == "train" else c for t, c in rows.items()}
    return Run({"threshold": "2/η"}, changed, config, events)


def _told(feed: Feed, kind: str = "") -> list[tuple[int, str]]:
    return [(found.step, found.text) for found in happenings_of(feed) if not kind or found.kind == kind]


def test_events_are_told_in_words(feed_of: FeedOf) -> None:
    events: tuple[Event, ...] = (
        (0, "start", {"lr": 2 / 12, "threshold": 12.0}),
        (3, "pause", {"by": "viewer"}),
        (3, "resume", {"by": "somebody"}),
        (5, "lr", {"lr": 0.1, "previous": 2 / 12, "threshold": 20.0, "by": "script"}),
        (6, "warning", {"text": "the data has two classes only"}),
        (7, "checkpoint", {"file": "step-00000007.pt"}),
        (8, "products", {"text": "products are compiled from here on"}),
        (9, "cadence", {"eig_every": 40, "tracked_every": 2, "share": 0.5, "allowed": 0.9}),
        (9, "measure", {}),
        (9, "note", {"text": "the loss jumps here"}),
        (9, "tracking", {"instrument": "trace", "table": "trace", "measures": True, "gradients": 16.0}),
        (9, "tracking", {"instrument": "trace", "table": "trace", "measures": False, "gradients": 16.0}),
        (9, "finished", {}),
    )
    feed = feed_of(_run(np.ones(10), np.array([1.0]), *events))
    assert _told(feed) == [
        (0, "started with η 2/12, 2/η 12.0"),
        (3, "paused, by viewer"),
        (3, "resumed"),
        (5, "η 2/12 → 0.1, by script"),
        (6, "the data has two classes only"),
        (7, "checkpoint step-00000007.pt"),
        (8, "products are compiled from here on"),
        (9, "certified every 40, tracked every 2"),
        (9, "measured on demand"),
        (9, "the loss jumps here"),
        (9, "trace is measured from here on"),
        (9, "trace is no longer measured"),
        (9, "finished"),
    ]


def test_a_note_has_a_mark_that_matters_more_than_a_pause_and_less_than_an_instability(feed_of: FeedOf) -> None:
    events: tuple[Event, ...] = ((20, "pause", {}), (20, "note", {"text": "why?"}), (20, "tracking", {}))
    losses = np.ones(100)
    losses[50:53] = 30.0
    feed = feed_of(_run(losses, np.array([1, 2, 3, 4, 11, 12, 12, 12, 12, 12.0]), *events))
    weights = {mark.glyph: mark.weight for mark in marks_of(feed)}
    assert set(weights) == {"e", "!", "n", "p"}
    assert weights["!"] > weights["n"] > weights["p"]


def test_an_event_of_a_kind_that_is_not_known_is_told_by_its_kind_and_an_empty_one_not_at_all(feed_of: FeedOf) -> None:
    feed = feed_of(_run(np.ones(10), np.array([1.0]), (2, "eclipse", {"sun": 3}), (4, "warning", {"text": 7})))
    assert _told(feed) == [(2, "eclipse")]


def test_marks_are_the_changes_and_not_the_notes_and_a_change_of_the_step_size_outweighs_all(feed_of: FeedOf) -> None:
    losses = np.ones(100)
    losses[50:53] = 30.0
    events: tuple[Event, ...] = (
        (20, "pause", {}),
        (20, "lr", {"lr": 0.1, "previous": 0.2}),
        (20, "resume", {}),
        (30, "products", {"text": "compiled"}),
    )
    feed = feed_of(_run(losses, np.array([1, 2, 3, 4, 11, 12, 12, 12, 12, 12.0]), *events))
    marks = {mark.glyph: mark for mark in marks_of(feed)}
    assert sorted(marks) == sorted("pηre!")
    assert marks["η"].weight > marks["e"].weight > marks["!"].weight > marks["p"].weight > marks["r"].weight > 0
    assert next(found.weight for found in happenings_of(feed) if found.kind == "products") < 0


def test_the_first_time_at_the_edge_is_told_once(feed_of: FeedOf) -> None:
    feed = feed_of(_run(np.ones(60), np.array([4, 8, 12, 9, 13, 9.0])))
    assert _told(feed, EDGE) == [(20, "first at the edge: λ₁ 12.0, 2/η 10.0")]
    feed.seek(19)
    assert _told(feed, EDGE) == []
    feed.seek(20)
    assert len(_told(feed, EDGE)) == 1


def test_minibatches_reach_no_edge_and_have_no_jumps(feed_of: FeedOf) -> None:
    run = minibatches()
    rows = {t: c | {"loss": np.tile([1.0, 50.0], 200)} if t.name == "train" else c for t, c in run.rows.items()}
    assert _told(feed_of(dataclasses.replace(run, rows=rows))) == []


def test_a_loss_that_shoots_up_is_told_with_how_far(feed_of: FeedOf) -> None:
    losses = np.full(100, 0.5)
    losses[30:36] = 0.5 * np.array([2, 9, 30, 84, 20, 3])
    losses[70] = 6.0
    feed = feed_of(_run(losses, np.array([1.0])))
    assert _told(feed, INSTABILITY) == [(32, "loss ×84 within 10 steps"), (70, "loss ×12 within 10 steps")]
    feed.seek(32)
    assert _told(feed, INSTABILITY) == [(32, "loss ×30 within 10 steps")]
    feed.seek(31)
    assert _told(feed, INSTABILITY) == []


def test_a_replay_that_goes_back_within_a_jump_tells_how_far_it_had_come(feed_of: FeedOf) -> None:
    losses = np.full(60, 1.0)
    losses[20:23] = 20.0, 50.0, 80.0
    feed = feed_of(_run(losses, np.full(60, 1.0)))
    told = {}
    for step in (59, 20, 22, 19, 21):
        feed.seek(step)
        told[step] = [text for _, text in _told(feed, INSTABILITY)]
    assert [told[step] for step in (19, 20, 21)] == [[], [_jump(20)], [_jump(50)]]
    assert told[22] == told[59] == [_jump(80)]


def _jump(factor: int) -> str:
    return f"loss ×{factor} within 10 steps"


def test_the_answer_of_the_sharpness_to_another_step_size_is_told_once_it_is_there(feed_of: FeedOf) -> None:
    sharpness = np.array([19, 19.3, 12, 9, 7, 6.3, 6.3, 6.3, 6.3, 6.3])
    feed = feed_of(_run(np.ones(100), sharpness, (10, "lr", {"lr": 0.3, "previous": 0.1}), threshold=30.0))
    assert _told(feed, "answer") == [(50, "λ₁ 19.3 → 6.30 in 40 steps")]
    feed.seek(49)
    assert _told(feed, "answer") == []


def test_a_change_that_is_changed_again_before_long_has_no_answer(feed_of: FeedOf) -> None:
    sharpness = np.array([20, 20, 10, 10, 10, 10, 10, 10, 10, 10.0])
    changes = [(step, "lr", {"lr": 0.3, "previous": 0.1}) for step in (10, 30, 95)]
    assert _told(feed_of(_run(np.ones(100), sharpness, *changes, threshold=30.0)), "answer") == []


def test_errors_over_the_tolerance_are_told_where_they_begin(feed_of: FeedOf) -> None:
    run = _run(np.ones(50), np.array([8.0, 8, 8, 8, 8]), eig_tol=1e-3)
    for table, columns in run.rows.items():
        if table.name == "hessian":
            columns["errors"] = np.full((5, 3), 1e-4)
            columns["errors"][[1, 2, 4], 1] = 0.04
    told = [(step, "λ2 7.20 is known to ±0.040 only, over the tolerance of 0.001·λ1") for step in (10, 40)]
    assert _told(feed_of(run), "tolerance") == told


def test_a_run_that_grows_row_by_row_is_told_the_same(feed_of: FeedOf) -> None:
    random = np.random.default_rng(0)
    losses = np.exp(random.standard_normal(300).cumsum())
    changes = [(step, "lr", {"lr": 0.3, "previous": 0.1}) for step in (40, 120, 150)]
    feed = feed_of(_run(losses, 8 + 6 * random.standard_normal(30), *changes))
    whole = list(happenings_of(feed))
    assert len({found.kind for found in whole}) == 4
    for step in range(300):
        feed.seek(step)
        told = list(happenings_of(feed))
        assert all(found.step <= step for found in told)
    assert told == whole


def test_a_million_rows_are_told_of_at_once() -> None:
    count = 1_000_000
    rows = Series(TRAIN)
    _extend(rows, 0, count)
    feed = GivenFeed({"train": rows}, {}, {"threshold": "2/η"})
    assert happenings_of(feed) == []
    times = []
    for step in range(count, count + 9):
        _extend(rows, step, step + 1)
        start = time.perf_counter()
        happenings_of(feed)
        times.append(time.perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.01


def _extend(rows: Series, start: int, stop: int) -> None:
    count = stop - start
    columns = dict.fromkeys(("time", "lr", "threshold", "loss", "accuracy", "grad_norm"), np.ones(count))
    rows.extend({"step": np.arange(start, stop), **columns})


def _diverged(feed_of: FeedOf, losses: list[float], sharpness: list[float], **changes: Any) -> ReplayFeed:
    steps = len(losses)
    run = _run(np.array(losses), np.array(sharpness), (steps - 1, "diverged", {}), threshold=0.2)
    return feed_of(dataclasses.replace(run, **changes))


def test_a_divergence_says_which_step_size_would_have_been_stable(feed_of: FeedOf) -> None:
    feed = _diverged(feed_of, [0.5, 40, 3e4, 1e20, math.nan], [4.4])
    assert _told(feed, "diverged") == [
        (4, "diverged: the loss overflowed. λ₁ was 4.40 at step 0: η must stay under 2/4.40 = 0.454")
    ]
    feed.seek(3)
    assert _told(feed, "diverged") == []


@pytest.mark.parametrize(
    ("formula", "on", "limit"),
    [
        ("(2+2μ)/η", "hessian", "λ₁ was 4.40 at step 0: η must stay under (2+2μ)/4.40 = 0.454"),
        ("38/η", "preconditioned", "the loss overflowed"),
        ("2/η − w", "hessian", "λ₁ was 4.40 at step 0: η must stay under 0.454"),
    ],
)
def test_of_any_optimizer_it_is_in_proportion_to_its_own_threshold(
    feed_of: FeedOf, formula: str, on: str, limit: str
) -> None:
    environment = {"threshold": formula, "threshold_on": on}
    divergence = Divergence.of(_diverged(feed_of, [0.5, math.inf], [4.4], environment=environment))
    assert divergence is not None
    assert divergence.text.endswith(limit)


def test_where_the_step_size_was_stable_no_other_is_named(feed_of: FeedOf) -> None:
    divergence = Divergence.of(_diverged(feed_of, [0.5, math.nan], [0.1]))
    assert divergence is not None
    assert divergence.text == "the loss overflowed. λ₁ was 0.100 at step 0, below 2/η = 0.200"


def test_what_was_measured_while_it_blew_up_says_nothing(feed_of: FeedOf) -> None:
    losses = [0.5] * 9 + [10.0**power for power in range(1, 12)] + [math.inf]
    divergence = Divergence.of(_diverged(feed_of, losses, [4.4, 3e9, math.nan]))
    assert divergence is not None
    assert divergence.before is not None
    assert (divergence.step, divergence.before.step) == (20, 0)


def test_minibatches_and_runs_without_curvature_have_no_such_limit(feed_of: FeedOf) -> None:
    for changes in ({"config": {"batch_size": 8}}, {"environment": {"threshold": "n/a"}}):
        divergence = Divergence.of(_diverged(feed_of, [0.5, math.nan], [4.4], **changes))
        assert divergence is not None
        assert divergence.text == "the loss overflowed"


def test_a_gradient_can_overflow_where_the_loss_does_not(feed_of: FeedOf) -> None:
    feed = feed_of(descent(40))
    assert Divergence.of(feed) is None
    feed.series["train"].all("grad_norm")[-1] = math.inf
    divergence = Divergence.of(feed)
    assert divergence is not None
    assert divergence.text.startswith("the gradient overflowed")
