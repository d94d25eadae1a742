"""What tests of every kind share: a clean environment, and a real ``megadev up`` on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# how long an example takes says more about the machine's other work than about us
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# the same examples in each run: a change is judged by what it changes, and not by luck
settings.register_profile("megadev", settings.get_profile("explore"), derandomize=True)
settings.load_profile("megadev")

REPOSITORY = Path(__file__).resolve().parents[1]
START_SECONDS = 60
"""Far more than a start takes: a loaded machine must not fail a test."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Python keep the bytecode of the programs that tests start, hundreds of them, though the developer's shell says
    that none is written: it lies in pytest's own cache then.
    """
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if cache is not None and os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite golden conversations that changed (they still fail once)"
    )


@pytest.fixture(autouse=True)
def _settings_come_from_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """No MEGADEV_* variable of the developer's shell reaches a test."""
    for variable in list(os.environ):
        if variable.startswith("MEGADEV_"):
            monkeypatch.delenv(variable)


@dataclass
class RunningNode:
    """A ``megadev up`` process: what it printed so far, and where it listens."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str | None]
    printed: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_line(self, *, timeout: float = START_SECONDS) -> str:
        """The next line that it prints. Fails when it has ended, or prints nothing for so many seconds."""
        with contextlib.suppress(queue.Empty):
            line = self.lines.get(timeout=timeout)
            if line is not None:
                self.printed.append(line)
                return line
        raise AssertionError(f"{self.process.args!r} prints no more after:\n" + "".join(self.printed))

    def wait_for(self, pattern: str, *, timeout: float = START_SECONDS) -> re.Match[str]:
        """Read lines until one matches."""
        found = None
        while found is None:
            found = re.search(pattern, self.next_line(timeout=timeout))
        return found

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of one request over HTTP."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=START_SECONDS) as response:
            answer = json.load(response)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def stop(self, signal_number: int = signal.SIGINT) -> int:
        """Ask it to end; returns the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=START_SECONDS)


@pytest.fixture
def megadev_up(tmp_path: Path) -> Iterator[Callable[..., RunningNode]]:
    """Start ``megadev up --port 0 …``, or another ``program``, in an empty directory and wait until it listens; ended
    with the test."""
    started: list[RunningNode] = []

    def start(
        *flags: str,
        listening: str = r"Listening on \S+:(\d+)",
        env: dict[str, str] | None = None,
        stdin: int | None = None,
        program: Sequence[str] = (sys.executable, "-m", "megadev", "up", "--port", "0"),
    ) -> RunningNode:
        command: Sequence[str] = [*program, *flags]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        node = RunningNode(process, queue.Queue())
        started.append(node)

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                node.lines.put(line)
            node.lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        if listening:
            node.port = int(node.wait_for(listening).group(1))
        return node

    yield start
    for node in started:
        if node.process.poll() is None:
            node.process.kill()
        node.process.wait()
        if node.process.stdout is not None:
            node.process.stdout.close()
