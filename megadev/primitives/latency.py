"""The latency of a link, and its variation: ``5ms±2ms`` as people write it."""

from __future__ import annotations

import re

import msgspec

LONGEST = 60.0
"""Seconds. More is no latency: a client would have given up."""
UNITS = {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}
"""Seconds in each unit; micro is written with either of its two characters, or with a u."""

_DURATION = r"(\d{1,9}(?:\.\d{1,9})?)\s*(us|µs|μs|ms|s)"
_LATENCY = re.compile(rf"\s*{_DURATION}(?:\s*(?:±|\+/?-)\s*{_DURATION})?\s*", re.ASCII)


class Latency(msgspec.Struct, frozen=True):
    """Seconds, and how many more or fewer it may be each time; any value in between is as likely."""

    seconds: float
    jitter: float = 0.0

    def __str__(self) -> str:
        varies = f"±{_written(self.jitter)}" if self.jitter else ""
        return _written(self.seconds) + varies

    def at(self, chance: float) -> float:
        """The latency, in seconds, that ``chance`` (0 to 1) picks."""
        return self.seconds + self.jitter * (2 * chance - 1)


def parse_latency(text: str) -> Latency:
    """``5ms``, ``5ms±2ms``, ``5ms+-2ms`` or ``5ms+/-2ms``, in us, ms or s. Raises ValueError."""
    found = _LATENCY.fullmatch(text)
    if found is None:
        raise ValueError(f"must be like 5ms or 5ms±2ms (in us, ms or s), not {text[:100]!r}")
    seconds = float(found[1]) * UNITS[found[2]]
    jitter = 0.0 if found[3] is None else float(found[3]) * UNITS[found[4]]
    if seconds > LONGEST:
        raise ValueError(f"must be at most {_written(LONGEST)}, not {text[:100]!r}")
    if jitter > seconds:
        raise ValueError(f"must not vary by more than the delay: {text[:100]!r} could be negative")
    return Latency(seconds, jitter)


def _written(seconds: float) -> str:
    unit = "s" if seconds >= 1 else "ms" if seconds >= 0.001 or not seconds else "us"
    return f"{seconds / UNITS[unit]:.9g}{unit}"
