"""``megadev exec``: a node for as long as a command runs, on free ports, and a line about what happened on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.options import config_from, setting_options
from megadev.cli.output import start_report, warn_of_reach, write_config_out
from megadev.cli.scripts import (
    ScriptFailed,
    StartingCommand,
    as_shells_say,
    command_for,
    environment,
    how_it_ended,
    run_program,
)
from megadev.cli.terminal.console import counted
from megadev.primitives.hexcodec import to_data

if TYPE_CHECKING:
    from megadev.devnet import Devnet
    from megadev.events import Event
    from megadev.node.chain import LocalChain

FAILED_SHOWN = 3


@click.command(
    "exec",
    cls=StartingCommand,
    short_help="Run a command with its own node.",
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
    warn_of_reach(config)
    config = config.replace(**{name: 0 for name in ("port", "l1_port") if flags.get(name) is None})
    from megadev.devnet import Devnet

    with Devnet(config) as devnet:
        tally = _Tally(devnet)
        devnet.serve(config.host, config.port, config.l1_port or 0)
        given = environment(devnet)
        write_config_out(config, start_report(devnet))
        if config.script is not None:
            code = run_program(tuple(command_for(config.script)), given)
            if code:
                raise ScriptFailed(f"--script: {config.script} ended with {how_it_ended(code)}")
        code = run_program(command, given)
        if not config.quiet:
            for line in tally.lines(command, code):
                click.echo(line, err=True)
    return as_shells_say(code)


class _Tally:
    """Counts of what happened on a node's chains, without the node's own transactions."""

    def __init__(self, devnet: Devnet) -> None:
        self._devnet = devnet
        self._counts: dict[LocalChain, Counter[str]] = {chain: Counter() for chain in devnet.node.chains}
        self._failed: list[str] = []
        for chain in devnet.node.chains:
            chain.bus.subscribe(self._listener(chain))

    def lines(self, command: tuple[str, ...], code: int) -> list[str]:
        from megadev.cli.terminal.console import one_line

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
                    self._failed.append(f"{where}{to_data(event.tx.hash)}: {reason}")
                    del self._failed[:-FAILED_SHOWN]

        return hear


def _counted(counts: Counter[str]) -> str:
    failed = f" ({counts['failed']} failed)" if counts["failed"] else ""
    transactions, blocks = counted(counts["transactions"], "transaction"), counted(counts["blocks"], "block")
    return f"{transactions}{failed}, {blocks}, {counts['gas']} gas"
