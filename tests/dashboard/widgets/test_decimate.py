"""Decimation: exact, nothing lost, and the same whether at once or bit by bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from eostui.dashboard.widgets.decimate import LONG, Columns, Decimator, Envelope
from eostui.reading.trace import Steps

ARRAYS = ("low", "high", "first", "last", "occupied", "above", "below", "before", "after")


def random_series(random: np.random.Generator) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Steps with repetitions and holes, values with NaN, ±Inf, zeros and both signs."""
    count = int(random.integers(1, 300))
    x = np.cumsum(random.choice([0, 1, 1, 1, 7, 40], count))
    y = random.normal(size=count) * 10 ** random.uniform(-3, 3)
    odd = random.random(count) < random.choice([0, 0.02, 0.3])
    y[odd] = random.choice([np.nan, np.inf, -np.inf, 0.0], int(odd.sum()))
    return x, y


def random_columns(random: np.random.Generator, last: float) -> Columns:
    start = random.choice([0.0, random.uniform(-10, last / 2)])
    return Columns(start, start + random.uniform(1, 1.5 * last + 2), int(random.integers(1, 120)))


def assert_same(one: Envelope, other: Envelope) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_each_column_is_what_a_loop_over_its_samples_finds(seed: int, kind: type[np.int64 | np.float64]) -> None:
    random = np.random.default_rng(seed)
    steps, y = random_series(random)
    x: Steps = steps if kind is np.int64 else steps.astype(np.float64)
    columns = random_columns(random, float(x[-1]))
    positive = bool(seed % 2)
    envelope = Decimator().update(x, y, columns, positive)
    for column, (left, right) in enumerate(zip(columns.edges[:-1], columns.edges[1:], strict=True)):
        is_last = column == columns.count - 1
        samples = y[(x >= left) & ((x <= right) if is_last else (x < right))]
        drawable = np.isfinite(samples) & ((samples > 0) | (not positive))
        assert envelope.occupied[column] == bool(samples.size)
        below = (samples == -np.inf) | (positive & (samples <= 0))
        assert envelope.below[column] == below.any()
        assert envelope.above[column] == (~drawable & ~below).any()
        expected = [np.nan] * 4
        if drawable.any():
            expected[:2] = [samples[drawable].min(), samples[drawable].max()]
        for place, end in ((2, 0), (3, -1)):
            if samples.size and drawable[end]:
                expected[place] = samples[end]
        found = [array[column] for array in (envelope.low, envelope.high, envelope.first, envelope.last)]
        np.testing.assert_array_equal(found, expected)
    outside = y[x < columns.start], y[x > columns.stop]
    for (_, value), samples, place in zip((envelope.before, envelope.after), outside, (-1, 0), strict=True):
        sample = samples[place] if samples.size else np.nan
        drawn = np.isfinite(sample) and (sample > 0 or not positive)
        np.testing.assert_array_equal(value, sample if drawn else np.nan)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("positive", [False, True])
def test_of_a_long_series_blocks_say_what_its_samples_do(seed: int, positive: bool) -> None:
    random, decimator = np.random.default_rng(seed), Decimator()
    count = int(random.integers(2 * LONG, 4 * LONG))
    x, y = np.cumsum(random.choice([1, 1, 2], count)), random.normal(size=count) + 3 * random.integers(0, 2)
    odd = random.random(count) < random.choice([0, 1e-4, 0.3])
    y[odd] = random.choice([np.nan, np.inf, -np.inf, 0.0], int(odd.sum()))
    y[1000:2000] = np.nan
    for _ in range(6):
        shown = int(random.integers(LONG, count + 1))  # a replay goes to and fro
        columns = random_columns(random, float(x[shown - 1]))
        envelope = decimator.update(x[:shown], y[:shown], columns, positive)
        expected = Envelope(columns, positive)
        bounds = columns.bounds(x[:shown])
        expected.fold(y[:shown], bounds)
        expected.look_outside(x[:shown], y[:shown], bounds)
        assert_same(envelope, expected)


@pytest.mark.parametrize("positive", [False, True])
def test_another_long_series_is_not_taken_for_the_one_before(positive: bool) -> None:
    decimator, x, columns = Decimator(), np.arange(3 * LONG), Columns(0, 3 * LONG, 40)
    for y in np.random.default_rng(0).uniform(1, 2, (3, 3 * LONG)):
        expected = Envelope(columns, positive)
        bounds = columns.bounds(x)
        expected.fold(y, bounds)
        expected.look_outside(x, y, bounds)
        assert_same(decimator.update(x, y, columns, positive), expected)


@pytest.mark.parametrize("seed", range(100))
def test_growing_bit_by_bit_gives_what_decimating_at_once_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random_series(random)
    columns, positive, decimator = random_columns(random, float(x[-1])), False, Decimator()
    for count in np.sort(random.integers(0, len(x) + 1, 12)):
        if random.random() < 0.15:
            columns = random_columns(random, float(x[-1]))
        if random.random() < 0.15:
            positive = not positive
        shown = int(count) if random.random() < 0.85 else int(random.integers(0, count + 1))  # scrubbed back
        envelope = decimator.update(x[:shown], y[:shown], columns, positive)
        assert_same(envelope, Decimator().update(x[:shown], y[:shown], columns, positive))


def test_following_a_series_looks_at_its_new_samples_alone() -> None:
    x, y = np.arange(1000), np.zeros(1000)
    decimator, columns = Decimator(), Columns(0, 1000, 10)
    decimator.update(x[:900], y[:900], columns, positive=False)
    y[500] = 7.0  # a change in the middle of what is settled: never looked at again
    assert decimator.update(x, y, columns, positive=False).high.max() == 0
    y[899] = 1.0
    decimator.update(x[:950], y[:950], columns, positive=False)
    y[949] = 2.0  # the last known sample differs: this is another series
    assert decimator.update(x, y, columns, positive=False).high[5] == 7


def test_one_spike_among_a_million_samples_is_kept() -> None:
    y = np.zeros(1_000_000)
    y[654_321] = 1.0
    envelope = Decimator().update(np.arange(1_000_000), y, Columns(0, 1_000_000, 100), positive=False)
    assert np.flatnonzero(envelope.high == 1).tolist() == [65]


def test_a_sample_on_the_last_edge_belongs_to_the_last_column() -> None:
    whole, real = np.array([0, 5, 10], np.int64), np.array([0, 5, 10], np.float64)
    x: Steps
    for x in (whole, real):
        envelope = Decimator().update(x, np.array([1.0, 2.0, 3.0]), Columns(0, 10, 2), positive=False)
        assert envelope.low.tolist() == [1, 2]
        assert envelope.high.tolist() == [1, 3]


def test_nothing_is_decimated_to_nothing() -> None:
    envelope = Decimator().update(np.empty(0, np.int64), np.empty(0), Columns(0, 1, 4), positive=True)
    assert not envelope.occupied.any()
    assert np.isnan(envelope.low).all()


def test_a_series_that_begins_and_ends_with_nan_is_known_by_what_is_between() -> None:
    steps = np.arange(20)
    values = np.where((steps > 4) & (steps < 15), 6.0, np.nan)
    decimator, columns = Decimator(), Columns(0.0, 20.0, 10)
    assert np.nanmax(decimator.update(steps, values, columns, positive=False).high) == 6.0
    assert np.nanmax(decimator.update(steps, values / 12, columns, positive=False).high) == 0.5
