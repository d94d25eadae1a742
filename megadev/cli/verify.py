"""``megadev verify``: a process of its own that makes L2 from L1, compares, and says so by its exit code."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from megadev.chain.genesis_file import read_json
from megadev.cli.main import INTERRUPTED
from megadev.cli.options import Command, data_options, follow_options, rpc_url_option
from megadev.cli.stopping import stopping
from megadev.cli.terminal.progress import Bar, is_wanted
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import to_data
from megadev.rollup.verifier import Differs, Incomplete

if TYPE_CHECKING:
    from megadev.cli.full_node import FullNode
    from megadev.cli.witnesses import WitnessedBlocks

DIFFERS, INCOMPLETE = 3, 4
"""Exit codes: something is not as it was derived; not all could be derived that was asked for."""

_file = click.Path(path_type=Path)


@click.command(cls=Command, short_help="Check a rollup: derive L2 from L1 alone, and compare.")
@click.option("--l1", metavar="URL", help="L1's JSON-RPC.")
@click.option("--rollup", metavar="FILE", type=_file, help="The rollup.json that `megadev chain --rollup` prints.")
@click.option("--genesis", metavar="FILE", type=_file, help="L2's genesis.json, where rollup.json does not hold it.")
@data_options
@click.option("--against", metavar="URL", help="Compare each block's hash with this node's, too.")
@click.option("--until", metavar="N", type=click.IntRange(0), help="Stop once L2 block N is derived.")
@follow_options
@click.option("--keep-going", is_flag=True, help="Report what differs, and continue.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65_535), help="Serve the chain's reads there; 0: any free one."
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--witness",
    is_flag=True,
    help="Instead: run a node's blocks, each with nothing but its debug_executionWitness and the state root before it.",
)
@click.option("--from", "first", metavar="N", type=click.IntRange(1), help="With --witness: the first block to run.")
@rpc_url_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(
    l1: str | None,
    rollup: Path | None,
    genesis: Path | None,
    da: str | None,
    beacon: str | None,
    against: str | None,
    until: int | None,
    directory: Path | None,
    follow: bool,
    poll: float,
    keep_going: bool,
    port: int | None,
    host: str,
    witness: bool,
    first: int | None,
    rpc_url: str,
    as_json: bool,
) -> int:
    """Derive the whole L2 from L1, execute it, and compare it with the output roots on L1.

    It reads L1, its external data and the rollup's configuration, and does not contact the sequencer, except with
    --against.

    \b
      megadev chain --rollup > rollup.json
      megadev verify --l1 http://127.0.0.1:9545 --rollup rollup.json
      megadev verify --l1 http://127.0.0.1:9545 --rollup rollup.json --dir ./verifier --follow --port 8550

    With --port it is a full node that trusts only L1: its latest block is derived from L1, and it accepts no
    transactions.

    With --witness L1 is not read. The blocks of the node at --rpc-url are executed with only their witness and their
    parent's state root. The rules are those of --rollup or --genesis, or the node's.

    \b
    Exit codes:
      0    everything on L1 was derived without a difference, or --follow was interrupted
      1    an error occurred
      2    an option is invalid
      3    a difference: a block hash, an output root, the parent hash of a batch, or a witness
      4    derivation is incomplete: L1 or its data is unavailable, or batches do not reach --until
      130  interrupted
    """
    report = _Report(as_json, keep_going)
    stop = threading.Event()
    try:
        if witness:
            with stopping(stop):
                problem = _run_witnesses(rpc_url, rollup, genesis, first, until, stop, report)
        else:
            if l1 is None or rollup is None:
                raise ConfigError("name L1 and the rollup: --l1 URL --rollup rollup.json (or --witness)")
            problem = None
            from megadev.cli.full_node import FullNode

            given = None if genesis is None else read_json(genesis)
            node = FullNode(read_json(rollup), given, str(rollup), l1=l1, beacon=beacon, da=da)
            with node.opened(directory) as net, stopping(stop), _bar("deriving", "L1 blocks") as bar:
                node.on_progress = bar.at
                if port is not None:
                    click.echo(f"Listening on {net.serve(host, port)}", err=True)
                go = partial(node.go, until=until, follow=follow, poll=poll, against=against, stop=stop)
                problem = report.listen(partial(go, on_differences=report.hear))
                bar.close()
                report.say(node, problem)
    except Incomplete as incomplete:
        problem = str(incomplete)
        click.echo(f"incomplete: {problem}", err=True)
    if report.found:
        return DIFFERS
    if stop.is_set() and not follow:
        return INTERRUPTED
    return 0 if problem is None else INCOMPLETE


def _run_witnesses(
    url: str,
    rollup: Path | None,
    genesis: Path | None,
    first: int | None,
    until: int | None,
    stop: threading.Event,
    report: _Report,
) -> str | None:
    """Run a node's blocks from their witnesses; why not all of them, if so."""
    from megadev.cli.witnesses import WitnessedBlocks

    document = None
    if genesis is not None:
        document = read_json(genesis)
    elif rollup is not None:
        document = read_json(rollup)
        document = document["megadev"]["genesis"] if "genesis" in document.get("megadev", {}) else None
    blocks = WitnessedBlocks(url, document, str(genesis or rollup))
    try:
        with _bar("running", "blocks") as bar:
            run = partial(blocks.run, first, until, stop, bar.at)
            problem = report.listen(partial(run, on_differences=report.hear))
    finally:
        blocks.close()
    report.say_witnesses(blocks, problem)
    return problem


class _Report:
    """The report for the user."""

    def __init__(self, as_json: bool, keep_going: bool) -> None:
        self.found: list[dict[str, Any]] = []
        """All that differs."""
        self._as_json = as_json
        self._keep_going = keep_going

    def hear(self, differences: list[Differs]) -> None:
        """Tell of what differs. Raises the first of it unless that is not the end."""
        for each in differences:
            self.found.append({"message": str(each), **each.found})
            if not self._as_json:
                click.echo(f"differs: {each}", err=True)
        if not self._keep_going:
            raise differences[0]

    def listen(self, run: Callable[[], None]) -> str | None:
        """Call ``run``, which tells ``hear`` of what differs; why it could not do all, if so."""
        try:
            run()
        except Incomplete as incomplete:
            return str(incomplete)
        except Differs:
            pass
        return None

    def say_witnesses(self, blocks: WitnessedBlocks, incomplete: str | None) -> None:
        """The last word, on blocks that were run from their witnesses."""
        number, block_hash = (None, None) if blocks.newest is None else blocks.newest
        trusted = None if blocks.trusted is None else to_data(blocks.trusted)
        if self._as_json:
            shown = {
                "block": None if block_hash is None else {"number": number, "hash": to_data(block_hash)},
                "blocks": blocks.count,
                "transactions": blocks.transactions,
                "nodes": blocks.nodes,
                "bytes": blocks.size,
                "trustedStateRoot": trusted,
                "incomplete": incomplete,
                "differences": self.found,
            }
            click.echo(json.dumps(shown, indent=2))
            return
        if incomplete is not None:
            click.echo(f"incomplete: {incomplete}", err=True)
        verdict = "verified" if not self.found and incomplete is None else "ran"
        count = blocks.count
        click.echo(
            f"{verdict}: {count} block{'' if count == 1 else 's'} from witnesses alone, {blocks.transactions} "
            f"transactions, {blocks.nodes} trie nodes, {blocks.size} bytes"
        )
        if block_hash is not None:
            click.echo(f"from the state root {trusted} to block {number} ({to_data(block_hash)})")

    def say(self, node: FullNode, incomplete: str | None) -> None:
        """The last word."""
        verifier, claims = node.verifier, node.claims
        safe, l1 = verifier.pipeline.safe, verifier.pipeline.l1_block
        if self._as_json:
            shown = {
                "block": {"number": safe.number, "hash": to_data(safe.hash)},
                "l1Block": None if l1 is None else {"number": l1.number, "hash": to_data(l1.hash)},
                "derived": verifier.derived,
                "transactions": verifier.transactions,
                "outputRoots": {
                    "right": claims.right,
                    "wrong": len(claims.wrong),
                    "rejectedOnL1": claims.rejected,
                    "notDerived": len(claims.waiting),
                },
                "compared": node.compared,
                "incomplete": incomplete,
                "differences": self.found,
            }
            click.echo(json.dumps(shown, indent=2))
            return
        if incomplete is not None:
            click.echo(f"incomplete: {incomplete}", err=True)
        verdict = "verified" if not self.found and incomplete is None else "derived"
        at = "" if l1 is None else f" from L1 up to block {l1.number}"
        click.echo(f"{verdict}: L2 up to block {safe.number} ({to_data(safe.hash)}){at}")
        told = [f"output roots on L1: {claims.right} right"]
        if claims.wrong:
            told.append(f"{len(claims.wrong)} wrong")
        if claims.rejected:
            told.append(f"{claims.rejected} wrong ones that L1 has rejected")
        if claims.waiting:
            told.append(f"{len(claims.waiting)} about blocks that are not derived")
        if node.compared is not None:
            told.append(f"{node.compared} blocks have the node's hashes")
        click.echo(", ".join(told))


def _bar(what: str, unit: str) -> Bar:
    return Bar(what, unit, is_shown=is_wanted(sys.stderr))
