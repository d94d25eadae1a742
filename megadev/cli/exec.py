"""``megadev exec``: a node for as long as a command runs, on free ports, and a line about what happened on it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.options import config_from, setting_options
from megadev.cli.scripts import (
    STOP_SECONDS,
    ScriptFailed,
    StartingCommand,
    command_for,
    environment,
    how_it_ended,
)
from megadev.cli.up import start_report, write_config_out

if TYPE_CHECKING:
    from megadev.devnet import Devnet
    from megadev.events import Event
    from megadev.node.chain import LocalChain

NOT_FOUND, CANNOT_RUN, BY_SIGNAL = 127, 126, 128
"""Exit codes as shells give them; a command that a signal ended has 128 and the signal's number."""
FAILED_SHOWN = 3


@click.command(
    "exec",
    cls=StartingCommand,
    short_help="Run a command with a node of its own.",
    context_settings={"allow_interspersed_args": False},
)
@setting_options()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
def exec(command: tuple[str, ...], config_file: str | None, **flags: Any) -> int:
    """Start a node on free ports, run COMMAND until it ends, and stop the node. The exit code is COMMAND's.

    COMMAND finds the URLs of both chains, and accounts with their keys, in its environment (see below), and so does
    --script, which runs before it; if that fails, COMMAND does not run and the exit code is 1.

    \b
      megadev exec -- pytest
      megadev exec --preset megaeth --script deploy.py -- npm test
    """
    config = config_from(flags, config_file)
    config = config.replace(**{name: 0 for name in ("port", "l1_port") if flags.get(name) is None})
    from megadev.devnet import Devnet

    with Devnet(config) as devnet:
        tally = _Tally(devnet)
        devnet.serve(config.host, config.port, config.l1_port or 0)
        given = environment(devnet)
        write_config_out(config, start_report(devnet))
        if config.script is not None:
            code = _run(tuple(command_for(config.script)), given)
            if code:
                raise ScriptFailed(f"--script: {config.script} ended with {how_it_ended(code)}")
        code = _run(command, given)
        if not config.quiet:
            for line in tally.lines(command, code):
                click.echo(line, err=True)
    return code if code >= 0 else BY_SIGNAL - code


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
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
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
        for number, handler in before.items():
            signal.signal(number, handler)


def _comes_from_terminal() -> bool:
    """Whether we are in the foreground of a terminal: Ctrl-C goes to all processes there."""
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


class _Tally:
    """What happened on a node's chains, counted; what the node does there by itself is not."""

    def __init__(self, devnet: Devnet) -> None:
        self._devnet = devnet
        self._counts: dict[LocalChain, Counter[str]] = {chain: Counter() for chain in devnet.node.chains}
        self._failed: list[str] = []
        for chain in devnet.node.chains:
            chain.bus.subscribe(self._listener(chain))

    def lines(self, command: tuple[str, ...], code: int) -> list[str]:
        from megadev.cli.console import one_line

        l2, *others = self._counts.values()
        parts = [_counted(l2), *(f"on L1 {_counted(counts)}" for counts in others if counts["transactions"])]
        ended = how_it_ended(code) if code else "done"
        text = f"megadev: {' · '.join(parts)} · {command[0]}: {ended}"
        return [text, *(f"  failed {one_line(line)}" for line in self._failed)]

    def _listener(self, chain: LocalChain) -> Callable[[Event], None]:
        from megadev.artifacts.explain import error
        from megadev.events import BlockSealed, TransactionPreconfirmed

        node, counts = self._devnet.node, self._counts[chain]
        of_the_bridge, where = node.acts_by_itself(chain), "on L1 " if chain is node.l1 else ""

        def hear(event: Event) -> None:
            if type(event) is BlockSealed:
                counts["blocks"] += 1
            elif type(event) is TransactionPreconfirmed and event.tx.sender not in of_the_bridge:
                counts["transactions"] += 1
                counts["gas"] += event.receipt.gas_used
                if not event.receipt.succeeded:
                    counts["failed"] += 1
                    reason = error(node.artifacts, event.receipt.output) or event.receipt.error or "failed"
                    self._failed.append(f"{where}0x{event.tx.hash.hex()}: {reason}")
                    del self._failed[:-FAILED_SHOWN]

        return hear


def _counted(counts: Counter[str]) -> str:
    failed = f" ({counts['failed']} failed)" if counts["failed"] else ""
    return f"{counts['transactions']} transactions{failed}, {counts['blocks']} blocks, {counts['gas']} gas"
