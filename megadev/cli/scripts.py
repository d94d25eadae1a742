"""Programs that megadev starts beside a node: what they find in their environment, how they are started and stopped.

Why more than one name for the same URL: Foundry's tools look at ETH_RPC_URL, our own commands at MEGADEV_RPC_URL.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from megadev.config import GIVEN
from megadev.errors import ConfigError, MegadevError

if TYPE_CHECKING:
    import asyncio

    from megadev.devnet import Devnet

STOP_SECONDS = 5.0
"""What a program gets to end by itself once it was asked to."""


class ScriptFailed(MegadevError):
    """A program that was started ended with an error."""


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
    """How ``script`` is run: Python by this Python, a shell script by sh, anything else by itself. Raises
    ``ConfigError``.
    """
    if not script.is_file():
        raise ConfigError(f"--script: there is no file {script}")
    if script.suffix == ".py":
        return [sys.executable, str(script)]
    if script.suffix == ".sh":
        return [shutil.which("sh") or "sh", str(script)]
    if not os.access(script, os.X_OK):
        raise ConfigError(f"--script: {script} is neither a .py nor a .sh, and cannot be executed")
    return [str(script.absolute())]


async def run_script(script: Path, environment: dict[str, str], stop: asyncio.Event, *, quiet: bool = False) -> None:
    """Run ``script`` to its end, or until ``stop``. With ``quiet`` what it prints goes to stderr.

    Raises ``ScriptFailed``; ``ConfigError`` where it cannot be started.
    """
    import asyncio

    try:
        process = await asyncio.create_subprocess_exec(
            *command_for(script),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr if quiet else None,
        )
    except OSError as problem:
        raise ConfigError(f"--script: {script}: {problem.strerror or problem}") from None
    ended, stopped = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            process.terminate()
            await asyncio.wait((ended,), timeout=STOP_SECONDS)
            if not ended.done():
                process.kill()
            await ended
            return
    finally:
        stopped.cancel()
    if process.returncode:
        raise ScriptFailed(f"--script: {script} ended with {how_it_ended(process.returncode)}")


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"
