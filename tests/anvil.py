"""Anvil beside us: a process of it, where ``MEGADEV_ANVIL`` names the program or it is on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from typing import Any, Self

import pytest

from megadev.cli.client import call

ANVIL = os.environ.get("MEGADEV_ANVIL") or shutil.which("anvil")
"""Read on import: the tests' own environment has no MEGADEV_* in it."""


def need_anvil(version: str | None = None) -> str:
    """The program. Skips the test where there is none, or where it is not of this version."""
    if ANVIL is None:
        pytest.skip("no anvil: set MEGADEV_ANVIL")
    if version is not None:
        found = subprocess.run([ANVIL, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
        if version not in found:
            pytest.skip(f"the differences are from anvil {version}, this is {found.splitlines()[0]}")
    return ANVIL


class Anvil:
    """A running Anvil, on a port of its own. ``printed``: its lines so far; all of them once it is closed."""

    def __init__(self, *flags: str) -> None:
        self._process = subprocess.Popen(
            [need_anvil(), "--port", "0", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.printed: list[str] = []
        for line in self._process.stdout:
            self.printed.append(line)
            if (found := re.search(r"Listening on (\S+:\d+)", line)) is not None:
                self.url = f"http://{found[1]}"
                break
        else:
            raise AssertionError("anvil did not start:\n" + "".join(self.printed))
        # it tells of every request, and stops when nobody reads that
        self._reader = threading.Thread(target=self.printed.extend, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def rpc(self, method: str, *params: Any) -> Any:
        """What it answers. Raises as ``call``."""
        return call(self.url, method, list(params))

    def close(self) -> None:
        """End it, and the program itself where what is on the PATH only starts it (npm's does)."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
