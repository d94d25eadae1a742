"""``megadev batches``: what a running node has posted to L1 of its L2, and what it cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option

HEAD = (
    "L2 blocks",
    "txs",
    "bytes",
    "posted",
    "ratio",
    "DA",
    "L1 block",
    "L1 gas",
    "blob gas",
    "ETH",
    "wei per tx",
    "payer",
)
_LEFT = ("L2 blocks", "DA", "payer")


@click.command(cls=Command, short_help="List what a running node has posted to L1.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 1_000), help="Number of batches to list."
)
@click.option("--flush", is_flag=True, help="Post pending batches first.")
@click.option("--json", "as_json", is_flag=True, help="Print all fields as JSON.")
@rpc_url_option
def batches(limit: int, flush: bool, as_json: bool, rpc_url: str) -> None:
    """List the channels on L1, newest first, with their L2 blocks, size and cost.

    They are read from L1 and the DA store only, as a verifier would.
    """
    if flush:
        call(rpc_url, "megadev_batcher_flush", [])
    found = call(rpc_url, "megadev_getBatches", [hex(limit)])
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    heads = (f"{name} {int(found[name], 16)}" for name in ("unsafe", "safe", "finalized"))
    click.echo("L2: " + ", ".join(heads))
    if found["stalled"] is not None:
        click.echo(f"derivation is stalled: {found['stalled']}")
    by_hand = found["underivable"]
    if by_hand is not None:
        click.echo(f"block {int(by_hand['blockNumber'], 16)} cannot be derived from L1: {by_hand['reason']}")
    rows = [HEAD, *map(_row, found["batches"])]
    if len(rows) == 1:
        click.echo("Nothing has been posted yet.")
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        click.echo(_line(row, widths))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(HEAD, row, widths, strict=True)
    return "  ".join(cell.ljust(width) if name in _LEFT else cell.rjust(width) for name, cell, width in cells).rstrip()


def _row(batch: dict[str, Any]) -> tuple[str, ...]:
    def shown(name: str) -> str:
        return "?" if batch[name] is None else f"{int(batch[name], 16):,}"

    first, last = batch["firstBlock"], batch["lastBlock"]
    blocks = f"{shown('blocks')} unknown" if first is None else f"{int(first, 16)}–{int(last, 16)}"
    return (
        blocks if batch["complete"] else "incomplete",
        shown("transactions"),
        shown("bytes"),
        shown("compressedBytes"),
        "?" if batch["ratio"] is None else f"{batch['ratio']:.2f}",
        batch["da"],
        shown("l1Block"),
        shown("l1Gas"),
        shown("blobGas"),
        f"{Decimal(int(batch['cost'], 16)).scaleb(-18).normalize():f}",
        shown("costPerTransaction"),
        batch["payer"],
    )
