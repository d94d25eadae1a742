"""Programs that megadev starts beside a node: what they find in their environment, how they are started and stopped.

Why more than one name for the same URL: Foundry's tools look at ETH_RPC_URL, our own commands at MEGADEV_RPC_URL.

Why a script has a session of its own, and so a process group: what it starts in the background (a web server, say)
lives as long as the node, and ends with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.options import GroupedCommand
from megadev.config.settings import GIVEN
from megadev.errors import ConfigError, MegadevError

if TYPE_CHECKING:
    import asyncio

    from megadev.devnet import Devnet

STOP_SECONDS = 5.0
"""What a program gets to end by itself once it was asked to."""
_LOOK_AGAIN_SECONDS = 0.05
NOT_FOUND, CANNOT_RUN, BY_SIGNAL = 127, 126, 128
"""Exit codes as shells give them; a command that a signal ended has 128 and the signal's number."""


class ScriptFailed(MegadevError):
    """A program that was started ended with an error."""


class StartingCommand(GroupedCommand):
    """A command that starts programs: its help ends with what they find in their environment."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Variables that programs find which it starts"):
            formatter.write_dl(list(GIVEN.items()))


def environment(net: Devnet) -> dict[str, str]:
    """This process's environment, and where a served devnet is and who has ether there: ``config.GIVEN``, without what
    there is none of.
    """
    accounts, l1 = net.accounts, net.endpoints[1].url if len(net.endpoints) > 1 else ""
    given = {
        "MEGADEV_RPC_URL": net.url,
        "ETH_RPC_URL": net.url,
        "MEGADEV_WS_URL": net.url.replace("http", "ws", 1),
        "MEGADEV_L1_RPC_URL": l1,
        "MEGADEV_L1_WS_URL": l1.replace("http", "ws", 1),
        "MEGADEV_ADDRESSES": ",".join(account.address for account in accounts),
        "MEGADEV_PRIVATE_KEYS": ",".join(account.private_key for account in accounts),
        "MEGADEV_ADDRESS": accounts[0].address if accounts else "",
        "MEGADEV_PRIVATE_KEY": accounts[0].private_key if accounts else "",
    }
    kept = {name: value for name, value in os.environ.items() if name not in GIVEN}
    return kept | {name: given[name] for name in GIVEN if given[name]}


def command_for(script: Path) -> list[str]:
    """Returns the command that runs ``script``: Python by this Python, a shell script by sh, anything else directly.
    Raises ``ConfigError``.
    """
    if not script.is_file():
        raise ConfigError(f"--script: there is no file {script}")
    if script.suffix == ".py":
        return [sys.executable, str(script.absolute())]  # one named -x.py is no option
    if script.suffix == ".sh":
        return [shutil.which("sh") or "sh", str(script.absolute())]
    if not os.access(script, os.X_OK):
        raise ConfigError(f"--script: {script} is neither a .py nor a .sh file, and is not executable")
    return [str(script.absolute())]


def end(process: subprocess.Popen[Any], seconds: float = STOP_SECONDS) -> None:
    """End a program politely, or at once where it still runs after ``seconds``, and wait for that."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_program(command: Sequence[str], environment: dict[str, str]) -> int:
    """The exit code; negative for a signal. Signals that ask us to end are handed on, and we wait for the command."""
    started: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hand_on(number: int, frame: object) -> None:
        if number == signal.SIGINT and _comes_from_terminal():
            return  # which sends it to the command as well, and that decides what it means
        for process in started:
            process.send_signal(number)
        if not started:
            early.append(number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        process = subprocess.Popen(command, env=environment)
        started.append(process)
        for number in early:
            process.send_signal(number)
        return process.wait()
    except FileNotFoundError:
        click.echo(f"error: there is no command {command[0]}", err=True)
        return NOT_FOUND
    except OSError as problem:
        click.echo(f"error: {command[0]}: {problem.strerror or problem}", err=True)
        return CANNOT_RUN
    finally:
        for process in started:
            if process.poll() is None:
                end(process)
        for number, handler in before.items():
            signal.signal(number, handler)


def _comes_from_terminal() -> bool:
    """True if we are in the foreground of a terminal: Ctrl-C goes to all processes there."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


class Script:
    """A program that runs beside a node. With ``quiet`` what it prints goes to stderr."""

    def __init__(self, path: Path, environment: dict[str, str], *, quiet: bool = False) -> None:
        self._path = path
        self._environment = environment
        self._quiet = quiet
        self._group: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run it to its end, or until ``stop``. Raises ``ScriptFailed``; ``ConfigError`` where it cannot be started."""
        import asyncio

        try:
            process = await asyncio.create_subprocess_exec(
                *command_for(self._path),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sys.stderr if self._quiet else None,
                start_new_session=True,
            )
        except OSError as problem:
            raise ConfigError(f"--script: {self._path}: {problem.strerror or problem}") from None
        self._group = process.pid
        ended, stopped = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self.end()
                await ended
                return
        finally:
            stopped.cancel()
        self._send(0)  # what it left in the background goes on
        if process.returncode:
            raise ScriptFailed(f"--script: {self._path} ended with {how_it_ended(process.returncode)}")

    async def end(self) -> None:
        """End it and what it started, if any of that still runs: politely first."""
        import asyncio

        self._send(signal.SIGTERM)
        for _ in range(round(STOP_SECONDS / _LOOK_AGAIN_SECONDS)):
            if not self._send(0):
                return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End all of it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> bool:
        """Signal the group; False once it is empty, and from then on: its number may become another's."""
        if self._group is None:
            return False
        with contextlib.suppress(PermissionError):  # a member that is somebody else's now
            try:
                os.killpg(self._group, number)
            except ProcessLookupError:
                self._group = None
                return False
        return True


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def as_shells_say(code: int) -> int:
    """An exit code for ours, which cannot be negative."""
    return code if code >= 0 else BY_SIGNAL - code
