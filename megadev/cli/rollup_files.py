"""Files that describe a rollup, as commands are given them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from megadev.errors import ConfigError
from megadev.primitives.guarded_json import DecodeError, decode_json


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises ``ConfigError`` naming it."""
    try:
        return decode_json(path.read_bytes())
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    except DecodeError as problem:
        raise ConfigError(f"{path}: not JSON: {problem}") from None
