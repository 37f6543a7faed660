"""A table's definition checks itself, on its way to a viewer too."""

from __future__ import annotations

import json

import pytest

from eostui.store import EVENTS, STEP, TEST, TRAIN, Column, Status, Table, eigenvalue_table


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
