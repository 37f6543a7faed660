"""Screens and runs that nobody would wish for: shown as well as can be, and never with a traceback."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from eostui.dashboard.app import Dashboard
from eostui.reading.replay import ReplayFeed
from eostui.store import TRAIN, RunFile, clean_text, eigenvalue_table
from tests.dashboard.looking import charts_of, text_of, until
from tests.reading.runs import Run, descent
from tests.reading.saved import FeedOf

KEYS = ("r", "z", "z", "o", "x", "x", "x", "x", "greater_than_sign", "w", "equals_sign", "ctrl+home", "right", "escape")
"""What draws differently, once each."""


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 2), (20, 5), (300, 4), (12, 90)], ids=str)
async def test_no_size_of_the_terminal_is_too_small_to_be_left(edge_run: RunFile, size: tuple[int, int]) -> None:
    feed = ReplayFeed(edge_run, start=600)
    feed.playing = False
    async with Dashboard(feed).run_test(size=size) as pilot:
        await pilot.pause(0.3)
        await pilot.press("z", "question_mark", "escape", "e", "escape", "n")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "step 600" in text_of(pilot))
        await pilot.resize_terminal(*size)
        await pilot.press("q")
    assert pilot.app.return_code == 0


def _rows(count: int, **values: float) -> Run:
    """A run of some rows, with these values in all of them."""
    run = descent(max(count, 20))
    columns = {name: column[:count].astype(float) for name, column in run.rows[TRAIN].items()}
    columns |= {name: np.full(count, value) for name, value in values.items()}
    columns["step"] = np.arange(count)
    return dataclasses.replace(run, rows={TRAIN: columns})


BROKEN = dict.fromkeys(("time", "lr", "threshold", "loss", "accuracy", "grad_norm"), math.nan)
RUNS = {
    "no row": _rows(0),
    "one row": _rows(1),
    "two rows": _rows(2),
    "only NaN": _rows(50, **BROKEN),
    "only inf": _rows(50, loss=math.inf, grad_norm=math.inf, threshold=math.inf),
    "huge": _rows(50, loss=1e300, lr=1e-300, threshold=2e300),
    "negative": _rows(50, loss=-1.0, threshold=-3.0, lr=-1.0),
    "steps without time": _rows(50, time=0.0),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
async def test_runs_with_hardly_a_number_are_shown(feed_of: FeedOf, run: Run) -> None:
    async with Dashboard(feed_of(run)).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "quit" in text_of(pilot))
        await pilot.press(*KEYS, "e", "escape", "question_mark", "escape")
        await until(pilot, lambda: "replay held" in text_of(pilot))
        assert "Traceback" not in text_of(pilot)
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_three_hundred_eigenvalues_are_drawn(feed_of: FeedOf) -> None:
    steps, count = 40, 300
    values = 10 - np.arange(count) / 40 + np.zeros((steps, 1))
    columns = {"step": 10 * np.arange(steps), "eigenvalues": values, "residuals": 0 * values, "errors": 0 * values}
    table = eigenvalue_table("hessian", "", count)
    run = descent()
    rows = {known: known_columns for known, known_columns in run.rows.items() if known.name == TRAIN.name}
    products = {"products": np.ones(steps, int), "certified": np.ones(steps, int)}
    feed = feed_of(dataclasses.replace(run, rows=rows | {table: columns | products}))
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "λ₁ 10.0" in text_of(pilot))
        await pilot.press("z", "r", "ctrl+home")
        await until(pilot, lambda: len(charts_of(pilot)) == 1)
        assert "2/η" in text_of(pilot)


NAMES = ("x" * 200, "👩‍🔬 🧪" * 20, "שלום עולם", "日本語の実験" * 20, "a\x1b[2Jb\tc\nd\x00", "[red]a[/", "")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_no_name_moves_the_status_line_or_writes_to_the_terminal(edge_run: RunFile, name: str) -> None:
    feed = ReplayFeed(edge_run, start=600)
    feed.playing, feed.name = False, clean_text(name, 100)  # as every name is that is read
    async with Dashboard(feed).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "step 600" in text_of(pilot))
        first, second, *rest = text_of(pilot).splitlines()
        assert "S/threshold" in first
        assert "loss" in second
        assert rest[0].startswith("╭─ 1 Sharpness")
        assert len(rest) == 28
        assert not set(text_of(pilot)) & {"\x1b", "\x00", "\t"}
