"""The genesis accounts as the first diff: applied to an empty world it gives the state the chain begins with."""

from __future__ import annotations

from collections.abc import Mapping

from megadev.chain.genesis import GenesisAccount
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff


def genesis_diff(accounts: Mapping[Address, GenesisAccount]) -> StateDiff:
    """What makes ``accounts`` exist. Accounts with nothing in them are left out (EIP-161)."""
    diff = StateDiff(Cause.GENESIS)
    for address, given in accounts.items():
        code_hash = keccak(given.code) if given.code else EMPTY_CODE_HASH
        account = Account(given.nonce, given.balance, code_hash)
        if account.is_empty and not given.storage:
            continue
        diff.accounts[address] = account
        if given.code:
            diff.codes[code_hash] = given.code
        storage = {slot: value for slot, value in given.storage.items() if value}
        if storage:
            diff.storage[address] = storage
    return diff
