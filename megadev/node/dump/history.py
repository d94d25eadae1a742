"""The states after older blocks, in the form in which revm keeps them; and the world of a block whose state is in no
dump.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import (
    JsonObject,
    as_address,
    as_bytes,
    as_list,
    as_number,
    as_object,
    fail,
)
from megadev.chain.transactions import (
    DELEGATION_PREFIX,
    is_delegation,
)
from megadev.node.dump.accounts import Accounts, DumpedAccount, put_account, read_storage
from megadev.primitives.byte_cache import ByteCache
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_HASH, Hash32
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World


def written_history(world: World, blocks: Sequence[SealedBlock], known: Container[Hash32] = ()) -> JsonObject:
    """The state ``world`` after the last of ``blocks``. Code in ``known`` is named by its hash alone: ``accounts`` has
    it.
    """
    accounts: JsonObject = {}
    storage: JsonObject = {}
    for address, account in sorted(world.accounts()):
        key = to_data(address)
        accounts[key] = {
            "balance": hex(account.balance),
            "nonce": account.nonce,
            "code_hash": to_data(account.code_hash),
            "code": None if account.code_hash in known else written_code(world.code(account.code_hash)),
        }
        storage[key] = {hex(slot): hex(value) for slot, value in sorted(world.storage_of(address).items())}
    hashes = {hex(block.number): to_data(block.hash) for block in blocks}
    return {"accounts": accounts, "storage": storage, "block_hashes": hashes}


_JUMPDEST, _PUSH1, _PUSH32 = 0x5B, 0x60, 0x7F


def _write_code(code: bytes) -> JsonObject:
    """Code as revm keeps it: with the places one may jump to, and STOPs behind so that no instruction runs over."""
    if is_delegation(code):
        return {"Eip7702": {"delegated_address": to_data(code[3:])}}
    jumps = bytearray((len(code) + 7) // 8)
    place = last = 0
    while place < len(code):
        last = code[place]
        if last == _JUMPDEST:
            jumps[place >> 3] |= 1 << (place & 7)
        place += last - _PUSH1 + 2 if _PUSH1 <= last <= _PUSH32 else 1
    padding = place - len(code) + (last != 0) if code else 1
    return {
        "LegacyAnalyzed": {
            "bytecode": to_data(code + bytes(padding)),
            "original_len": len(code),
            "jump_table": {
                "order": "bitvec::order::Lsb0",
                "head": {"width": 8, "index": 0},
                "bits": len(code),
                "data": list(jumps),
            },
        }
    }


written_code: ByteCache[bytes, JsonObject] = ByteCache(_write_code, lambda code, made: 6 * len(code) + 500)
"""The same, remembered: one contract's code is often that of a hundred accounts, at every block."""


def read_histories(value: object, accounts: Accounts) -> dict[Hash32, Accounts]:
    """The state after each block that has one. Code that is only named is looked for among ``accounts``."""
    codes = {keccak(account.code): account.code for account in accounts.values() if account.code}
    histories: dict[Hash32, Accounts] = {}
    for place, item in enumerate(as_list(value, "historical_states")):
        where = f"historical_states[{place}]"
        pair = as_list(item, where)
        if len(pair) != 2:
            fail(where, "a block hash and a state", item)
        fields = as_object(pair[1], f"{where}[1]")
        storages = {
            as_address(name, f"{where}[1].storage"): read_storage(slots, f"{where}[1].storage.{name}")
            for name, slots in as_object(fields.get("storage") or {}, f"{where}[1].storage").items()
        }
        state: Accounts = {}
        for name, entry in as_object(fields.get("accounts"), f"{where}[1].accounts").items():
            at = f"{where}[1].accounts.{name}"
            account, address = as_object(entry, at), as_address(name, at)
            state[address] = DumpedAccount(
                as_number(account.get("nonce", 0), f"{at}.nonce", 64),
                as_number(account.get("balance", 0), f"{at}.balance"),
                _read_code(account, codes, at),
                storages.get(address, {}),
            )
        histories[as_bytes(pair[0], f"{where}[0]", 32)] = state
    return histories


def _read_code(account: JsonObject, codes: Mapping[Hash32, bytes], where: str) -> bytes:
    form = account.get("code")
    if form is None:
        code_hash = as_bytes(account.get("code_hash"), f"{where}.code_hash", 32)
        if code_hash in (EMPTY_CODE_HASH, ZERO_HASH):
            return b""
        if code_hash not in codes:
            fail(f"{where}.code", "the code", None)
        return codes[code_hash]
    if isinstance(form, str):
        return as_bytes(form, f"{where}.code")
    forms = as_object(form, f"{where}.code")
    if "Eip7702" in forms:
        delegation = as_object(forms["Eip7702"], f"{where}.code.Eip7702")
        return DELEGATION_PREFIX + as_address(
            delegation.get("delegated_address"), f"{where}.code.Eip7702.delegated_address"
        )
    if "LegacyRaw" in forms:
        return as_bytes(forms["LegacyRaw"], f"{where}.code.LegacyRaw")
    analysed = as_object(forms.get("LegacyAnalyzed"), f"{where}.code.LegacyAnalyzed")
    padded = as_bytes(analysed.get("bytecode"), f"{where}.code.LegacyAnalyzed.bytecode")
    return padded[: as_number(analysed.get("original_len"), f"{where}.code.LegacyAnalyzed.original_len", 32)]


def world_after(world: World, before: Accounts, after: Accounts) -> World:
    """The world of ``after``, made from ``world``, which is that of ``before``: what they have in common is shared."""
    diff = StateDiff(Cause.GENESIS)
    for address, account in after.items():
        earlier = before.get(address)
        if account == earlier:
            continue
        put_account(diff, address, account)
        if earlier is not None:
            slots = diff.storage.setdefault(address, {})
            for slot in earlier.storage.keys() - account.storage.keys():
                slots[slot] = 0
    for address in before.keys() - after.keys():
        diff.accounts[address] = None
    return world.apply(diff)
