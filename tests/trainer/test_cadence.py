"""How often a run measures under a share of the time."""

from __future__ import annotations

import pytest

from eostui.config import Measuring
from eostui.trainer.cadence import Cadence


def settings(share: float | None) -> Measuring:
    return Measuring(eig_every=10, measure_share=share)


def measured(cadence: Cadence, *, update: float, tracked: float, certified: float, times: int = 30) -> None:
    for _ in range(times):
        cadence.took("update", update)
        cadence.took("tracked", tracked)
        cadence.took("certified", certified)


def share_of(cadence: Cadence, *, update: float, tracked: float, certified: float, steps: int = 100_000) -> float:
    """What measuring takes of a long run at this cadence, counted step by step."""
    measuring = sum(
        certified if cadence.certified(step) else tracked if cadence.tracked(step) else 0.0 for step in range(steps)
    )
    return measuring / (measuring + steps * update)


def test_without_a_share_it_is_what_was_asked_for() -> None:
    cadence = Cadence(settings(None), tracks=True)
    measured(cadence, update=1, tracked=100, certified=1000)
    assert cadence.adapted() is None
    assert [step for step in range(25) if cadence.certified(step)] == [0, 10, 20]
    assert all(map(cadence.tracked, range(25)))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("certified", [0.5, 5, 50, 500])
@pytest.mark.parametrize("tracks", [True, False])
def test_measuring_takes_no_more_than_its_share_and_not_much_less(share: float, certified: float, tracks: bool) -> None:
    tracked = 1.1 if tracks else 0.0
    cadence = Cadence(settings(share), tracks=tracks)
    measured(cadence, update=1.0, tracked=tracked, certified=certified)
    asked = share_of(cadence, update=1.0, tracked=tracked, certified=certified)
    adapted = cadence.adapted()
    taken = share_of(cadence, update=1.0, tracked=tracked, certified=certified)
    assert taken <= 1.01 * share
    if asked <= share:
        assert adapted is None
    else:
        assert adapted is not None
        assert adapted.allowed == share
        assert adapted.share == pytest.approx(taken, rel=0.05)
        assert taken > share / 4  # intervals grow by up to 2.5 times at once
        assert cadence.adapted() is None


def test_tracked_estimates_give_way_before_certified_measurements() -> None:
    cadence = Cadence(settings(0.5), tracks=True)
    measured(cadence, update=1, tracked=2, certified=5)
    adapted = cadence.adapted()
    assert adapted is not None
    assert adapted.eig_every == 10
    assert adapted.tracked_every == cadence.tracked_every > 1


def test_the_first_measurement_which_starts_from_nothing_does_not_count() -> None:
    cadence = Cadence(settings(0.5), tracks=False)
    cadence.took("update", 1)
    cadence.took("certified", 1e6)
    assert cadence.adapted() is None
    cadence.took("certified", 9)
    assert cadence.adapted() is None
    assert cadence.certified(10)


def test_a_share_that_is_used_up_lets_nothing_be_measured_until_it_is_made_up_for() -> None:
    cadence = Cadence(settings(0.25), tracks=True)
    assert cadence.affordable(0.0, 0.0)
    assert cadence.affordable(1.0, 4.0)
    assert not cadence.affordable(1.1, 4.0)
    assert Cadence(settings(None), tracks=True).affordable(1e9, 1.0)


def test_what_certified_measurements_leave_of_the_share_is_for_tracked_ones() -> None:
    cadence = Cadence(settings(0.5), tracks=True)
    measured(cadence, update=1, tracked=2, certified=300)
    assert cadence.adapted() is not None
    assert cadence.certified_every == 300
    assert cadence.tracked_every == 300  # nothing is left
    measured(cadence, update=1, tracked=2, certified=240)
    assert cadence.adapted() is None  # not worth a change yet
    measured(cadence, update=1, tracked=2, certified=100)
    assert cadence.adapted() is not None
    assert cadence.certified_every < 300
    assert cadence.tracked_every < cadence.certified_every


def test_it_measures_more_often_again_when_that_has_become_cheap_but_does_not_go_to_and_fro() -> None:
    cadence = Cadence(settings(0.3), tracks=False)
    measured(cadence, update=1, tracked=0, certified=20)
    assert cadence.adapted() is not None
    assert cadence.certified_every == 50
    measured(cadence, update=1, tracked=0, certified=13)  # would be 25 % at every 40
    assert cadence.adapted() is None
    measured(cadence, update=1, tracked=0, certified=2)
    assert cadence.adapted() is not None
    assert cadence.certified_every == 10
