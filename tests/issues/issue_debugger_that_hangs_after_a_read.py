"""A read on a thread must leave nothing behind that makes a debugger, or anything else that traces, wait for ever."""

from __future__ import annotations

import subprocess
import sys

from tests.stage.programs import program

PROGRAM = program("debugger_that_hangs_after_a_read/program.py")


def test_tracing_continues_after_finished_and_aborted_reads() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
