"""The lines of a spectrum."""

from __future__ import annotations

import numpy as np

from eostui.reading.spectrum import lines_of_modes, lower_lines, numbered

STEPS = np.arange(0, 60, 10)


def test_a_line_keeps_its_colour_where_two_eigenvalues_cross() -> None:
    one, other = np.linspace(5, 3, 6), np.linspace(3.5, 4.5, 6)
    second, third = np.maximum(one, other), np.minimum(one, other)
    values = np.stack([np.full(6, 9.0), second, third], axis=1)
    modes = np.where((one > other)[:, np.newaxis], [[0, 1, 2]], [[0, 2, 1]])
    lines = {line.ink: line for line in lines_of_modes("λ", STEPS, values, modes)}
    np.testing.assert_array_equal(lines["mode-2"].y, one)
    np.testing.assert_array_equal(lines["mode-3"].y, other)
    assert (lines["mode-2"].label, lines["mode-3"].label) == ("λ₃", "λ₂")


def test_a_mode_that_is_on_top_is_left_to_the_line_of_the_largest() -> None:
    values = np.array([[9.0, 8.0], [9.0, 8.0]])
    (first, then) = lines_of_modes("λ", STEPS[:2], values, np.array([[0, 1], [1, 0]]))
    assert {first.label, then.label} == {"", "λ₂"}
    for line in (first, then):
        assert np.isnan(line.y).sum() == 1
        assert line.ink != "mode-1"


def test_no_eigenvalue_is_lost_where_the_modes_are_many() -> None:
    random = np.random.default_rng(0)
    values = -np.sort(-random.random((50, 4)), axis=1)
    modes = random.permutation(200).reshape(50, 4)
    modes[:5, 2:] = -1
    lines = lines_of_modes("λ", np.arange(50), values, modes)
    drawn = np.sort(np.concatenate([line.y[~np.isnan(line.y)] for line in lines]))
    np.testing.assert_array_equal(drawn, np.sort(values[:, 1:].ravel()))
    assert len(lines) <= 23


def test_nothing_measured_has_no_lines() -> None:
    nothing = np.empty((0, 3))
    assert lines_of_modes("λ", np.empty(0), nothing, nothing.astype(np.int64)) == []
    assert lower_lines("λ", np.arange(2), np.array([[1.0, np.nan], [1.0, np.nan]])) == []


def test_each_eigenvalue_has_a_colour_of_its_own_up_to_the_tenth() -> None:
    lines = lower_lines("λ", np.arange(1), np.arange(12.0, 0.0, -1.0).reshape(1, 12))
    assert [line.ink for line in lines] == ["mode-10"] * 2 + [f"mode-{k}" for k in range(10, 1, -1)]
    assert lines[0].label == numbered("λ", 12) == "λ₁₂"
