"""What ``megadev up --ui`` does to a terminal, and that it takes it back: on a pseudo-terminal, without a node."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator

import pytest

from tests.conftest import REPOSITORY, START_SECONDS
from tests.stage.programs import program

CHILD = program("terminal/child.py")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def run(terminal: tuple[int, int], end: str = "") -> str:
    """What a terminal gets; in the end it has the settings that it had."""
    ours, theirs = terminal
    got: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is closed: that was all
            while piece := os.read(ours, 1 << 16):
                got.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    before = termios.tcgetattr(theirs)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(end=end)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    assert process.wait(START_SECONDS) == 0
    after = termios.tcgetattr(theirs)
    os.close(theirs)
    reader.join(START_SECONDS)
    assert before == after
    return b"".join(got).decode()


def test_only_lines_that_changed_are_written(terminal: tuple[int, int]) -> None:
    got = run(terminal)
    assert got.count("first first ") == 1
    assert got.count("\x1b[2;1H") == 2


def test_other_output_is_captured_and_returned(terminal: tuple[int, int]) -> None:
    got = run(terminal)
    picture, left, after = got.partition("\x1b[?1049l")
    assert left
    assert "printed" not in picture and "complained" not in picture and "child" not in picture
    assert "printed\r\n" in after and "complained\r\nunfinished" in after and "child\r\n" in after
    assert "after ['child', 'complained', 'printed']" in after


def test_output_larger_than_a_pipe_is_caught(terminal: tuple[int, int]) -> None:
    end = "for _ in range(40):\n    os.write(1, b'x' * 30_000 + b'\\n')\n    [terminal.feed(p) for p in terminal.pipes]"
    got = run(terminal, f"{end}\ncaught[:] = []")
    assert got.rstrip().endswith("after []")
