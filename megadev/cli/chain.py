"""``megadev chain``: both chains of a running node, ready for a client library, or for whoever checks them."""

from __future__ import annotations

import json
from typing import Any

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, rpc_url_option


@click.command(cls=Command, short_help="Describe a running node's chains for client libraries.")
@click.option("--viem", "form", flag_value="viem", default=True, help="Print a module for viem, as is the default.")
@click.option("--json", "form", flag_value="json", help="Print both chain objects as JSON.")
@click.option(
    "--rollup",
    "form",
    flag_value="rollup",
    help="Print the rollup.json that `megadev verify` derives L2 with: op-node's fields, and L2's genesis.",
)
@click.option("--genesis", "form", flag_value="genesis", help="Print L2's genesis.json, in geth's format.")
@rpc_url_option
def chain(form: str, rpc_url: str) -> None:
    """Describe a running node's L2 and L1: ids, URLs, and the address of every contract of the bridge.

    \b
      megadev chain --viem > chains.ts      import { l1, l2 } from './chains'
      megadev chain --rollup > rollup.json  the configuration to derive L2 from L1
    """
    if form == "genesis":
        click.echo(json.dumps(call(rpc_url, "megadev_genesis", []), indent=2))
        return
    if form == "rollup":
        click.echo(json.dumps(rollup_file(rpc_url), indent=2))
        return
    found = call(rpc_url, "megadev_chainConfig", [])
    click.echo(json.dumps(found, indent=2) if form == "json" else viem_module(found["l2"], found["l1"]))


def rollup_file(rpc_url: str) -> dict[str, Any]:
    """The rollup of a running node as it is handed to others. Raises ``CallFailed`` where it posts no batches."""
    found: dict[str, Any] = call(rpc_url, "optimism_rollupConfig", [])
    if "megadev" not in found:
        raise CallFailed("nothing can be derived from L1: no batches are posted there; start the node with --batch")
    found["megadev"]["genesis"] = call(rpc_url, "megadev_genesis", [])
    return found


def viem_module(l2: dict[str, Any], l1: dict[str, Any] | None) -> str:
    """The source of a module that exports ``l2`` and, where there is one, ``l1``."""
    if l1 is None:
        return f"import {{ defineChain }} from 'viem'\n\nexport const l2 = defineChain({_indented(l2)})"
    own = dict(l2)
    contracts = "{...chainConfig.contracts, " + json.dumps(own.pop("contracts"), indent=2)[1:].replace("\n", "\n  ")
    fields = json.dumps(own, indent=2)[1:-2]
    return (
        "import { defineChain } from 'viem'\n"
        "import { chainConfig } from 'viem/op-stack'\n\n"
        f"export const l1 = defineChain({_indented(l1)})\n\n"
        f'export const l2 = defineChain({{\n  ...chainConfig,{fields},\n  "contracts": {contracts}\n}})'
    )


def _indented(value: object) -> str:
    return json.dumps(value, indent=2)
