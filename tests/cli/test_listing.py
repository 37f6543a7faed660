"""`eostui list` can be read on a narrow terminal, and by a program."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from eostui.cli import app
from eostui.cli.columns import lay_out
from eostui.cli.listing import Kind
from eostui.trainer.catalogue import rows_of


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_name_is_whole_and_every_word_is_there_at_any_width(kind: Kind, width: int) -> None:
    headings, rows = rows_of(kind)
    lines = lay_out([headings, *rows], width)
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines if line[0] != " "] == [headings[0], *(row[0] for row in rows)]
    said = "".join(lines).replace(" ", "").replace("·", "")
    for row in rows:
        for cell in row:
            assert cell.replace(" ", "").replace("·", "") in said


@pytest.mark.parametrize("kind", list(Kind))
def test_a_program_gets_one_plain_line_a_name(kind: Kind) -> None:
    result = CliRunner().invoke(app, ["list", kind])
    assert result.exit_code == 0
    _, rows = rows_of(kind)
    lines = result.stdout.splitlines()
    assert len(lines) == 1 + len(rows)
    assert "\x1b" not in result.stdout
    for line, row in zip(lines[1:], rows, strict=True):
        assert line.split()[0] == row[0]
        assert all(cell in line for cell in row)


def test_where_there_is_room_there_are_columns() -> None:
    table = [("name", "what", "when"), ("mse", "squares", "always"), ("ce", "", "never")]
    columns = ["name  what     when", "mse   squares  always", "ce             never"]
    assert lay_out(table, None) == columns
    assert lay_out(table, 21) == columns
    assert lay_out(table, 20) == ["name  what · when", "mse   squares", "      always", "ce    never"]
    assert lay_out([("name", "what"), ("x", "")], 5) == ["name  what", "x"]
