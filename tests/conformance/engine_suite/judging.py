"""Holding an execution against a judge's opinion of it."""

from __future__ import annotations

from typing import Protocol

from megadev.chain.receipts import Log
from megadev.evm.engine import Execution, Success, TxEnv
from megadev.primitives.types import Address
from tests.conformance.engine_suite.cases import COINBASE
from tests.conformance.engine_suite.worlds import DictState, Has


class Judgement(Protocol):
    """What a judge can be asked."""

    succeeded: bool
    gas_used: int
    output: bytes | None
    """None where the judge does not say."""
    logs: tuple[Log, ...]

    def account(self, address: Address) -> tuple[int, int, bytes] | None: ...

    def storage(self, address: Address, slot: int) -> int: ...


def check(judgement: Judgement, world: dict[Address, Has], tx: TxEnv, execution: Execution) -> None:
    """Result, gas, logs, and every account and slot that either side knows of, are the same."""
    assert execution.succeeded == judgement.succeeded, execution.result
    assert execution.gas.used == judgement.gas_used
    assert execution.logs == judgement.logs
    if tx.to is not None and judgement.output is not None:
        assert execution.result.output == judgement.output
    elif tx.to is None and isinstance(execution.result, Success):
        assert execution.result.created is not None
    state, diff = DictState(world), execution.diff
    state.apply(diff)
    for address in {*world, *diff.accounts, *execution.accessed.accounts, COINBASE}:
        account = state.accounts.get(address)
        got = None if account is None else (account.nonce, account.balance, state.codes[account.code_hash])
        assert got == judgement.account(address), address.hex()
    slots = {(a, s) for a, values in diff.storage.items() for s in values} | set(state.slots) | execution.accessed.slots
    for address, slot in slots:
        assert state.slots.get((address, slot), 0) == judgement.storage(address, slot), (address.hex(), slot)
