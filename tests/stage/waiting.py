"""Wait for what happens in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


def until(holds: Callable[[], Any], seconds: float = 20) -> Any:
    """What ``holds`` gives once that is true."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come"
        pause.wait(0.002)
    return found
