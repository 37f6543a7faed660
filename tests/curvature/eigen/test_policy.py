"""What a search does next, in each of the cases that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import product

import pytest

from eostui.curvature.eigen.policy import Facts, Move, next_move

NAMES = [field.name for field in fields(Facts)]


def all_facts(**given: bool) -> Iterator[Facts]:
    """Every combination of facts in which those that are given hold."""
    for values in product((False, True), repeat=len(NAMES)):
        facts = dict(zip(NAMES, values, strict=True))
        if given.items() <= facts.items():
            yield Facts(**facts)


def moves(**given: bool) -> set[Move]:
    return {next_move(facts) for facts in all_facts(**given)}


def test_nothing_is_added_to_a_basis_that_is_complete_or_when_the_budget_is_spent() -> None:
    assert moves(finished=True) == {Move.STOP}


def test_a_verification_that_has_begun_is_carried_through() -> None:
    assert moves(finished=False, verifying=True) == {Move.VERIFY}
    assert Move.VERIFY not in moves(verifying=False)


@pytest.mark.parametrize("guarded", [False, True])
def test_the_wanted_pairs_are_refined_before_anything_else_is_looked_at(guarded: bool) -> None:
    unsettled = {"finished": False, "verifying": False, "settled": False, "stalled": False}
    assert moves(**unsettled, guarded=guarded) == {Move.REFINE_WANTED}


def test_a_settled_or_stalled_pair_is_never_refined() -> None:
    assert Move.REFINE_WANTED not in moves(settled=True)
    assert Move.REFINE_WANTED not in moves(stalled=True)


def test_a_guard_that_may_hide_one_is_refined_before_the_search_ends_or_is_verified() -> None:
    doubtful = {"settled": True, "stalled": False, "guard_may_hide_one": True}
    assert moves(finished=False, verifying=False, **doubtful) == {Move.REFINE_GUARD}
    assert Move.REFINE_GUARD not in moves(guard_may_hide_one=False)


def test_where_products_bring_nothing_any_more_no_guard_is_refined() -> None:
    assert moves(stalled=True, finished=False, verifying=False) == {Move.STOP, Move.BEGIN_VERIFICATION}


def test_a_result_stands_if_it_was_guarded_or_a_verification_has_left_it_unchanged() -> None:
    known = {"finished": False, "verifying": False, "settled": True, "guard_may_hide_one": False}
    assert moves(**known, guarded=True) == {Move.STOP}
    assert moves(**known, unchanged=True) == {Move.STOP}
    assert moves(**known, guarded=False, unchanged=False) == {Move.BEGIN_VERIFICATION}


def test_no_search_ends_unfinished_without_a_guard_or_a_verification() -> None:
    assert Move.STOP not in moves(finished=False, guarded=False, unchanged=False)


def test_every_case_has_a_move_and_every_move_a_case() -> None:
    assert len([*all_facts()]) == 2 ** len(NAMES)
    assert moves() == set(Move)
