"""Timestamps: strictly rising by default, exact when asked, and one clock that travels."""

from __future__ import annotations

import pytest

from megadev.clock import ManualClock
from megadev.errors import InvalidParams
from megadev.sequencer.time_keeper import MAX_TIMESTAMP, Shift, TimeKeeper


def keeper(allow_equal: bool = False) -> tuple[TimeKeeper, ManualClock]:
    clock = ManualClock(1_000)
    return TimeKeeper(clock, allow_equal=allow_equal), clock


def test_blocks_never_share_a_timestamp_unless_asked() -> None:
    strict, _ = keeper()
    assert strict.next_timestamp(999) == 1_000
    assert strict.next_timestamp(1_000) == 1_001
    assert strict.next_timestamp(5_000) == 5_001
    relaxed, _ = keeper(allow_equal=True)
    assert relaxed.next_timestamp(1_000) == 1_000
    assert relaxed.next_timestamp(5_000) == 5_000


def test_increasing_time_moves_every_later_block() -> None:
    time, clock = keeper()
    assert time.increase(60) == 60
    assert time.increase(40) == 100
    clock.advance(5)
    assert time.next_timestamp(0) == 1_105
    with pytest.raises(InvalidParams):
        time.increase(-1)


def test_an_exact_timestamp_is_used_once_and_moves_the_clock_for_good() -> None:
    time, clock = keeper()
    time.set_next(2_000, parent=1_000)
    assert time.next_timestamp(1_000) == 2_000
    time.block_sealed(2_000)
    clock.advance(10)
    assert time.next_timestamp(2_000) == 2_010


def test_an_exact_timestamp_cannot_precede_the_parent() -> None:
    time, _ = keeper()
    for wrong in (999, 1_000):
        with pytest.raises(InvalidParams, match="previous block"):
            time.set_next(wrong, parent=1_000)
    relaxed, _ = keeper(allow_equal=True)
    relaxed.set_next(1_000, parent=1_000)
    assert relaxed.next_timestamp(1_000) == 1_000


def test_an_interval_counts_from_the_parent_until_removed() -> None:
    time, _ = keeper()
    time.set_interval(12)
    assert time.next_timestamp(1_000) == 1_012
    time.set_interval(None)
    assert time.next_timestamp(900) == 1_000


def test_the_clock_may_be_set_back_but_blocks_still_rise() -> None:
    time, _ = keeper()
    assert time.set_time(400) == -600
    assert time.now() == 400
    assert time.next_timestamp(1_000) == 1_001
    assert time.next_timestamp(100) == 400


def test_a_start_time_sets_the_clock_from_the_beginning() -> None:
    clock = ManualClock(1_000)
    time = TimeKeeper(clock, start=50)
    clock.advance(7)
    assert time.now() == 57


@pytest.mark.parametrize(
    ("now", "window", "expected"),
    [(1000.0, 1, 1001), (1000.25, 1, 1001), (1000.999, 1, 1001), (1000.25, 0.5, 1001), (1001, 12, 1008)],
)
def test_a_block_that_stays_open_carries_the_end_of_its_window(now: float, window: float, expected: int) -> None:
    time, clock = keeper()
    clock.set(now)
    assert time.next_timestamp(0, window) == expected
    assert time.next_timestamp(expected, window) == expected + 1
    time.increase(60)
    assert time.next_timestamp(0, window) == expected + 60


def test_a_requested_timestamp_precedes_the_window() -> None:
    time, _ = keeper()
    time.set_interval(7)
    assert time.next_timestamp(1_000, 1.0) == 1_007
    time.set_next(3_000, 1_000)
    assert time.next_timestamp(1_000, 1.0) == 3_000


@pytest.mark.parametrize(("now", "left"), [(1000.0, 1.0), (1000.25, 0.75), (1000.85, 0.15), (1000.9375, 1.0625)])
def test_a_window_that_is_all_but_over_is_not_waited_for(now: float, left: float) -> None:
    time, clock = keeper()
    clock.set(now)
    assert time.until_next(1.0) == pytest.approx(left)


def test_microseconds_travel_along() -> None:
    time, clock = keeper()
    clock.set(1000.25)
    time.increase(5)
    assert time.now_us() == 1_005_250_000


def test_time_travel_moves_both_chains_or_one() -> None:
    clock, shift = ManualClock(1_000), Shift()
    here, there = (TimeKeeper(clock, shift=shift) for _ in range(2))
    here.increase(60)
    assert (here.now(), there.now()) == (1_060, 1_060)
    there.increase(40, alone=True)
    assert (here.now(), there.now()) == (1_060, 1_100)
    there.set_time(5_000)
    assert (here.now(), there.now()) == (4_960, 5_000)
    here.set_next(6_000, parent=0)
    here.block_sealed(6_000)
    assert (here.now(), there.now()) == (6_000, 6_040)
    before = here.settings, there.settings
    there.set_time(9_000, alone=True)
    here.set_interval(5)
    for keeper, settings in zip((here, there), before, strict=True):
        keeper.settings = settings
    assert (here.now(), there.now()) == (6_000, 6_040)
    assert there.next_timestamp(0) == 6_040


def test_no_keeper_is_moved_beyond_the_end_of_time_by_another() -> None:
    clock, shift = ManualClock(1_000), Shift()
    here, there = (TimeKeeper(clock, shift=shift) for _ in range(2))
    there.set_time(MAX_TIMESTAMP, alone=True)
    with pytest.raises(InvalidParams):
        here.increase(1)
    assert here.increase(1, alone=True) == 1
