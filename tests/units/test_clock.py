"""Injected time."""

from __future__ import annotations

import time

import pytest

from megadev.clock import Clock, ManualClock, SystemClock


def test_the_system_clock_returns_the_machines_time() -> None:
    clock: Clock = SystemClock()
    before = time.time()
    assert before <= clock.now() <= time.time()
    assert clock.monotonic_ns() <= clock.monotonic_ns()


def test_a_manual_clock_stops_until_it_is_moved() -> None:
    clock = ManualClock(1_000)
    assert (clock.now(), clock.now(), clock.monotonic_ns()) == (1_000, 1_000, 0)
    clock.advance(1.5)
    assert (clock.now(), clock.monotonic_ns()) == (1_001.5, 1_500_000_000)
    clock.set(10)
    assert (clock.now(), clock.monotonic_ns()) == (10, 1_500_000_000)


def test_time_does_not_pass_backwards() -> None:
    clock = ManualClock(5)
    with pytest.raises(ValueError, match=r"use set\(\)"):
        clock.advance(-1)
    assert clock.now() == 5
