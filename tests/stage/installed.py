"""The tests' own pytest, run inside a test."""

from __future__ import annotations

from importlib.metadata import entry_points

INSTALLED = any(point.name == "megadev" for point in entry_points(group="pytest11"))
