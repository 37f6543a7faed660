"""What holds for every instrument there is: it is drawn, it can be taken up again, and it costs what it says."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from eostui import instruments
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import CurvatureOperator
from eostui.dynamics.formulas import Matrix
from eostui.instruments import catalogue
from eostui.instruments.base.found import Found
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.point import Point
from eostui.instruments.base.work import Work
from eostui.instruments.catalogue import INSTRUMENTS, in_order
from eostui.instruments.trace import HessianTrace
from eostui.objective.objective import Objective
from eostui.reading.charts import pictures_of
from eostui.reading.series import series_of
from eostui.store import TRAIN
from tests.instruments.runs import Run, scope, small_network
from tests.instruments.test_eigenvalues import STEP_SIZE, digits_network
from tests.reading.given import GivenFeed

ELSEWHERE = {"test", "full-batch", "followed", "tracked", "timing"}
"""Instruments whose rows are drawn in the charts of others, or as readings."""


def _scope_for(name: str, **settings: Any) -> Any:
    matrix = Matrix.PRECONDITIONED if name == "preconditioned" else Matrix.HESSIAN
    batch_size = 6 if name in ("batch-sharpness", "full-batch") else None
    return scope(matrix=matrix, batch_size=batch_size, **settings)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_each_is_drawn_by_what_its_table_says(name: str) -> None:
    table = INSTRUMENTS[name].table(_scope_for(name))
    feed = GivenFeed(series_of([TRAIN, table]), {}, {})
    if INSTRUMENTS[name].flow:
        assert not [picture for picture in pictures_of(feed) if picture.table == table.name]  # every run has the table
        feed.series[table.name].extend({"step": np.array([0])})
    drawn = [picture for picture in pictures_of(feed) if picture.table == table.name]
    assert bool(drawn) == (name not in ELSEWHERE)
    assert len({picture.name for picture in drawn}) == len(drawn)
    assert all(picture.title and picture.definition(feed) for picture in drawn)


def test_no_two_share_a_table_or_a_chart() -> None:
    tables = [kind.table(_scope_for(name)) for name, kind in INSTRUMENTS.items()]
    charts = [chart.name for table in tables for chart in table.charts or ()]
    assert len({table.name for table in tables}) == len(tables)
    assert len(set(charts)) == len(charts)


def test_each_measures_behind_those_that_it_needs() -> None:
    names = list(INSTRUMENTS)
    for name, kind in INSTRUMENTS.items():
        assert set(kind.needs) <= set(names[: names.index(name)])


def test_instruments_that_need_each_other_are_refused() -> None:
    class One(HessianTrace):
        name, needs = "one", ("two",)

    class Two(HessianTrace):
        name, needs = "two", ("one",)

    with pytest.raises(ValueError, match="need each other: one, two"):
        in_order([One, Two])


def test_one_more_file_is_one_more_instrument_and_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.setattr(instruments, "__path__", [*instruments.__path__, str(tmp_path)])
    kinds = {kind.name: kind for kind in in_order(catalogue._found())}
    assert set(kinds) == {*INSTRUMENTS, "weight-norm"}
    table = kinds["weight-norm"].table(scope())
    feed = GivenFeed(series_of([TRAIN, table]), {}, {})
    assert "Weight norm" in [picture.title for picture in pictures_of(feed)]


MINE = """
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Table


class WeightNorm(Instrument):
    name = "weight-norm"
    summary = "the norm of the weights"

    @classmethod
    def table(cls, scope):
        return Table("weight_norm", "the norm of the weights", (STEP, Column("norm", "‖θ‖")))

    @classmethod
    def work(cls, scope):
        return Work()

    def measure(self, point, found, say):
        return {"norm": float(point.theta.norm())}
"""


class Visit:
    """A run with one instrument, and with those that it needs before it."""

    def __init__(self, name: str, objective: Objective, lr: float, **settings: Any) -> None:
        kind = INSTRUMENTS[name]
        optimizer: Any = torch.optim.SGD
        if name == "preconditioned":
            lr, optimizer = lr / 10, torch.optim.Adam
        self.run = Run(objective, lr, optimizer=optimizer)
        chosen = _scope_for(name, **settings)
        needed = (other for other in INSTRUMENTS.values() if other.name in kind.needs and other.unasked(chosen))
        self.needed: list[Instrument] = [other(chosen) for other in needed]
        self.instrument = kind(chosen)

    def row(self, point: Point, *, certify: bool) -> Mapping[str, Any] | None:
        """A row; those that it needs have measured before where `certify` says so."""
        point.test = self.run.objective
        for instrument in self.needed if certify else ():
            self.run.measure(instrument, point)
        row: Mapping[str, Any] | None = self.run.measure(self.instrument, point)
        return row

    def state(self) -> dict[str, Any]:
        """All of it, as a checkpoint would bring it."""
        content = {
            "descent": self.run.descent.state_dict(),
            "found": self.run.found.state_dict(),
            "needed": [instrument.state_dict() for instrument in self.needed],
            "instrument": self.instrument.state_dict(),
        }
        file = io.BytesIO()
        torch.save(content, file)
        file.seek(0)
        loaded: dict[str, Any] = torch.load(file, weights_only=True)
        return loaded

    def take_up(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.run.descent.load_state_dict(state["descent"])
        self.run.found = Found()
        self.run.found.load_state_dict(state["found"])
        for instrument, its in zip(self.needed, state["needed"], strict=True):
            instrument.load_state_dict(its)
        self.instrument.load_state_dict(state["instrument"])


def _points(run: Run, first: int, count: int) -> Iterator[Point]:
    for step in range(first, first + count):
        with run.point(step) as point:
            point.evaluation = run.descent.evaluate()
            yield point
        run.descent.advance()


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_taken_up_by_a_fresh_one_the_next_row_is_the_same_to_the_bit(name: str) -> None:
    """Measured at every step, those that it needs at every third: so that what is kept in between matters."""
    first = Visit(name, small_network(), 0.4)
    for point in _points(first.run, 0, 4):
        first.row(point, certify=point.step % 3 == 0)
    fresh = Visit(name, small_network(seed=5), 0.4)
    fresh.run.objective = fresh.run.descent.objective = _with_the_data_of(first.run.objective, fresh.run.objective)
    fresh.take_up(first.state())
    rows = [[visit.row(point, certify=False) for point in _points(visit.run, 4, 2)] for visit in (first, fresh)]
    for one, other in zip(*rows, strict=True):
        assert (one is None) == (other is None)
        for column, value in (one or {}).items():
            assert other is not None
            assert np.asarray(value).tobytes() == np.asarray(other[column]).tobytes(), column
    assert any(row is not None for row in rows[0]) or name == "followed"


def _with_the_data_of(objective: Objective, other: Objective) -> Objective:
    """The objective of the one's data and the other's module."""
    data = objective.data()
    return Objective(other.model, objective.loss, data[0], data[1])


class Counter:
    """Counts what goes through the data."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.products = self.gradients = self.third = 0
        product, gradient, third = CurvatureOperator.__matmul__, Objective.gradient, HessianOperator.curvature_gradient

        def counted_product(operator: Any, v: Tensor) -> Tensor:
            self.products += 1 if v.ndim == 1 else v.shape[1]
            return product(operator, v)

        def counted_gradient(objective: Objective, *given: Any, **named: Any) -> Any:
            self.gradients += 1
            return gradient(objective, *given, **named)

        def counted_third(operator: HessianOperator, *given: Any, **named: Any) -> Any:
            self.third += 1
            return third(operator, *given, **named)

        monkeypatch.setattr(CurvatureOperator, "__matmul__", counted_product)
        monkeypatch.setattr(Objective, "gradient", counted_gradient)
        monkeypatch.setattr(HessianOperator, "curvature_gradient", counted_third)


THIRD = 3.5
"""Gradients that the gradient of uᵀHu is worth: a pass through the graph of a product."""


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_its_work_is_what_it_takes_within_a_factor_of_two(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Along a run at the edge, in passes over the data, every five steps."""
    settings = {"eigs": 2, "eig_above": None, "search_dtype": "float32"}
    visit = Visit(name, digits_network(torch.float32), STEP_SIZE, **settings)
    for _ in range(250):
        visit.run.descent.evaluate()
        visit.run.descent.advance()
    taken = []
    counter = Counter(monkeypatch)
    for point in _points(visit.run, 250, 50):
        if point.step % 5 == 0 or visit.instrument.every_step or visit.instrument.eager:
            for instrument in visit.needed if point.step % 5 == 0 else ():
                visit.run.measure(instrument, point)
            counter.products = counter.gradients = counter.third = 0
            point.test = visit.run.objective
            visit.run.measure(visit.instrument, point)
            taken.append((counter.products, counter.gradients + THIRD * counter.third))
    said = INSTRUMENTS[name].work(_scope_for(name, **settings))
    if said == Work():
        assert max(taken) == (0, 0)
        return
    products, gradients = np.mean(taken[2:], axis=0)
    assert _near(said.products + said.batches, products)
    assert _near(said.gradients + said.whole, gradients)


def _near(said: float, taken: float) -> bool:
    return math.isclose(said, taken) or (taken > 0 and 0.5 <= said / taken <= 2)
