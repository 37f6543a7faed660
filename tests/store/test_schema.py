"""A table's definition checks itself, on its way to a viewer too."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from eostui.store import EVENTS, STEP, TEST, TRAIN, Column, Status, Table, eigenvalue_table

HESSIAN = eigenvalue_table("hessian", "λ of ∇²L", 3)


@pytest.mark.parametrize(
    "table", [TRAIN, TEST, EVENTS, eigenvalue_table("hessian", "λ of ∇²L", 6)], ids=lambda t: t.name
)
def test_a_table_comes_through_json_unchanged(table: Table) -> None:
    assert Table.from_json(json.loads(json.dumps(table.to_json()))) == table


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../up"},
        {"name": "Train\x1b[31m"},
        {"name": 3},
        {"description": None},
        {"columns": []},
        {"columns": {}},
        {"columns": [{"name": "step"}]},
        {"columns": [EVENTS.to_json()["columns"][1]]},
        {"columns": [*TRAIN.to_json()["columns"], TRAIN.to_json()["columns"][1]]},
        {"columns": [TRAIN.to_json()["columns"][0], {**TRAIN.to_json()["columns"][1], "dtype": "object"}]},
        {"columns": [TRAIN.to_json()["columns"][0], {**TRAIN.to_json()["columns"][1], "width": 10**9}]},
        {"columns": [TRAIN.to_json()["columns"][0], {**TRAIN.to_json()["columns"][1], "width": True}]},
        {"columns": [TRAIN.to_json()["columns"][0], {**TRAIN.to_json()["columns"][1], "width": "6"}]},
        {"columns": [TRAIN.to_json()["columns"][0], {**EVENTS.to_json()["columns"][2], "width": 2}]},
    ],
)
def test_a_definition_that_is_wrong_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"table|column"):
        Table.from_json({**TRAIN.to_json(), **change})


@pytest.mark.parametrize("value", [None, [], "train", 7, {}])
def test_what_is_no_definition_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="name, description and columns"):
        Table.from_json(value)


def test_every_table_begins_with_the_step() -> None:
    with pytest.raises(ValueError, match="`step`"):
        Table("loss", "no step", (Column("loss", "the loss"),))
    with pytest.raises(ValueError, match="`step`"):
        Table("loss", "a wrong step", (Column("step", "a float"),))
    assert Table("only", "the step alone", (STEP,)).columns == (STEP,)


def test_a_run_has_ended_when_no_more_rows_will_come() -> None:
    assert [status.value for status in Status if status.ended] == ["finished", "stopped", "diverged", "failed"]


def test_a_row_has_every_column_in_order_and_nan_for_what_was_left_out() -> None:
    row = TRAIN.row({"loss": np.float32(0.5), "step": np.int32(7)})
    assert row.table is TRAIN
    step, time, lr, threshold, loss, accuracy, grad_norm = row.values
    assert step == 7
    assert loss == 0.5
    assert np.isnan([time, lr, threshold, accuracy, grad_norm]).all()
    step, eigenvalues, residuals, *_ = HESSIAN.row(
        {"step": 0, "eigenvalues": range(3), "products": 1, "certified": 1}
    ).values
    assert (step, eigenvalues.tolist(), residuals.shape) == (0, [0, 1, 2], (3,))
    assert np.isnan(residuals).all()
    assert EVENTS.row({"step": 0, "kind": "η", "detail": b"{}"}).values[2:] == ("η".encode(), b"{}")


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        (TRAIN, {"step": 0, "los": 1.0}, "no column los: its columns are step, time"),
        (TRAIN, {"loss": 1.0}, "column step: wants int64, got nothing"),
        (TRAIN, {"step": 0.5}, "column step: wants int64, got 0.5"),
        (TRAIN, {"step": 1 << 63}, "column step: wants int64, got 9223372036854775808"),
        (TRAIN, {"step": 0, "loss": "low"}, "column loss: wants float64, got 'low'"),
        (HESSIAN, {"step": 0, "certified": 1}, "column products: wants int64, got nothing"),
        (HESSIAN, {"step": 0, "eigenvalues": [1.0], "products": 1, "certified": 1}, "wants 3 × float64, got [1.0]"),
        (EVENTS, {"step": 0, "kind": "x" * 17, "detail": ""}, "column kind: wants S16"),
        (EVENTS, {"step": 0, "kind": "lr"}, "column detail: wants S512, got nothing"),
    ],
)
def test_what_is_no_row_is_refused_by_the_name_of_the_column(
    table: Table, values: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=f"table {table.name}") as caught:
        table.row(values)
    assert said in str(caught.value)


def test_a_table_that_went_to_another_process_makes_the_same_rows() -> None:
    for table in (TRAIN, HESSIAN, EVENTS):
        again = pickle.loads(pickle.dumps(table))
        assert (again, hash(again)) == (table, hash(table))
    assert math.isnan(pickle.loads(pickle.dumps(TRAIN)).row({"step": 0}).values[1])
