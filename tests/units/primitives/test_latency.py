"""Latencies as people write them."""

from __future__ import annotations

import pytest

from megadev.primitives.latency import Latency, parse_latency


@pytest.mark.parametrize(
    ("text", "seconds", "jitter", "shown"),
    [
        ("5ms", 0.005, 0.0, "5ms"),
        ("5ms±2ms", 0.005, 0.002, "5ms±2ms"),
        ("5ms+-2ms", 0.005, 0.002, "5ms±2ms"),
        (" 5 ms +/- 500us ", 0.005, 0.0005, "5ms±500us"),
        ("1.5s±250ms", 1.5, 0.25, "1.5s±250ms"),
        ("20µs", 20e-6, 0.0, "20us"),
        ("20μs", 20e-6, 0.0, "20us"),
        ("0ms", 0.0, 0.0, "0ms"),
        ("60s", 60.0, 0.0, "60s"),
    ],
)
def test_a_latency_is_read_and_shown(text: str, seconds: float, jitter: float, shown: str) -> None:
    latency = parse_latency(text)
    assert (latency.seconds, latency.jitter, str(latency)) == (pytest.approx(seconds), pytest.approx(jitter), shown)
    assert parse_latency(str(latency)) == latency


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("5", "must be like"),
        ("", "must be like"),
        ("-5ms", "must be like"),
        ("5ms±", "must be like"),
        ("5 minutes", "must be like"),
        ("٥ms", "must be like"),
        ("1e3ms", "must be like"),
        ("60.1s", "at most 60s"),
        ("5ms±6ms", "must not vary by more than"),
    ],
)
def test_an_invalid_latency_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_latency(text)


def test_each_delay_is_within_the_jitter() -> None:
    latency = Latency(0.005, 0.002)
    assert [latency.at(chance) for chance in (0, 0.5, 1)] == pytest.approx([0.003, 0.005, 0.007])
