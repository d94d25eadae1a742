"""``megadev replica``: a process of its own that keeps a sequencer's chain as it is told of it, and serves reads."""

from __future__ import annotations

import json
import threading

import click

from megadev.cli.options import Command, read_address
from megadev.cli.stopping import stopping
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import to_data
from megadev.primitives.latency import parse_latency

REFUSED = 3
"""Exit code: what was told is not signed by the sequencer, or contradicts itself."""


@click.command(cls=Command, short_help="Keep a copy of a sequencer's chain, and serve reads from it.")
@click.option("--of", "upstream", metavar="URL", required=True, help="The node whose chain it is.")
@click.option(
    "--lag", metavar="TIME", default="0ms", show_default=True, help="Apply received blocks after this delay: 50ms."
)
@click.option(
    "--port", metavar="PORT", default=8547, show_default=True, type=click.IntRange(0, 65_535), help="0: any free one."
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--signer",
    "signers",
    metavar="ADDRESS",
    multiple=True,
    help="Address whose signatures are accepted; repeatable.  [default: the one that the node reports]",
)
@click.option("--until", metavar="N", type=click.IntRange(0), help="Stop once it has block N.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON at the end.")
def replica(
    upstream: str, lag: str, port: int, host: str, signers: tuple[str, ...], until: int | None, as_json: bool
) -> int:
    """Follow a node's mini-blocks and blocks, apply their state changes without executing them, and serve reads.

    Every block's roots and the sequencer's signatures are checked. Methods that change the chain (such as
    eth_sendRawTransaction) are forwarded to the node, so an application can use only this port: the sequencer answers
    what it sends, and the replica what it reads, with a delay, as on MegaETH.

    \b
      megadev up --preset megaeth
      megadev replica --of http://127.0.0.1:8545 --lag 50ms

    \b
    Exit codes:
      0  interrupted, or reached block --until
      1  an error occurred
      2  an option is invalid
      3  received data is not signed by the sequencer, or contradicts itself
    """
    from megadev.cli.replica_node import ReplicaNode
    from megadev.node.replica import UpdateRefused

    pinned = [read_address("--signer", signer) for signer in signers]
    stop = threading.Event()
    try:
        node = ReplicaNode(upstream, parse_latency(lag).seconds, pinned)
    except ValueError as problem:
        raise ConfigError(f"--lag: {problem}") from None
    with stopping(stop), node.opened() as net:
        click.echo(f"Listening on {net.serve(host, port)}", err=True)
        refused: str | None = None
        try:
            node.follow(stop, until)
        except UpdateRefused as problem:
            refused = str(problem)
            click.echo(f"refused: {problem}", err=True)
        head = net.node.l2.head
        if as_json:
            shown = {
                "block": {"number": head.number, "hash": to_data(head.hash)},
                "blocks": node.replica.blocks,
                "miniBlocks": node.replica.mini_blocks,
                "seconds": round(node.seconds, 6),
                "refused": refused,
            }
            click.echo(json.dumps(shown, indent=2))
    return 0 if refused is None else REFUSED
