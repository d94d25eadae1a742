"""``megadev preconf``: what the sequencer promised about a transaction, checked without asking anybody."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from megadev.chain.preconfirmations import Preconfirmation, signer_of
from megadev.cli.client import call
from megadev.cli.options import Command, read_address, rpc_url_option
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.types import Address

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
NUMBERS = ("chainId", "blockNumber", "miniBlockNumber", "transactionIndex")
STANDARD_INPUT = "-"


class NotPromised(MegadevError):
    """The signature is not that of the expected signer."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A preconfirmation to verify: the promise, its signature, and the stated signer."""

    promise: Preconfirmation
    signature: bytes
    signer: Address | None


@click.group(short_help="Verify a signed preconfirmation.")
def preconf() -> None:
    """Check a preconfirmation: the sequencer's signed promise about a transaction.

    \b
      megadev preconf verify promise.json --signer 0x…
      megadev rpc megadev_getPreconfirmation 0x… | megadev preconf verify - --signer 0x…
      megadev preconf verify 0x…                     from the running node, by transaction hash

    Exit codes: 0 valid, 1 not signed by the signer, 2 unreadable.
    """


@preconf.command(cls=Command, short_help="Check a promise's signature.")
@click.argument("source", metavar="[FILE|-|HASH]", default=STANDARD_INPUT)
@click.option("--signer", metavar="ADDRESS", help="The sequencer who should have signed (megadev_sequencerAt).")
@rpc_url_option
def verify(source: str, signer: str | None, rpc_url: str) -> None:
    """Check that the sequencer signed a promise, and print the promise.

    The promise is the JSON that megadev_getPreconfirmation answers, or a receipt that holds it, in FILE or on standard
    input (-); the check asks nobody. For HASH it is fetched from the running node first. Without --signer the one whom
    the promise itself names must have signed.
    """
    expected = None if signer is None else read_address("--signer", signer)
    claim = read_claim(_fetch(source, rpc_url) if _HASH.fullmatch(source) else _load(source))
    found = signer_of(claim.promise, claim.signature)
    wanted = claim.signer if expected is None else expected
    if found is None or found != wanted:
        who = "nobody" if found is None else checksum_address(found)
        whom = "an unnamed sequencer" if wanted is None else checksum_address(wanted)
        raise NotPromised(f"not a promise of {whom}: signed by {who}, or altered")
    promise = claim.promise
    click.echo(
        f"valid: {checksum_address(found)} promised, on chain {promise.chain_id}\n"
        f"  transaction  {to_data(promise.transaction_hash)}\n"
        f"  place        number {promise.transaction_index} of block {promise.block_number}, "
        f"in mini-block {promise.mini_block_number}\n"
        f"  receipt hash {to_data(promise.receipt_hash)}"
    )
    if expected is None:
        click.echo(
            "The signer is the one named in the promise: give --signer to check that it is the sequencer.", err=True
        )


def read_claim(given: object) -> Claim:
    """A preconfirmation, alone or in a receipt or in a JSON-RPC answer. Raises ConfigError for anything else."""
    fields: Any = given
    for wrapper in ("result", "preconfirmation"):
        if isinstance(fields, dict) and isinstance(fields.get(wrapper), dict):
            fields = fields[wrapper]
    if not isinstance(fields, dict):
        raise ConfigError("not a preconfirmation: expected the object that megadev_getPreconfirmation returns")
    chain_id, block_number, mini_block_number, index = (_number(fields, name) for name in NUMBERS)
    promise = Preconfirmation(
        chain_id=chain_id,
        block_number=block_number,
        mini_block_number=mini_block_number,
        transaction_index=index,
        transaction_hash=_bytes(fields, "transactionHash", 32),
        receipt_hash=_bytes(fields, "receiptHash", 32),
    )
    named = fields.get("signer")
    return Claim(
        promise, _bytes(fields, "signature", 65), None if named is None else read_address("the promise's signer", named)
    )


def _load(source: str) -> object:
    try:
        text = sys.stdin.read() if source == STANDARD_INPUT else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{source}: {getattr(problem, 'strerror', None) or problem}") from None
    try:
        return decode_json(text)
    except ValueError:
        raise ConfigError(f"{source}: not JSON") from None


def _fetch(tx_hash: str, rpc_url: str) -> object:
    found = call(rpc_url, "megadev_getPreconfirmation", [tx_hash])
    if found is None:
        raise NotPromised(f"no preconfirmation of {tx_hash}: the node has not executed it")
    return found


def _number(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", value):
        raise ConfigError(f"not a preconfirmation: {name} must be a quantity like 0x1, not {value!r}")
    return int(value, 16)


def _bytes(fields: dict[str, Any], name: str, size: int) -> bytes:
    value = fields.get(name)
    if not isinstance(value, str) or not re.fullmatch(rf"0x[0-9a-fA-F]{{{2 * size}}}", value):
        raise ConfigError(f"not a preconfirmation: {name} must be 0x and {2 * size} hex digits, not {value!r}")
    return bytes.fromhex(value[2:])
