"""Anvil's state dump, both ways: a JSON document of accounts, blocks, transactions and, where asked for, the state
after each block; and our values. Pure functions; ``state_files`` applies them to a running chain.

A document as Anvil 1.7.1 writes it has::

    block               the environment of the last block: number, beneficiary, gas_limit (a number), basefee, …
    accounts            {address: {nonce (a number), balance, code, storage: {slot: word}}}, the state of now
    best_block_number   a number; where blocks of several chains are there, the chain that ends in it is meant
    blocks              [{header (as in RPC, without its hash), transactions, ommers, withdrawals}], in any order
    transactions        [{info, receipt, block_hash, block_number}]: what receipts are made of
    historical_states   null, or [[block hash, {accounts, storage, block_hashes}]], in the form revm keeps them
    l1                  ours alone, and nothing to Anvil: L1's own document, where the node has an L1
    adopted             ours alone: up to which of its blocks L2 has followed another L1 than that

Older files spell some of it differently (``coinbase``, ``ommersHash``, numbers as hex, transactions under their type's
name); they are read too. The chain id is in no file.

Why a block's hash is computed only from the fields that the file has: a chain that began under older rules has shorter
headers, and their hashes are over what was there. Where a child names another parent all the same, the child is right.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn, TypeAlias

import msgspec

from megadev.chain.blobs import BlobSidecar
from megadev.chain.blocks import HEADER_SIZES, Header, SealedBlock, block_size
from megadev.chain.fees import blob_base_fee
from megadev.chain.receipts import REVERTED, Log, Receipt
from megadev.chain.spec import GAS_PER_BLOB, ChainSpec
from megadev.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DELEGATION_PREFIX,
    DEPOSIT,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessList,
    SignedAuthorization,
    Transaction,
    decode_transaction,
    encode_transaction,
    is_delegation,
)
from megadev.errors import InvalidParams, InvalidTransaction, StateUnavailable, UndecodableTransaction
from megadev.primitives import rlp
from megadev.primitives.bloom import logs_bloom
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World

JsonObject: TypeAlias = dict[str, Any]
OnProgress: TypeAlias = Callable[[int, int], object]
"""Hears how much of how much is done."""

MAX_DUMP = 1 << 30
"""Bytes of JSON that a compressed dump may unfold to."""
BLOCK_HASHES = 256
"""How far back BLOCKHASH sees: so many hashes go with each historical state."""
_GZIP_MAGIC = b"\x1f\x8b"


def silent(done: int, count: int) -> None:
    """For work that nobody watches."""


class DumpedAccount(msgspec.Struct, frozen=True):
    """An account as a dump has it. ``storage`` may hold zeros: slots that were written and are empty again."""

    nonce: int
    balance: Wei
    code: bytes
    storage: dict[int, int]


Accounts: TypeAlias = dict[Address, DumpedAccount]


class Dump(msgspec.Struct, frozen=True):
    """What a document says. ``blocks`` is one chain, oldest first, its last block's world made of ``accounts``; empty
    where the document has only accounts. ``coinbase`` and ``gas_limit`` are for blocks to come; None: not said.
    ``adopted``: see the module.
    """

    accounts: Accounts
    blocks: tuple[SealedBlock, ...]
    coinbase: Address | None
    gas_limit: int | None
    adopted: int = 0


class UnavailableWorld(World):
    """The state after a block that came without it. Every question raises ``StateUnavailable``."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def _refuse(self, *_: object) -> NoReturn:
        raise StateUnavailable(
            f"state unavailable: block {self.number} was loaded from a dump without its state; "
            "ask at latest, or dump with historical states (--preserve-historical-states)"
        )

    # whatever the arguments: the signatures stay those of World
    account: Any = _refuse
    storage: Any = _refuse
    code: Any = _refuse
    accounts: Any = _refuse
    storage_of: Any = _refuse
    apply: Any = _refuse
    storage_root: Any = _refuse
    prove_account: Any = _refuse
    prove_storage: Any = _refuse
    account_trie: Any = _refuse
    storage_trie: Any = _refuse

    is_whole = True
    """Nobody is to look for a fork behind it."""
    is_known = False

    def block_hash(self, number: int) -> Hash32:
        """None is known of a block from before the dump's first one, as on any chain."""
        return ZERO_HASH

    def __len__(self) -> int:
        self._refuse()

    @property
    def state_root(self) -> Hash32:
        self._refuse()


# -- writing ------------------------------------------------------------------------------------------------------


def encode_dump(
    blocks: Sequence[SealedBlock],
    state: World,
    spec: ChainSpec,
    *,
    coinbase: Address = ZERO_ADDRESS,
    gas_limit: int | None = None,
    zeroed: Mapping[Address, Iterable[int]] | None = None,
    history: bool = False,
    l1: bytes | None = None,
    adopted: int = 0,
) -> bytes:
    """The document, as JSON: ``blocks`` (a whole chain, oldest first) and ``state``, which is that of now. ``l1``: the
    document of the L1 beside it; ``adopted``: see the module.

    ``zeroed``: slots that a fresh node would have and that must be said to be empty where they are. ``history``: also
    the state after every block but the last, where it is known. The same chain gives the same bytes.
    """
    head = blocks[-1].header
    document = {
        "block": {
            "number": hex(head.number),
            "beneficiary": _data(coinbase),
            "timestamp": hex(head.timestamp),
            "gas_limit": head.gas_limit if gas_limit is None else gas_limit,
            "basefee": head.base_fee,
            "difficulty": hex(head.difficulty),
            "prevrandao": _data(head.prev_randao),
            "blob_excess_gas_and_price": {
                "excess_blob_gas": head.excess_blob_gas,
                "blob_gasprice": blob_base_fee(head.excess_blob_gas, spec),
            },
            "slot_num": 0,
        },
        "accounts": dict(_written_accounts(state, zeroed or {})),
        "best_block_number": head.number,
        "blocks": [_written_block(block) for block in blocks],
        "transactions": [
            _written_receipt(block, index) for block in blocks for index in range(len(block.transactions))
        ],
        "historical_states": [
            [
                _data(block.hash),
                _written_history(_world_at(block, after), blocks[max(0, place - BLOCK_HASHES) : place + 1]),
            ]
            for place, (block, after) in enumerate(pairwise(blocks))
            if block.world.is_known
        ]
        if history
        else None,
    }
    if l1 is not None:
        document["l1"] = msgspec.Raw(l1)
    if adopted:
        document["adopted"] = adopted
    return msgspec.json.encode(document)


def encode_accounts(state: World, zeroed: Mapping[Address, Iterable[int]] | None = None) -> bytes:
    """A document that holds nothing but ``state``."""
    return msgspec.json.encode({"accounts": dict(_written_accounts(state, zeroed or {}))})


def compress(document: bytes) -> bytes:
    """As RPC hands it out: gzip, the same bytes for the same document."""
    return gzip.compress(document, mtime=0)


def _written_accounts(world: World, zeroed: Mapping[Address, Iterable[int]]) -> Iterator[tuple[str, JsonObject]]:
    for address, account in sorted(world.accounts()):
        slots = dict.fromkeys(zeroed.get(address, ()), 0) | dict(world.storage_of(address))
        storage = {_word(slot): _word(value) for slot, value in sorted(slots.items())}
        yield (
            _data(address),
            {
                "nonce": account.nonce,
                "balance": hex(account.balance),
                "code": _data(world.code(account.code_hash)),
                "storage": storage,
            },
        )


def _written_block(block: SealedBlock) -> JsonObject:
    header = block.header
    return {
        "header": {name: write(getattr(header, field)) for name, field, write, _ in _HEADER[: header.fields]},
        "transactions": [_written_transaction(tx) for tx in block.transactions],
        "ommers": [],
        "withdrawals": None,
    }


def _written_transaction(tx: Transaction) -> JsonObject:
    kind = tx.type
    fields: JsonObject = {"type": hex(kind)}
    if kind == DEPOSIT:
        fields |= {
            "sourceHash": _data(tx.source_hash or ZERO_HASH),
            "from": _data(tx.sender),
            "to": _optional(tx.to),
            "mint": hex(tx.mint),
            "value": hex(tx.value),
            "gas": hex(tx.gas_limit),
            "isSystemTx": tx.is_system,
            "input": _data(tx.data),
            "hash": _data(tx.hash),
        }
        return {"transaction": fields, "impersonated_sender": None}
    if tx.chain_id is not None:
        fields["chainId"] = hex(tx.chain_id)
    fields["nonce"] = hex(tx.nonce)
    fields["gas"] = hex(tx.gas_limit)
    if kind in (LEGACY, ACCESS_LIST):
        fields["gasPrice"] = hex(tx.max_fee_per_gas)
    else:
        fields["maxFeePerGas"] = hex(tx.max_fee_per_gas)
        fields["maxPriorityFeePerGas"] = hex(tx.max_priority_fee_per_gas)
    fields["to"] = _optional(tx.to)
    fields["value"] = hex(tx.value)
    if kind != LEGACY:
        fields["accessList"] = [
            {"address": _data(address), "storageKeys": [_word(slot) for slot in slots]}
            for address, slots in tx.access_list
        ]
        fields["yParity"] = hex(tx.v)
    if kind == BLOB:
        fields["blobVersionedHashes"] = [_data(versioned) for versioned in tx.blob_versioned_hashes]
        fields["maxFeePerBlobGas"] = hex(tx.max_fee_per_blob_gas)
        if tx.sidecar is not None:
            fields["blobs"] = [_data(blob) for blob in tx.sidecar.blobs]
            fields["commitments"] = [_data(commitment) for commitment in tx.sidecar.commitments]
            fields["cellProofs" if tx.sidecar.version else "proofs"] = [_data(proof) for proof in tx.sidecar.proofs]
    elif kind == SET_CODE:
        fields["authorizationList"] = [
            {
                "chainId": hex(signed.chain_id),
                "address": _data(signed.address),
                "nonce": hex(signed.nonce),
                "yParity": hex(signed.y_parity),
                "r": hex(signed.r),
                "s": hex(signed.s),
            }
            for signed in tx.authorization_list
        ]
    fields |= {"input": _data(tx.data), "r": hex(tx.r), "s": hex(tx.s), "v": hex(tx.v), "hash": _data(tx.hash)}
    return {"transaction": fields, "impersonated_sender": _data(tx.sender) if tx.is_impersonated else None}


def _written_receipt(block: SealedBlock, index: int) -> JsonObject:
    tx, receipt = block.transactions[index], block.receipts[index]
    written: JsonObject = {
        "type": hex(receipt.type),
        "status": "0x1" if receipt.succeeded else "0x0",
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "logs": [
            {"address": _data(log.address), "topics": [_data(topic) for topic in log.topics], "data": _data(log.data)}
            for log in receipt.logs
        ],
        "logsBloom": _data(receipt.bloom),
    }
    if receipt.deposit_nonce is not None:
        written |= {"depositNonce": hex(receipt.deposit_nonce), "depositReceiptVersion": "0x1"}
    if receipt.type == DEPOSIT:
        written["type"] = "0x7E"  # the one spelling that Anvil reads here
    return {
        "info": {
            "transaction_hash": _data(tx.hash),
            "transaction_index": index,
            "from": _data(tx.sender),
            "to": _optional(tx.to),
            "contract_address": _optional(receipt.created),
            # Anvil's own record of the calls inside; readers that find none replay or show none
            "traces": [],
            "exit": _exit_of(receipt),
            "out": _data(receipt.output),
            "nonce": tx.nonce,
            "gas_used": receipt.gas_used,
        },
        "receipt": written,
        "block_hash": _data(block.hash),
        "block_number": block.number,
    }


def _written_history(world: World, blocks: Sequence[SealedBlock]) -> JsonObject:
    accounts: JsonObject = {}
    storage: JsonObject = {}
    for address, account in sorted(world.accounts()):
        key = _data(address)
        accounts[key] = {
            "balance": hex(account.balance),
            "nonce": account.nonce,
            "code_hash": _data(account.code_hash),
            "code": _written_code(world.code(account.code_hash)),
        }
        storage[key] = {hex(slot): hex(value) for slot, value in sorted(world.storage_of(address).items())}
    hashes = {hex(block.number): _data(block.hash) for block in blocks}
    return {"accounts": accounts, "storage": storage, "block_hashes": hashes}


def _world_at(block: SealedBlock, after: SealedBlock) -> World:
    """The state at ``block``, with what cheats changed before the block ``after`` it."""
    return block.world if after.irregular is None else block.world.apply(after.irregular)


_JUMPDEST, _PUSH1, _PUSH32 = 0x5B, 0x60, 0x7F


@lru_cache(maxsize=1024)
def _written_code(code: bytes) -> JsonObject:
    """Code as revm keeps it: with the places one may jump to, and STOPs behind so that no instruction runs over."""
    if is_delegation(code):
        return {"Eip7702": {"delegated_address": _data(code[3:])}}
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
            "bytecode": _data(code + bytes(padding)),
            "original_len": len(code),
            "jump_table": {
                "order": "bitvec::order::Lsb0",
                "head": {"width": 8, "index": 0},
                "bits": len(code),
                "data": list(jumps),
            },
        }
    }


_HALTS = (
    ("out of gas", "OutOfGas"),
    ("invalid jump destination", "InvalidJump"),
    ("invalid opcode: INVALID", "InvalidFEOpcode"),
    ("invalid opcode", "OpcodeNotFound"),
    ("stack underflow", "StackUnderflow"),
    ("stack limit reached", "StackOverflow"),
    ("write protection", "StateChangeDuringStaticCall"),
    ("return data out of bounds", "OutOfOffset"),
    ("max code size exceeded", "CreateContractSizeLimit"),
    ("max initcode size exceeded", "CreateInitCodeSizeLimit"),
    ("contract address collision", "CreateCollision"),
    ("invalid code: must not begin with 0xef", "CreateContractStartingWithEF"),
    ("max call depth exceeded", "CallTooDeep"),
    ("insufficient balance for transfer", "OutOfFunds"),
)
"""How an exceptional end begins in our words, and revm's name of it."""
_ANY_HALT = "PrecompileError"


def _exit_of(receipt: Receipt) -> str:
    """How revm calls the way a transaction ended."""
    if receipt.error is None:
        return "Return" if receipt.output else "Stop"
    if receipt.error == REVERTED:
        return "Revert"
    return next((name for words, name in _HALTS if receipt.error.startswith(words)), _ANY_HALT)


def _error_of(name: str) -> str:
    if name == "Revert":
        return REVERTED
    if name.endswith("OOG"):
        return "out of gas"
    return next((words for words, known in _HALTS if known == name), name)


def _data(data: bytes) -> str:
    return "0x" + data.hex()


def _optional(data: bytes | None) -> str | None:
    return None if data is None else "0x" + data.hex()


def _word(number: int) -> str:
    return f"0x{number:064x}"


# -- reading ------------------------------------------------------------------------------------------------------


def decode_dump(
    data: bytes, spec: ChainSpec, l1_spec: ChainSpec | None = None, on_progress: OnProgress = silent
) -> tuple[Dump, Dump | None]:
    """What a document says, and what the L1's in it does, where it has one and ``l1_spec`` is given. Plain JSON, or
    compressed as RPC hands it out. The specs tell the price of blobs. ``on_progress`` hears how many of how many blocks
    are read, now and then.

    Raises ``InvalidParams`` saying which entry cannot be used, and why.
    """
    try:
        document = decode_json(_unfolded(data))
    except DecodeError as error:
        raise InvalidParams(f"failed to decode state dump: neither JSON nor compressed JSON ({error})") from None
    entries = _object(document, "it")
    l1 = None if l1_spec is None or entries.get("l1") is None else _object(entries["l1"], "l1")
    steps = _Steps(sum(len(_list(each.get("blocks") or [], "blocks")) for each in (entries, l1 or {})), on_progress)
    dump = _read_dump(entries, spec, steps)
    return dump, None if l1 is None or l1_spec is None else _read_dump(l1, l1_spec, steps)


class _Steps:
    """Counts blocks that are read, each of which takes two steps: its header, then what it holds."""

    def __init__(self, count: int, on_progress: OnProgress) -> None:
        self._count = count
        self._done = 0
        self._on_progress = on_progress

    def one(self) -> None:
        self._done += 1
        if self._done % 512 == 0:
            self._on_progress(self._done // 2, self._count)


def _read_dump(entries: JsonObject, spec: ChainSpec, steps: _Steps) -> Dump:
    if "accounts" not in entries:
        _fail("accounts", "an object; that is what a dump is of", None)
    accounts = _read_accounts(entries["accounts"])
    environment = _object(entries.get("block") or {}, "block")
    blocks = _read_blocks(entries, environment, accounts, spec, steps)
    coinbase = environment.get("beneficiary", environment.get("coinbase"))
    gas_limit = environment.get("gas_limit")
    return Dump(
        accounts,
        blocks,
        None if coinbase is None else _address(coinbase, "block.beneficiary"),
        None if gas_limit is None else _number(gas_limit, "block.gas_limit", 63),
        _number(entries.get("adopted", 0), "adopted", 63),
    )


def _unfolded(data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    unfolding = zlib.decompressobj(wbits=31)
    try:
        document = unfolding.decompress(data, MAX_DUMP)
    except zlib.error as error:
        raise InvalidParams(f"failed to decode state dump: it is damaged ({error})") from None
    if unfolding.unconsumed_tail:
        raise InvalidParams(f"failed to decode state dump: it unfolds to more than {MAX_DUMP} bytes; load it as a file")
    if not unfolding.eof:
        raise InvalidParams("failed to decode state dump: it is cut off")
    return document


def _read_accounts(value: object) -> Accounts:
    accounts: Accounts = {}
    for name, entry in _object(value, "accounts").items():
        where = f"accounts.{name}"
        fields = _object(entry, where)
        accounts[_address(name, where)] = DumpedAccount(
            _number(fields.get("nonce", 0), f"{where}.nonce", 64),
            _number(fields.get("balance", 0), f"{where}.balance"),
            _bytes(fields.get("code") or "0x", f"{where}.code"),
            _read_storage(fields.get("storage") or {}, f"{where}.storage"),
        )
    return accounts


def _read_storage(value: object, where: str) -> dict[int, int]:
    return {_number(slot, where): _number(word, f"{where}.{slot}") for slot, word in _object(value, where).items()}


# a file's names of a header's fields, oldest spelling last, and how each is written and read, in RLP's order
_HEADER: tuple[tuple[str, str, Callable[[Any], str], str], ...] = (
    ("parentHash", "parent_hash", _data, ""),
    ("sha3Uncles", "ommers_hash", _data, "ommersHash"),
    ("miner", "coinbase", _data, "beneficiary"),
    ("stateRoot", "state_root", _data, ""),
    ("transactionsRoot", "transactions_root", _data, ""),
    ("receiptsRoot", "receipts_root", _data, ""),
    ("logsBloom", "logs_bloom", _data, ""),
    ("difficulty", "difficulty", hex, ""),
    ("number", "number", hex, ""),
    ("gasLimit", "gas_limit", hex, ""),
    ("gasUsed", "gas_used", hex, ""),
    ("timestamp", "timestamp", hex, ""),
    ("extraData", "extra_data", _data, ""),
    ("mixHash", "prev_randao", _data, ""),
    ("nonce", "nonce", _data, ""),
    ("baseFeePerGas", "base_fee", hex, ""),
    ("withdrawalsRoot", "withdrawals_root", _data, ""),
    ("blobGasUsed", "blob_gas_used", hex, ""),
    ("excessBlobGas", "excess_blob_gas", hex, ""),
    ("parentBeaconBlockRoot", "parent_beacon_root", _data, ""),
    ("requestsHash", "requests_hash", _data, ""),
)
_REQUIRED_FIELDS = 15
"""So many fields every header has had; each later one came with a fork."""
_SIZES = {"coinbase": 20, "logs_bloom": 256, "nonce": 8, "extra_data": None}
_WIDE = {"difficulty": 256, "base_fee": 256, "gas_limit": 63}


class _Found(msgspec.Struct, frozen=True):
    """A block of the file, before it is known whether it is on the chain meant. ``is_whole``: its header has all
    fields of a hardfork from London on, so that there is no doubt about its hash."""

    header: Header
    hash: Hash32
    is_whole: bool
    transactions: list[Any]
    where: str


def _read_blocks(
    entries: JsonObject, environment: JsonObject, accounts: Accounts, spec: ChainSpec, steps: _Steps
) -> tuple[SealedBlock, ...]:
    found = []
    for place, entry in enumerate(_list(entries.get("blocks") or [], "blocks")):
        found.append(_read_header(_object(entry, f"blocks[{place}]"), f"blocks[{place}]"))
        steps.one()
    if not found:
        return ()
    chain = _chain_of(found, entries, environment)
    outcomes = _read_outcomes(entries.get("transactions") or [])
    states = _read_histories(entries.get("historical_states") or [], accounts)
    states[chain[-1].hash] = accounts
    blocks: list[SealedBlock] = []
    world, before = World(), Accounts()
    for block in chain:
        state = states.get(block.hash)
        if state is not None:
            world, before = _world_after(world, before, state), state
        blocks.append(
            _read_block(block, outcomes, UnavailableWorld(block.header.number) if state is None else world, spec)
        )
        steps.one()
    return tuple(blocks)


def _read_header(entry: JsonObject, where: str) -> _Found:
    fields = _object(entry.get("header"), f"{where}.header")
    values: dict[str, Any] = {}
    hashed: list[int | bytes] = []
    for place, (name, field, write, older) in enumerate(_HEADER):
        value = fields.get(name)
        if value is None and older:
            value = fields.get(older)
        at = f"{where}.header.{name}"
        if value is None:
            if place < _REQUIRED_FIELDS:
                _fail(at, "a value", value)
            continue
        read = _number(value, at, _WIDE.get(field, 63)) if write is hex else _bytes(value, at, _SIZES.get(field, 32))
        values[field] = read
        hashed.append(read)
    is_whole = len(values) in HEADER_SIZES and list(values) == [field for _, field, _, _ in _HEADER[: len(values)]]
    return _Found(
        Header(**values, fields=max((size for size in HEADER_SIZES if size <= len(values)), default=HEADER_SIZES[0])),
        keccak(rlp.encode(hashed)),
        is_whole,
        _list(entry.get("transactions") or [], f"{where}.transactions"),
        where,
    )


def _chain_of(found: Sequence[_Found], entries: JsonObject, environment: JsonObject) -> list[_Found]:
    """The chain that ends in the best block, oldest first. A file may hold blocks that are on none: those that another
    dump, loaded before, has pushed aside."""
    by_number: dict[int, list[_Found]] = {}
    for block in found:
        by_number.setdefault(block.header.number, []).append(block)
    best = entries.get("best_block_number", environment.get("number"))
    head = max(by_number) if best is None else _number(best, "best_block_number", 63)
    if head not in by_number:
        raise InvalidParams(f"failed to decode state dump: best_block_number is {head}, but blocks has no such block")
    time = _number(environment.get("timestamp", 0), "block.timestamp")
    chains = [_chain_to(tip, by_number) for tip in by_number[head]]
    return max(chains, key=lambda chain: (len(chain), chain[-1].header.timestamp == time))


def _chain_to(tip: _Found, by_number: Mapping[int, list[_Found]]) -> list[_Found]:
    chain = [tip]
    while parents := by_number.get(tip.header.number - 1):
        wanted = tip.header.parent_hash
        parent = next((block for block in parents if block.hash == wanted), None)
        if parent is None and len(parents) == 1 and not parents[0].is_whole:
            parent = msgspec.structs.replace(parents[0], hash=wanted)
        if parent is None:
            break
        chain.append(parent)
        tip = parent
    return chain[::-1]


_Outcomes: TypeAlias = dict[Hash32 | tuple[Hash32, int], tuple[JsonObject, str]]
"""Entries of ``transactions``, each with where it stands: by their hash, and by block and index."""


def _read_outcomes(value: object) -> _Outcomes:
    outcomes: _Outcomes = {}
    for place, item in enumerate(_list(value, "transactions")):
        where = f"transactions[{place}]"
        entry = _object(item, where)
        info = _object(entry.get("info"), f"{where}.info")
        outcomes[_bytes(info.get("transaction_hash"), f"{where}.info.transaction_hash", 32)] = entry, where
        index = _number(info.get("transaction_index", 0), f"{where}.info.transaction_index", 32)
        outcomes[_bytes(entry.get("block_hash"), f"{where}.block_hash", 32), index] = entry, where
    return outcomes


def _read_block(found: _Found, outcomes: _Outcomes, world: World, spec: ChainSpec) -> SealedBlock:
    header = found.header
    transactions: list[Transaction] = []
    receipts: list[Receipt] = []
    for index, item in enumerate(found.transactions):
        where = f"{found.where}.transactions[{index}]"
        tx = read_transaction(item, where)
        outcome = outcomes.get((found.hash, index)) or outcomes.get(tx.hash)
        if outcome is None:
            _fail(where, f"an entry in transactions (0x{tx.hash.hex()}) that says how it went", None)
        if tx.is_impersonated:
            # Anvil writes the hash of the fields here, and only there the one it goes by
            tx = msgspec.structs.replace(tx, hash=bytes.fromhex(outcome[0]["info"]["transaction_hash"][2:]))
        transactions.append(tx)
        receipts.append(_read_receipt(*outcome, tx, header, spec))
    return SealedBlock(
        header=header,
        hash=found.hash,
        transactions=tuple(transactions),
        receipts=tuple(receipts),
        world=world,
        size=block_size(header, transactions),
    )


_TYPE_NAMES = {
    "Legacy": LEGACY,
    "EIP2930": ACCESS_LIST,
    "EIP1559": DYNAMIC_FEE,
    "EIP4844": BLOB,
    "EIP7702": SET_CODE,
    "Deposit": DEPOSIT,
}
"""How older files say the type: as the only key, around the fields."""


def read_transaction(item: object, where: str) -> Transaction:
    fields = _object(item, where)
    sender = None
    if "transaction" in fields:
        if fields.get("impersonated_sender") is not None:
            sender = _address(fields["impersonated_sender"], f"{where}.impersonated_sender")
        fields = _object(fields["transaction"], f"{where}.transaction")
    if len(fields) == 1:
        name, inside = next(iter(fields.items()))
        if name not in _TYPE_NAMES:
            _fail(where, f"a transaction of a type known here ({', '.join(_TYPE_NAMES)})", name)
        kind, fields = _TYPE_NAMES[name], _object(inside, where)
    else:
        kind = _number(fields.get("type", 0), f"{where}.type", 8)
        if kind not in _TYPE_NAMES.values():
            _fail(f"{where}.type", "a transaction type known here", kind)

    def number(name: str, bits: int = 256) -> int:
        value = fields.get(name)
        return 0 if value is None else _number(value, f"{where}.{name}", bits)

    price = number("gasPrice" if kind in (LEGACY, ACCESS_LIST) else "maxFeePerGas")
    v = number("v") if kind == LEGACY or fields.get("yParity") is None else number("yParity", 8)
    chain_id = None if fields.get("chainId") is None else number("chainId", 64)
    if kind == DEPOSIT:
        sender, chain_id = _address(fields.get("from"), f"{where}.from"), None
    tx = Transaction(
        type=kind,
        chain_id=(v - 35) >> 1 if kind == LEGACY and v >= 35 else chain_id,
        nonce=number("nonce", 64),
        gas_limit=number("gas" if "gas" in fields else "gasLimit", 64),
        to=None if fields.get("to") is None else _address(fields["to"], f"{where}.to"),
        value=number("value"),
        data=_bytes(fields.get("input") or "0x", f"{where}.input"),
        max_fee_per_gas=price,
        max_priority_fee_per_gas=price if kind in (LEGACY, ACCESS_LIST) else number("maxPriorityFeePerGas"),
        v=v,
        r=number("r"),
        s=number("s"),
        sender=sender or ZERO_ADDRESS,
        hash=_bytes(fields.get("hash"), f"{where}.hash", 32),
        encoded=b"",
        access_list=_read_access_list(fields.get("accessList") or [], f"{where}.accessList"),
        max_fee_per_blob_gas=number("maxFeePerBlobGas"),
        blob_versioned_hashes=_byte_list(fields.get("blobVersionedHashes") or [], f"{where}.blobVersionedHashes", 32),
        authorization_list=_read_authorizations(fields.get("authorizationList") or [], f"{where}.authorizationList"),
        sidecar=_read_sidecar(fields, where),
        source_hash=_bytes(fields.get("sourceHash"), f"{where}.sourceHash", 32) if kind == DEPOSIT else None,
        mint=number("mint"),
        is_system=bool(fields.get("isSystemTx") or fields.get("isSystemTransaction")),
    )
    try:
        encoded = encode_transaction(tx)
        if sender is None:
            if keccak(encoded) != tx.hash:
                _fail(f"{where}.hash", f"the hash of what it stands with, 0x{keccak(encoded).hex()}", fields["hash"])
            sender = decode_transaction(encoded).sender
    except (InvalidTransaction, UndecodableTransaction) as error:
        raise InvalidParams(f"failed to decode state dump: {where}: {error}") from None
    return msgspec.structs.replace(tx, encoded=encoded, sender=sender)


def _read_access_list(value: object, where: str) -> AccessList:
    entries = []
    for place, item in enumerate(_list(value, where)):
        at = f"{where}[{place}]"
        fields = _object(item, at)
        slots = _byte_list(fields.get("storageKeys") or [], f"{at}.storageKeys", 32)
        entries.append(
            (_address(fields.get("address"), f"{at}.address"), tuple(int.from_bytes(slot, "big") for slot in slots))
        )
    return tuple(entries)


def _read_authorizations(value: object, where: str) -> tuple[SignedAuthorization, ...]:
    read = []
    for place, item in enumerate(_list(value, where)):
        at = f"{where}[{place}]"
        fields = _object(item, at)
        read.append(
            SignedAuthorization(
                _number(fields.get("chainId"), f"{at}.chainId"),
                _address(fields.get("address"), f"{at}.address"),
                _number(fields.get("nonce"), f"{at}.nonce", 64),
                _number(fields.get("yParity", fields.get("v")), f"{at}.yParity", 8),
                _number(fields.get("r"), f"{at}.r"),
                _number(fields.get("s"), f"{at}.s"),
            )
        )
    return tuple(read)


def _read_sidecar(fields: JsonObject, where: str) -> BlobSidecar | None:
    blobs = _byte_list(fields.get("blobs") or [], f"{where}.blobs")
    if not blobs:
        return None
    if len(fields.get("blobVersionedHashes") or []) != len(blobs):
        _fail(f"{where}.blobVersionedHashes", f"as many as there are blobs, {len(blobs)}", None)
    version = int("cellProofs" in fields)
    commitments = _byte_list(fields.get("commitments") or [], f"{where}.commitments", 48)
    if len(commitments) != len(blobs):
        _fail(f"{where}.commitments", f"as many as there are blobs, {len(blobs)}", len(commitments))
    return BlobSidecar(
        blobs,
        commitments,
        _byte_list(fields.get("cellProofs" if version else "proofs") or [], f"{where}.proofs", 48),
        version,
    )


def _read_receipt(entry: JsonObject, where: str, tx: Transaction, header: Header, spec: ChainSpec) -> Receipt:
    info = _object(entry.get("info"), f"{where}.info")
    fields = _object(entry.get("receipt"), f"{where}.receipt")
    if len(fields) == 1:
        fields = _object(next(iter(fields.values())), f"{where}.receipt")  # under its type's name, in older files
    if "receipt" in fields:
        fields = fields | _object(fields["receipt"], f"{where}.receipt")
    logs = tuple(
        read_log(item, f"{where}.receipt.logs[{place}]")
        for place, item in enumerate(_list(fields.get("logs") or [], f"{where}.receipt.logs"))
    )
    status = fields.get("status", fields.get("success"))
    succeeded = status if isinstance(status, bool) else _number(status, f"{where}.receipt.status", 1) == 1
    created = info.get("contract_address")
    nonce = fields.get("depositNonce")
    return Receipt(
        type=tx.type,
        succeeded=succeeded,
        cumulative_gas_used=_number(fields.get("cumulativeGasUsed"), f"{where}.receipt.cumulativeGasUsed", 63),
        gas_used=_number(info.get("gas_used"), f"{where}.info.gas_used", 63),
        effective_gas_price=tx.effective_gas_price(header.base_fee),
        logs=logs,
        bloom=logs_bloom(logs),
        created=None if created is None else _address(created, f"{where}.info.contract_address"),
        blob_gas_used=GAS_PER_BLOB * len(tx.blob_versioned_hashes),
        blob_gas_price=blob_base_fee(header.excess_blob_gas, spec),
        output=_bytes(info.get("out") or "0x", f"{where}.info.out"),
        error=None if succeeded else _error_of(str(info.get("exit"))),
        deposit_nonce=None if nonce is None else _number(nonce, f"{where}.receipt.depositNonce", 64),
    )


def read_log(item: object, where: str) -> Log:
    fields = _object(item, where)
    return Log(
        _address(fields.get("address"), f"{where}.address"),
        _byte_list(fields.get("topics") or [], f"{where}.topics", 32),
        _bytes(fields.get("data") or "0x", f"{where}.data"),
    )


def _read_histories(value: object, accounts: Accounts) -> dict[Hash32, Accounts]:
    """The state after each block that has one. Code that is only named is looked for among ``accounts``."""
    codes = {keccak(account.code): account.code for account in accounts.values() if account.code}
    histories: dict[Hash32, Accounts] = {}
    for place, item in enumerate(_list(value, "historical_states")):
        where = f"historical_states[{place}]"
        pair = _list(item, where)
        if len(pair) != 2:
            _fail(where, "a block hash and a state", item)
        fields = _object(pair[1], f"{where}[1]")
        storages = {
            _address(name, f"{where}[1].storage"): _read_storage(slots, f"{where}[1].storage.{name}")
            for name, slots in _object(fields.get("storage") or {}, f"{where}[1].storage").items()
        }
        state: Accounts = {}
        for name, entry in _object(fields.get("accounts"), f"{where}[1].accounts").items():
            at = f"{where}[1].accounts.{name}"
            account, address = _object(entry, at), _address(name, at)
            state[address] = DumpedAccount(
                _number(account.get("nonce", 0), f"{at}.nonce", 64),
                _number(account.get("balance", 0), f"{at}.balance"),
                _read_code(account, codes, at),
                storages.get(address, {}),
            )
        histories[_bytes(pair[0], f"{where}[0]", 32)] = state
    return histories


def _read_code(account: JsonObject, codes: Mapping[Hash32, bytes], where: str) -> bytes:
    form = account.get("code")
    if form is None:
        code_hash = _bytes(account.get("code_hash"), f"{where}.code_hash", 32)
        if code_hash in (EMPTY_CODE_HASH, ZERO_HASH):
            return b""
        if code_hash not in codes:
            _fail(f"{where}.code", "the code", None)
        return codes[code_hash]
    if isinstance(form, str):
        return _bytes(form, f"{where}.code")
    forms = _object(form, f"{where}.code")
    if "Eip7702" in forms:
        delegation = _object(forms["Eip7702"], f"{where}.code.Eip7702")
        return DELEGATION_PREFIX + _address(
            delegation.get("delegated_address"), f"{where}.code.Eip7702.delegated_address"
        )
    if "LegacyRaw" in forms:
        return _bytes(forms["LegacyRaw"], f"{where}.code.LegacyRaw")
    analysed = _object(forms.get("LegacyAnalyzed"), f"{where}.code.LegacyAnalyzed")
    padded = _bytes(analysed.get("bytecode"), f"{where}.code.LegacyAnalyzed.bytecode")
    return padded[: _number(analysed.get("original_len"), f"{where}.code.LegacyAnalyzed.original_len", 32)]


def _world_after(world: World, before: Accounts, after: Accounts) -> World:
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


def put_account(diff: StateDiff, address: Address, account: DumpedAccount) -> None:
    """Make ``diff`` give ``address`` what a dump says of it."""
    code_hash = keccak(account.code) if account.code else EMPTY_CODE_HASH
    diff.accounts[address] = Account(account.nonce, account.balance, code_hash)
    if account.code:
        diff.codes[code_hash] = account.code
    if account.storage:
        diff.storage[address] = dict(account.storage)


# -- the values of JSON -------------------------------------------------------------------------------------------

_HEX = re.compile(r"0[xX]([0-9a-fA-F]*)")


def _fail(where: str, expected: str, value: object) -> NoReturn:
    got = "nothing" if value is None else msgspec.json.encode(value).decode(errors="replace")
    raise InvalidParams(
        f"failed to decode state dump: {where}: expected {expected}, got {got if len(got) <= 80 else got[:72] + '…'}"
    )


def _object(value: object, where: str) -> JsonObject:
    if type(value) is not dict:
        _fail(where, "an object", value)
    return value


def _list(value: object, where: str) -> list[Any]:
    if type(value) is not list:
        _fail(where, "an array", value)
    return value


def _number(value: object, where: str, bits: int = 256) -> int:
    """A number of at most so many bits: hex, decimal digits or a JSON number."""
    number = -1
    if type(value) is int:
        number = value
    elif type(value) is str and len(value) <= 80:
        if len(value) > 2 and _HEX.fullmatch(value):
            number = int(value, 16)
        elif value.isascii() and value.isdecimal():
            number = int(value)
    if not 0 <= number < 1 << bits:
        _fail(where, f"a number below 2**{bits}, hex or decimal", value)
    return number


def _bytes(value: object, where: str, size: int | None = None) -> bytes:
    match = _HEX.fullmatch(value) if type(value) is str else None
    if match is None or len(match[1]) % 2 or (size is not None and len(match[1]) != 2 * size):
        _fail(where, "bytes in hex" if size is None else f"{size} bytes in hex", value)
    return bytes.fromhex(match[1])


def _address(value: object, where: str) -> Address:
    return _bytes(value, where, 20)


def _byte_list(value: object, where: str, size: int | None = None) -> tuple[bytes, ...]:
    return tuple(_bytes(item, f"{where}[{place}]", size) for place, item in enumerate(_list(value, where)))
