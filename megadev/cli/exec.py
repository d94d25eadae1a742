"""``megadev exec``: a node for as long as a command runs, on free ports, and a line about what happened on it."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.options import GroupedCommand, config_from, setting_options
from megadev.cli.scripts import STOP_SECONDS, environment, how_it_ended

if TYPE_CHECKING:
    from megadev.devnet import Devnet
    from megadev.events import Event

NOT_FOUND, CANNOT_RUN, BY_SIGNAL = 127, 126, 128
"""Exit codes as shells give them; a command that a signal ended has 128 and the signal's number."""
FAILED_SHOWN = 3


@click.command(
    "exec",
    cls=GroupedCommand,
    short_help="Run a command with a node of its own.",
    context_settings={"allow_interspersed_args": False},
)
@setting_options()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
def exec(command: tuple[str, ...], config_file: str | None, **flags: Any) -> int:
    """Start a node on free ports, run COMMAND until it ends, and stop the node. The exit code is COMMAND's.

    COMMAND finds MEGADEV_RPC_URL, ETH_RPC_URL and MEGADEV_WS_URL in its environment, and MEGADEV_ADDRESSES and
    MEGADEV_PRIVATE_KEYS separated by commas, the first of each also as MEGADEV_ADDRESS and MEGADEV_PRIVATE_KEY.

    \b
      megadev exec -- pytest
      megadev exec --preset megaeth -- forge script script/Deploy.s.sol --broadcast
    """
    config = config_from(flags, config_file)
    config = config.replace(**{name: 0 for name in ("port", "l1_port") if flags.get(name) is None})
    from megadev.devnet import Devnet

    with Devnet(config) as devnet:
        tally = _Tally(devnet)
        devnet.serve(config.host, config.port, config.l1_port or 0)
        code = _run(command, environment(devnet))
        if not config.quiet:
            for line in tally.lines(command, code):
                click.echo(line, err=True)
    return code if code >= 0 else BY_SIGNAL - code


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """The exit code; negative for a signal. Signals that ask us to end are handed on, and we wait for the command."""
    try:
        process = subprocess.Popen(command, env=environment)
    except FileNotFoundError:
        click.echo(f"error: there is no command {command[0]}", err=True)
        return NOT_FOUND
    except OSError as problem:
        click.echo(f"error: {command[0]}: {problem.strerror or problem}", err=True)
        return CANNOT_RUN

    def hand_on(number: int, frame: object) -> None:
        process.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    # the terminal sends it to the command as well, which decides what it means
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Tally:
    """What happened on a node, counted."""

    def __init__(self, devnet: Devnet) -> None:
        from megadev.artifacts.explain import error
        from megadev.events import BlockSealed, TransactionPreconfirmed

        self._counts: Counter[str] = Counter()
        self._failed: list[str] = []

        def hear(event: Event) -> None:
            if type(event) is BlockSealed:
                self._counts["blocks"] += 1
            elif type(event) is TransactionPreconfirmed:
                self._counts["transactions"] += 1
                self._counts["gas"] += event.receipt.gas_used
                if not event.receipt.succeeded:
                    self._counts["failed"] += 1
                    reason = error(devnet.node.artifacts, event.receipt.output) or event.receipt.error or "failed"
                    self._failed.append(f"0x{event.tx.hash.hex()}: {reason}")
                    del self._failed[:-FAILED_SHOWN]

        devnet.node.l2.bus.subscribe(hear)

    def lines(self, command: tuple[str, ...], code: int) -> list[str]:
        from megadev.cli.console import one_line

        counts = self._counts
        failed = f" ({counts['failed']} failed)" if counts["failed"] else ""
        ended = how_it_ended(code) if code else "done"
        text = f"megadev: {counts['transactions']} transactions{failed}, {counts['blocks']} blocks, {counts['gas']} gas"
        return [f"{text} · {command[0]}: {ended}", *(f"  failed {one_line(line)}" for line in self._failed)]
