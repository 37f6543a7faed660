"""What went wrong, in one line."""

from __future__ import annotations

import pytest

from eostui.one_line import in_one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("no such device"), "RuntimeError: no such device"),
        (ValueError("\nthe first line\nand more"), "ValueError: the first line"),
        (NotImplementedError(), "NotImplementedError"),
        (SystemExit(3), "the code of the run has called exit(3)"),
    ],
)
def test_an_error_is_its_kind_and_the_first_line_of_what_it_says(error: BaseException, line: str) -> None:
    assert in_one_line(error) == line
