"""Transactions in words: by the project's artifacts, or by the bridge's own contracts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from megadev.artifacts import explain
from megadev.chain.blocks import Tag
from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.cli.terminal.log import Describe, Words
from megadev.errors import MegadevError
from megadev.events import TransactionPreconfirmed
from megadev.inspect.bridge_contracts import bridge_contracts
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.types import Address
from megadev.rollup.deposits import DEPOSITOR

if TYPE_CHECKING:
    from megadev.artifacts.artifact import Artifact
    from megadev.artifacts.registry import ArtifactRegistry
    from megadev.node.chain import LocalChain
    from megadev.node.node import Node


class Calls:
    """Words for the transactions of a node's chains. For whoever shows them, on any thread."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def says(self, chain: LocalChain, event: TransactionPreconfirmed) -> str:
        """The call in words, why it failed where it did, and that it is a deposit where it is one."""
        tx, receipt, registry = event.tx, event.receipt, self._node.artifacts
        says, near, _ = self._call(chain, event)
        if tx.type == DEPOSIT:
            says = f"deposit: {says}"
        if not receipt.succeeded:
            reason = explain.error(registry, receipt.output, near) if receipt.output else ""
            says = f"{reason or receipt.error or 'failed'}: {says}"
        return says

    def describer(self, chain: LocalChain) -> Describe:
        """Returns the log's description of transactions on ``chain``: the call, if the contract or function is known,
        and the kind of transaction, if it is not a user's.
        """
        own = self._node.acts_by_itself(chain)

        def describe(event: TransactionPreconfirmed) -> Words:
            says, _, known = self._call(chain, event)
            if event.tx.sender in own:
                origin = "the node's own"
            elif event.tx.sender == DEPOSITOR:
                origin = "L1 attributes"
            else:
                origin = "deposit" if event.tx.type == DEPOSIT else ""
            return Words(says if known else "", origin)

        return describe

    def _call(self, chain: LocalChain, event: TransactionPreconfirmed) -> tuple[str, Artifact | None, bool]:
        """The call, the project's contract that it is of, and whether anybody knows what is called."""
        tx, receipt, registry = event.tx, event.receipt, self._node.artifacts
        if tx.to is None:
            made = explain.creation(registry, tx.data)
            place = f" at {checksum_address(receipt.created)}" if receipt.created and receipt.succeeded else ""
            return (f"new {made}", None, True) if made.contract else (f"new contract{place}", None, False)
        code = _code(chain, tx.to)
        if not code:
            return f"{ether(tx.value)} to {checksum_address(tx.to)}", None, False
        near = registry.contract_at(tx.to, code)
        says, known = self._message(tx, tx.to, registry, near)
        return says, near, known

    def _message(
        self, tx: Transaction, to: Address, registry: ArtifactRegistry, near: Artifact | None
    ) -> tuple[str, bool]:
        """A call of the project's contract ``near``, of one of the bridge's, or of one that nobody knows."""
        driver = self._node.driver
        call = explain.call(registry, near, tx.data)
        if near is None and driver is not None:
            bridge, placed = bridge_contracts(driver.addresses)
            found = explain.call(bridge, placed.get(to), tx.data)
            call = found if found.item is not None else call
        if call.contract:
            return str(call), True
        target = checksum_address(to)
        return (f"{target}.{call}", True) if call.item is not None else (f"{target} {_unknown(tx.data)}", False)


def _code(chain: LocalChain, address: Address) -> bytes:
    """Returns the code at an address; b'' also if it is no longer known."""
    try:
        state = chain.state(Tag.LATEST)
        account = state.account(address)
        return b"" if account is None else state.code(account.code_hash)
    except MegadevError:
        return b""


def _unknown(data: bytes) -> str:
    """Call data that nobody understands."""
    if len(data) < 4:
        return f"with {len(data)} bytes" if data else "without data"
    return f"{to_data(data[:4])} and {len(data) - 4} bytes" if len(data) > 4 else f"{to_data(data)}"


def ether(wei: int) -> str:
    """An amount for people."""
    if wei and wei < 10**12:
        return f"{wei} wei"
    return f"{Decimal(wei).scaleb(-18).quantize(Decimal('0.000001')).normalize():f} ETH"
