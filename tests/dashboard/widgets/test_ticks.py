"""Round numbers: ticks, windows and how numbers are written."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.dashboard.widgets.ticks import format_ticks, linear_ticks, log_ticks, window_span
from eostui.reading.numbers import format_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.5968, "0.597"),
        (78.7, "78.7"),
        (1.0, "1.00"),
        (0.00123, "0.00123"),
        (1.2e-5, "1.2e-5"),
        (9.96e-5, "1.0e-4"),
        (999.6, "1.00k"),
        (12345.0, "12.3k"),
        (999_960.0, "1.00M"),
        (3.8e9, "3.80G"),
        (1e15, "1.0e15"),
        (-42.0, "-42.0"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_reading_has_three_significant_digits(value: float, text: str) -> None:
    assert format_value(value) == text


def test_a_reading_takes_seven_characters_and_a_sign_and_is_right_to_its_digits() -> None:
    random = np.random.default_rng(0)
    suffixes = {"k": "e3", "M": "e6", "G": "e9"}
    for value in random.choice([-1, 1], 3000) * 10 ** random.uniform(-40, 40, 3000):
        text = format_value(value)
        assert len(text.lstrip("-")) <= 7
        read = float(text[:-1] + suffixes[text[-1]] if text[-1] in suffixes else text)
        assert read == pytest.approx(value, rel=0.051 if "e" in text else 0.0051)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 1000, 9, [0, 200, 400, 600, 800, 1000]),
        (-1, 1, 5, [-1, -0.5, 0, 0.5, 1]),
        (0.505, 0.925, 2, [0.505, 0.925]),
        (999_998, 1_000_002, 5, [999_998, 999_999, 1_000_000, 1_000_001, 1_000_002]),
    ],
)
def test_linear_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert linear_ticks(low, high, most) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0.01, 1, 7, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
        (0.01, 1, 5, [0.01, 0.03, 0.1, 0.3, 1]),
        (0.01, 1, 4, [0.01, 0.1, 1]),
        (1e-12, 1, 5, [1e-12, 1e-9, 1e-6, 1e-3, 1]),
        (0.52, 0.58, 4, [0.52, 0.54, 0.56, 0.58]),
    ],
)
def test_log_ticks_thin_out_to_decades_and_beyond(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert log_ticks(low, high, most) == pytest.approx(ticks)


def test_ticks_of_any_range_lie_inside_it_are_neither_too_many_nor_less_than_two() -> None:
    random = np.random.default_rng(1)
    for _ in range(2000):
        low, most = 10 ** random.uniform(-12, 9), int(random.integers(2, 12))
        high = low * (1 + 10 ** random.uniform(-3.5, 6))
        for ticks in (linear_ticks(low, high, most), log_ticks(low, high, most)):
            assert 2 <= len(ticks) <= most
            assert np.all(np.diff(ticks) > 0)
            assert low * (1 - 1e-6) <= ticks[0]
            assert ticks[-1] <= high * (1 + 1e-6)


@pytest.mark.parametrize(
    ("ticks", "log", "texts"),
    [
        ([0, 0.5, 1], False, ["0", "0.5", "1.0"]),
        ([0, 20_000, 40_000], False, ["0", "20k", "40k"]),
        ([9000, 9500, 10_000], False, ["9.0k", "9.5k", "10.0k"]),
        ([0, 2e-5, 4e-5], False, ["0", "2e-5", "4e-5"]),
        ([0.51, 0.91], False, ["0.51", "0.91"]),
        ([1e-5, 1e-3, 0.1, 10, 1000], True, ["1e-5", "0.001", "0.1", "10", "1k"]),
        ([0.0], False, ["0"]),
    ],
)
def test_tick_labels_share_their_decimals(ticks: list[float], log: bool, texts: list[str]) -> None:
    assert format_ticks(ticks, log) == texts


def test_tick_labels_tell_the_ticks_apart() -> None:
    random = np.random.default_rng(2)
    for _ in range(1000):
        low = random.choice([-1, 1]) * 10 ** random.uniform(-8, 8)
        ticks = linear_ticks(low, low + abs(low) * 10 ** random.uniform(-3.5, 3), 6)
        assert len(set(format_ticks(ticks, log=False))) == len(ticks)


def test_a_window_holds_its_span_and_grows_in_few_jumps() -> None:
    spans = np.arange(1, 10_000)
    windows = [window_span(float(span)) for span in spans]
    assert np.all(windows >= spans)
    assert np.all(windows <= spans * 4 / 3 + 1e-9)
    assert len(set(windows)) <= 4 * 10 + 1
