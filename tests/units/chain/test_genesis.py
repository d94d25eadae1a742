"""The first block: funded accounts with their true root, system contracts, and geth's genesis files."""

from __future__ import annotations

from typing import Any

import pytest
import rlp as rlp_library
from trie import HexaryTrie

from megadev.chain.blocks import header_hash
from megadev.chain.config import (
    BEACON_ROOTS_ADDRESS,
    HISTORY_STORAGE_ADDRESS,
)
from megadev.chain.genesis import (
    BEACON_ROOTS_CODE,
    HISTORY_STORAGE_CODE,
    SYSTEM_ACCOUNTS,
    Genesis,
    GenesisAccount,
    genesis_block,
    make_genesis,
    parse_genesis,
)
from megadev.chain.spec import FeeRules, dev_spec
from megadev.chain.transactions import decode_transaction
from megadev.errors import ConfigError
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World

SPEC = dev_spec()
ALICE, BOB = b"\xaa" * 20, b"\xbb" * 20


def world_of(genesis: Genesis) -> World:
    diff = StateDiff(Cause.GENESIS)
    for address, account in genesis.accounts.items():
        diff.accounts[address] = Account(account.nonce, account.balance, keccak(account.code))
        if account.code:
            diff.codes[keccak(account.code)] = account.code
        if account.storage:
            diff.storage[address] = account.storage
    return World().apply(diff)


def root_by_py_trie(genesis: Genesis) -> bytes:
    """The state root by the library, one account after the other."""
    state = HexaryTrie({})
    for address, account in genesis.accounts.items():
        storage = HexaryTrie({})
        for slot, value in account.storage.items():
            storage[keccak(slot.to_bytes(32, "big"))] = rlp_library.encode(value)
        fields = [account.nonce, account.balance, storage.root_hash, keccak(account.code)]
        state[keccak(address)] = rlp_library.encode(fields)
    return state.root_hash


def test_a_funded_genesis_has_its_true_state_root() -> None:
    genesis = make_genesis(
        SPEC,
        balances={ALICE: 10**22, BOB: 10**22},
        contracts={b"\xcc" * 20: b"\x60\x00", b"\xdd" * 20: GenesisAccount(nonce=3, code=b"\x01", storage={1: 2})},
        timestamp=1_700_000_000,
    )
    block = genesis_block(genesis, world_of(genesis))
    assert block.header.state_root == root_by_py_trie(genesis) != EMPTY_TRIE_ROOT
    assert block.hash == header_hash(block.header)
    assert (block.transactions, block.receipts) == ((), ())


def test_a_genesis_takes_its_limits_from_the_spec_or_the_caller() -> None:
    plain = make_genesis(SPEC, balances={}, contracts={}, timestamp=5)
    assert (plain.gas_limit, plain.base_fee, plain.number, plain.timestamp) == (30_000_000, 10**9, 0, 5)
    assert plain.accounts == SYSTEM_ACCOUNTS
    given = make_genesis(SPEC, balances={}, contracts={}, timestamp=5, number=9, gas_limit=7, base_fee=0,
                         extra_data=b"hello", coinbase=BOB, system_contracts=False)  # fmt: skip
    header = genesis_block(given, World()).header
    assert (header.number, header.gas_limit, header.base_fee, header.extra_data, header.coinbase) == (
        9, 7, 0, b"hello", BOB,
    )  # fmt: skip
    assert given.accounts == {}
    constant = dev_spec(fees=FeeRules(constant_base_fee=1_000_000))
    assert make_genesis(constant, balances={}, contracts={}, timestamp=0).base_fee == 1_000_000


def test_a_contract_can_be_funded_too() -> None:
    genesis = make_genesis(SPEC, balances={ALICE: 5}, contracts={ALICE: b"\x00"}, timestamp=0)
    assert genesis.accounts[ALICE] == GenesisAccount(balance=5, nonce=1, code=b"\x00")


DEPLOYMENTS = {
    "EIP-4788": (BEACON_ROOTS_ADDRESS, "60618060095f395ff3", BEACON_ROOTS_CODE, 0x1B9B6EB1F0),
    "EIP-2935": (HISTORY_STORAGE_ADDRESS, "60538060095f395ff3", HISTORY_STORAGE_CODE,
                 0xAA12693182426612186309F02CFE8A80A0000),
}  # fmt: skip
"""Address, constructor, code and the s that each EIP chose for its deployment transaction."""


@pytest.mark.parametrize("eip", DEPLOYMENTS)
def test_a_system_contracts_code_is_the_one_its_address_commits_to(eip: str) -> None:
    """The EIPs fix a signature nobody has the key for: whom it recovers to, and so the address, depends on the code."""
    address, constructor, code, s = DEPLOYMENTS[eip]
    initcode = bytes.fromhex(constructor) + code
    raw = rlp.encode((0, 0xE8D4A51000, 0x3D090, b"", 0, initcode, 27, 0x539, s))
    deployment = decode_transaction(raw)
    assert keccak(rlp.encode((deployment.sender, 0)))[12:] == address


# --- genesis files ----------------------------------------------------------------------------------------------------

FILE: dict[str, Any] = {
    "config": {"chainId": 1234, "homesteadBlock": 0, "terminalTotalDifficulty": 0},
    "nonce": "0x42",
    "timestamp": "0x5f5e100",
    "extraData": "0x1234",
    "gasLimit": "0x1c9c380",
    "difficulty": "0x0",
    "mixHash": "0x" + "09" * 32,
    "coinbase": "0x" + "bb" * 20,
    "number": "0x7",
    "baseFeePerGas": "0x3b9aca00",
    "alloc": {
        "0x" + "aa" * 20: {"balance": "0x8ac7230489e80000", "secretKey": "0x" + "11" * 32},
        "cc" * 20: {"balance": "1000", "nonce": "0x1", "code": "0x6001", "storage": {"0x01": "0x02", "0x03": "0x00"}},
        "dd" * 20: {"balance": 0},
    },
}


def test_geths_genesis_file_is_read() -> None:
    genesis = parse_genesis(FILE, SPEC)
    assert genesis.chain_id == 1234
    assert genesis.accounts == {
        ALICE: GenesisAccount(balance=10**19),
        b"\xcc" * 20: GenesisAccount(balance=1000, nonce=1, code=b"\x60\x01", storage={1: 2}),
        b"\xdd" * 20: GenesisAccount(),
    }
    assert genesis.private_keys == (b"\x11" * 32,)
    header = genesis_block(genesis, World()).header
    assert (header.timestamp, header.number, header.gas_limit, header.base_fee) == (10**8, 7, 30_000_000, 10**9)
    assert (header.nonce, header.prev_randao) == (b"\0" * 7 + b"\x42", b"\x09" * 32)
    assert (header.coinbase, header.extra_data) == (BOB, b"\x12\x34")


def test_a_genesis_file_may_leave_out_everything() -> None:
    genesis = parse_genesis({}, SPEC)
    assert (genesis.accounts, genesis.chain_id, genesis.gas_limit) == ({}, None, SPEC.gas_limit)
    assert genesis.base_fee == SPEC.fees.initial_base_fee


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"alloc": []}, "alloc"),
        ({"alloc": [1]}, "alloc must be an object"),
        ({"alloc": {"0x12": {}}}, "alloc.0x12 must be 20 bytes"),
        ({"alloc": {"aa" * 20: 5}}, "must be an object"),
        ({"alloc": {"aa" * 20: {"balance": "ten"}}}, "balance must be a number"),
        ({"alloc": {"aa" * 20: {"balance": -1}}}, "balance must be a number"),
        ({"alloc": {"aa" * 20: {"balance": True}}}, "balance must be a number"),
        ({"alloc": {"aa" * 20: {"balance": hex(2**256)}}}, r"2\*\*256"),
        ({"alloc": {"aa" * 20: {"nonce": 2**64}}}, r"2\*\*64"),
        ({"alloc": {"aa" * 20: {"code": "0x123"}}}, "code must be hex"),
        ({"alloc": {"aa" * 20: {"storage": {"0x" + "1" * 65: "0x1"}}}}, "storage must be at most 32 bytes"),
        ({"timestamp": "0x"}, "timestamp"),
        ({"gasLimit": 1.5}, "gasLimit"),
        ({"coinbase": "0x01"}, "coinbase must be 20 bytes"),
        ({"config": {"chainId": "zero"}}, "config.chainId"),
        ({"config": 7}, "config must be an object"),
    ],
)
def test_an_unusable_entry_of_a_genesis_file_is_named(change: dict[str, Any], where: str) -> None:
    if change == {"alloc": []}:
        assert parse_genesis(change, SPEC).accounts == {}  # an empty list says nothing; geth takes it too
        return
    with pytest.raises(ConfigError, match=where):
        parse_genesis({**FILE, **change}, SPEC)


def test_a_genesis_file_must_be_an_object() -> None:
    with pytest.raises(ConfigError, match="genesis must be an object"):
        parse_genesis([1], SPEC)


def test_an_account_without_code_has_the_empty_code_hash() -> None:
    genesis = make_genesis(SPEC, balances={ALICE: 1}, contracts={}, timestamp=0)
    account = world_of(genesis).account(ALICE)
    assert account is not None
    assert account.code_hash == EMPTY_CODE_HASH
