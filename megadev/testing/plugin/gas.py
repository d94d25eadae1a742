"""``--megadev-gas-report``: the gas that transactions used, by contract and function.

A transaction is told by the contract it is sent to, as artifacts know it, and its selector; a deployment by its
creation code. Plain transfers are left out. Each of ``COLUMNS`` is measured for every transaction, so that gas of
another kind is one more row there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from statistics import fmean, median
from typing import TYPE_CHECKING, TypeAlias

from megadev.artifacts import explain
from megadev.chain.blocks import Tag
from megadev.chain.receipts import Receipt
from megadev.events import Event, TransactionPreconfirmed
from megadev.inspect.bridge_contracts import bridge_contracts

if TYPE_CHECKING:
    from megadev.node.chain import LocalChain
    from megadev.node.node import Node

COLUMNS: dict[str, Callable[[Receipt], int | None]] = {
    "gas": lambda receipt: receipt.gas_used,
    "compute": lambda receipt: receipt.compute_gas,
    "storage": lambda receipt: receipt.storage_gas,
}
"""The kinds of gas; those that MegaETH's rules tell apart are left out where no transaction ran under them."""
UNKNOWN = "(unknown)"

Row: TypeAlias = tuple[str, str, str, list[int]]
"""Contract, function, column, what was measured: plain values, which pytest-xdist can carry."""


class GasTable:
    """The measurements so far."""

    def __init__(self) -> None:
        self._measured: dict[tuple[str, str], dict[str, list[int]]] = {}

    def watch(self, node: Node) -> None:
        """Measure what users' transactions take on ``node``'s chains, from now on."""
        for chain in node.chains:
            chain.bus.subscribe(self._listener(node, chain))

    def _listener(self, node: Node, chain: LocalChain) -> Callable[[Event], None]:
        of_the_bridge = node.acts_by_itself(chain)

        def hear(event: Event) -> None:
            if type(event) is TransactionPreconfirmed and event.tx.sender not in of_the_bridge:
                named = _named(node, chain, event)
                if named is not None:
                    if chain is node.l1:
                        named = f"L1 {named[0]}", named[1]
                    columns = self._measured.setdefault(named, {})
                    for name, measure in COLUMNS.items():
                        measured = measure(event.receipt)
                        if measured is not None:
                            columns.setdefault(name, []).append(measured)

        return hear

    def as_rows(self) -> list[Row]:
        return [(*key, column, values) for key, columns in self._measured.items() for column, values in columns.items()]

    def add_rows(self, rows: Iterable[Row]) -> None:
        for contract, function, column, values in rows:
            self._measured.setdefault((contract, function), {}).setdefault(column, []).extend(values)

    def lines(self) -> Iterator[str]:
        """The table, in order of names."""
        if not self._measured:
            yield "no transaction called or created a contract"
            return
        names = [name for name in COLUMNS if any(name in columns for columns in self._measured.values())]
        heads = [f"{name} {what}" for name in names for what in ("min", "median", "mean", "max")]
        table = [["contract", "function", "calls", *heads]]
        for (contract, function), columns in sorted(self._measured.items()):
            row = [contract, function, str(len(next(iter(columns.values()))))]
            for name in names:
                values = columns.get(name, [0])
                row += [f"{round(value)}" for value in (min(values), median(values), fmean(values), max(values))]
            table.append(row)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for row in table:
            texts = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
            numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
            yield "  ".join((*texts, *numbers))


def _named(node: Node, chain: LocalChain, event: TransactionPreconfirmed) -> tuple[str, str] | None:
    """Contract and function; None where no code was called."""
    tx, registry = event.tx, node.artifacts
    if tx.to is None:
        return explain.creation(registry, tx.data).contract or UNKNOWN, "constructor"
    state = chain.state(Tag.LATEST)
    account = state.account(tx.to)
    code = b"" if account is None else state.code(account.code_hash)
    artifact = registry.contract_at(tx.to, code)
    if artifact is None and not code:
        return None
    if artifact is None and node.driver is not None:
        bridge, placed = bridge_contracts(node.driver.addresses)
        if tx.to in placed:
            registry, artifact = bridge, placed[tx.to]
    call = explain.call(registry, artifact, tx.data)
    return call.contract or UNKNOWN, call.name
