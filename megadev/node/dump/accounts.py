"""The accounts of a dump and the state after each of its blocks, as JSON and as worlds."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from megadev.chain.documents import (
    JsonObject,
    as_address,
    as_bytes,
    as_number,
    as_object,
)
from megadev.errors import StateUnavailable
from megadev.primitives.hexcodec import to_data, to_word
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Wei
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.world import World

_LOG = logging.getLogger("megadev.node")

BLOCK_HASHES = 256
"""How far back BLOCKHASH sees: so many hashes go with each historical state."""


class DumpedAccount(msgspec.Struct, frozen=True):
    """An account as a dump has it. ``storage`` may hold zeros: slots that were written and are empty again."""

    nonce: int
    balance: Wei
    code: bytes
    storage: dict[int, int]


Accounts: TypeAlias = dict[Address, DumpedAccount]


def put_account(diff: StateDiff, address: Address, account: DumpedAccount) -> None:
    """Make ``diff`` give ``address`` what a dump says of it."""
    code_hash = keccak(account.code) if account.code else EMPTY_CODE_HASH
    diff.accounts[address] = Account(account.nonce, account.balance, code_hash)
    if account.code:
        diff.codes[code_hash] = account.code
    if account.storage:
        diff.storage[address] = dict(account.storage)


def _written_to(world: ForkWorld) -> Iterator[tuple[Address, Account]]:
    """Accounts of upstream's of which only storage was written here: with what upstream has of the rest."""
    for address in world.storages_changed():
        try:
            account = world.account(address)
        except StateUnavailable as problem:  # set by a cheat, and never looked at since
            _LOG.warning("storage of 0x%s is not dumped: %s", address.hex(), problem)
            continue
        if account is not None:
            yield address, account


def written_accounts(world: World, zeroed: Mapping[Address, Iterable[int]]) -> Iterator[tuple[str, JsonObject]]:
    accounts = dict(world.accounts())
    if isinstance(world, ForkWorld):
        accounts |= dict(_written_to(world))
    for address, account in sorted(accounts.items()):
        slots = dict.fromkeys(zeroed.get(address, ()), 0) | dict(world.storage_of(address))
        storage = {to_word(slot): to_word(value) for slot, value in sorted(slots.items())}
        yield (
            to_data(address),
            {
                "nonce": account.nonce,
                "balance": hex(account.balance),
                "code": to_data(world.code(account.code_hash)),
                "storage": storage,
            },
        )


def read_accounts(value: object) -> Accounts:
    accounts: Accounts = {}
    for name, entry in as_object(value, "accounts").items():
        where = f"accounts.{name}"
        fields = as_object(entry, where)
        accounts[as_address(name, where)] = DumpedAccount(
            as_number(fields.get("nonce", 0), f"{where}.nonce", 64),
            as_number(fields.get("balance", 0), f"{where}.balance"),
            as_bytes(fields.get("code") or "0x", f"{where}.code"),
            read_storage(fields.get("storage") or {}, f"{where}.storage"),
        )
    return accounts


def read_storage(value: object, where: str) -> dict[int, int]:
    return {
        as_number(slot, where): as_number(word, f"{where}.{slot}") for slot, word in as_object(value, where).items()
    }
