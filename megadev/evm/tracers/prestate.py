"""The accounts and slots before an execution that touches them, and its changes: geth's prestateTracer.

Nothing is watched: what was touched stands in ``Execution.accessed`` and what changed in ``Execution.diff``, so the
transaction runs at full speed. Two things follow. An opcode that ran out of gas after it had looked at an account or
slot counts as having touched it; geth's tracer leaves it out. And values are those before the transaction, always;
geth's are those at first sight, which differ where a cheat had given storage to an address at which a contract is then
created.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from megadev.evm.engine import BlockEnv, Execution, TxEnv
from megadev.primitives.types import Address
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.reader import StateReader


class Found(msgspec.Struct, frozen=True):
    """One account before the transaction, the empty one where there was none, and the slots that were touched."""

    account: Account
    storage: Mapping[int, int] = msgspec.field(default_factory=dict)


class Change(msgspec.Struct, frozen=True):
    """One account that changed. ``after`` is None where it is gone; ``storage`` has slots before and after."""

    before: Account
    after: Account | None
    storage: Mapping[int, tuple[int, int]]


def prestate(before: StateReader, block: BlockEnv, tx: TxEnv, execution: Execution) -> dict[Address, Found]:
    """All accounts touched, by address in order, empty ones too: also the sender, the recipient, the coinbase and
    whoever signed an authorization.
    """
    slots: dict[Address, dict[int, int]] = {}
    for address, slot in sorted(execution.accessed.slots):
        slots.setdefault(address, {})[slot] = before.storage(address, slot)
    return {
        address: Found(before.account(address) or EMPTY_ACCOUNT, slots.get(address, {}))
        for address in sorted(execution.accessed.accounts | set(_named(block, tx, execution)))
    }


def changes(before: StateReader, execution: Execution) -> dict[Address, Change]:
    """All accounts that are otherwise than before, by address in order."""
    diff = execution.diff
    found: dict[Address, Change] = {}
    for address in sorted(diff.accounts.keys() | diff.storage.keys()):
        old = before.account(address) or EMPTY_ACCOUNT
        new = diff.accounts.get(address, old)
        storage = {}
        for slot, value in sorted(diff.storage.get(address, {}).items()):
            earlier = before.storage(address, slot)
            if earlier != value:
                storage[slot] = (earlier, value)
        if storage or (new != old and not (new is None and old.is_empty)):
            found[address] = Change(old, new, storage)
    return found


def _named(block: BlockEnv, tx: TxEnv, execution: Execution) -> Iterable[Address]:
    to = tx.to if tx.to is not None else execution.result.created
    yield from (tx.sender, block.coinbase)
    if to is not None:
        yield to
    for authorization in tx.authorizations:
        if authorization.authority is not None:
            yield authorization.authority
