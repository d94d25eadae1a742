"""The history before a fork's first block: upstream's blocks up to the forked one, and the state after each.

Everything is read when it is asked for. Nothing here changes a chain.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from megadev.chain.blocks import BlockRef, Header, SealedBlock, Tag, block_size
from megadev.chain.documents import JsonObject, read_header, read_receipt, read_transaction
from megadev.chain.fees import blob_base_fee
from megadev.chain.networks import knows_rules, rules_at
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import AccessList
from megadev.errors import (
    InvalidParams,
    StateUnavailable,
    UnknownBlock,
    UpstreamFailed,
    UpstreamLacksMethod,
)
from megadev.node.history import CallFields
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import (
    EMPTY_CODE_HASH,
    Address,
    Hash32,
)
from megadev.state.fork_world import ForkWorld
from megadev.state.reader import Keys, Slot, StateReader, with_hint
from megadev.state.remote import RemoteState, Source, access_list_keys, call_hint, load
from megadev.state.upstream import Call

PAST_BLOCKS = 64
"""Blocks from before the fork that are kept in memory, with what was read of their state."""


class ForkHistory:
    """Blocks up to the forked one, as upstream has them, and the state after each: read when they are asked for.

    A ``ChainHistory``. On the thread of an event loop everything raises ``PrefetchNeeded`` where something is to be
    fetched.
    """

    is_remote = True

    def __init__(self, source: Source, chain_id: int, last: int) -> None:
        self.source = source
        self.last = last
        """The forked block's number."""
        self.state: RemoteState | None = None
        self.forked: SealedBlock | None = None
        """The chain's first block, without its transactions."""
        self._chain_id = chain_id
        self._headers: OrderedDict[int, SealedBlock] = OrderedDict()
        self._blocks: OrderedDict[int, SealedBlock] = OrderedDict()
        self._lock = threading.Lock()

    def is_funded(self, address: Address) -> bool:
        """True if the fork gave the account a balance."""
        return self.state is not None and self.state.is_funded(address)

    def first(self, own: int) -> int:
        """Upstream has them all."""
        return 0

    def older(self, ref: BlockRef, store: ChainStore) -> int | Hash32 | None:
        """The number or hash of the block that ``ref`` names, where it is none after the forked one."""
        if isinstance(ref, Tag):
            return 0 if ref is Tag.EARLIEST else None
        if isinstance(ref, int):
            return ref if ref <= self.last else None
        here = store.by_hash(ref)
        return ref if here is None or here.number == self.last else None

    def whole(self, block: SealedBlock, spec: ChainSpec) -> SealedBlock:
        """``block`` with its transactions, also where it is the one that was forked."""
        return self.block(block.number, spec) if block is self.forked else block

    def query(self, key: str, method: str, *params: Any, keep: Callable[[Any], bool] = lambda result: True) -> Any:
        """See ``Source.query``."""
        return self.source.query(key, method, *params, keep=keep)

    def reader_of_call(
        self,
        state: StateReader,
        number: int,
        coinbase: Address,
        call: CallFields,
        slots: AccessList,
    ) -> StateReader:
        """``state`` for a call: where it is that of the newest blocks, what the call is sure to ask for is fetched."""
        sender, to, value, data = call
        if number >= self.last:
            accounts = [address for address in (sender, to, coinbase) if address is not None]
            self.prefetch(accounts, [(address, slot) for address, keys in slots for slot in keys])
        return with_hint(state, call_hint(sender, to, value, data))

    def prefetch(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """On a thread that may wait: fetch at once what is about to be asked for at the chain's newest blocks."""
        if self.state is not None:
            load(self.state, accounts, slots)

    def prefetch_or_raise(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """As ``prefetch``; on a thread that may not wait it raises ``PrefetchNeeded``, once for all of it."""
        if self.state is not None:
            self.state.prefetch_or_raise(accounts, slots)

    def header(self, ref: int | Hash32) -> SealedBlock:
        """The block with that number or hash, its state at hand, its transactions left out. Raises ``UnknownBlock``."""
        if isinstance(ref, int) and (kept := self._headers.get(ref)) is not None:
            return kept
        return self._seen(self.document(ref, full=False))

    def block(self, ref: int | Hash32, spec: ChainSpec) -> SealedBlock:
        """The block with that number or hash, with transactions and receipts; ``spec`` gives the rules to read it
        under.

        Raises ``UnknownBlock``, and ``StateUnavailable`` where it holds what megadev does not know.
        """
        if isinstance(ref, int) and (kept := self._blocks.get(ref)) is not None:
            return kept
        document = self.document(ref, full=True)
        head = self._seen(document)
        if (kept := self._blocks.get(head.number)) is not None and kept.hash == head.hash:
            return kept
        block = self._read(head, document, self.receipts(document), spec)
        self._keep(self._blocks, block)
        return block

    def _read(
        self, head: SealedBlock, document: JsonObject, receipts: list[JsonObject], spec: ChainSpec
    ) -> SealedBlock:
        """``head`` with what upstream tells of its transactions. Raises ``StateUnavailable``."""
        try:
            return _with_content(head, document, receipts, self.rules(spec, head.header))
        except (InvalidParams, KeyError, TypeError, ValueError) as problem:
            reason = str(problem).removeprefix("failed to decode state dump: ")
            raise StateUnavailable(
                f"state unavailable: upstream's block {head.number} cannot be decoded ({reason}); ask upstream directly"
            ) from None

    def receipts(self, document: JsonObject) -> list[JsonObject]:
        """The receipts of a block that upstream told of, in its own words; one by one where it has no
        eth_getBlockReceipts, as Hardhat's node and Ganache have none. Raises as ``Source.query``.
        """
        number = int(document["number"], 16)
        key = f"receipts {number:#x}"
        try:
            return self.source.query(key, "eth_getBlockReceipts", hex(number)) or []
        except UpstreamLacksMethod:
            hashes = [tx if isinstance(tx, str) else tx["hash"] for tx in document["transactions"]]
            found = self.source.query_each(key, [("eth_getTransactionReceipt", (each,)) for each in hashes])
        if None in found:
            raise UpstreamFailed(
                f"state unavailable: the forked node has block {number} but no receipt of its transaction "
                f"{hashes[found.index(None)]}; ask again, or fork another node"
            )
        return found

    def blocks(self, first: int, last: int, spec: ChainSpec, *, full: bool) -> list[SealedBlock]:
        """Blocks in a row, in few requests: as ``header`` gives them, or (``full``) as ``block``."""
        numbers = [hex(number) for number in range(first, last + 1)]
        span = f"{first:#x}-{last:#x}"
        asked: list[Call] = [("eth_getBlockByNumber", (number, full)) for number in numbers]
        documents = self.source.query_each(f"{'blocks' if full else 'headers'} {span}", asked)
        if None in documents:
            raise UnknownBlock(f"header not found: upstream does not have block {numbers[documents.index(None)]}")
        heads = [self._seen(document) for document in documents]
        if not full:
            return heads
        try:
            calls: list[Call] = [("eth_getBlockReceipts", (number,)) for number in numbers]
            receipts = [found or [] for found in self.source.query_each(f"receipts {span}", calls)]
        except UpstreamLacksMethod:
            receipts = [self.receipts(document) for document in documents]
        told = zip(heads, documents, receipts, strict=True)
        return [self._read(head, document, found, spec) for head, document, found in told]

    def beyond(self, number: int, spec: ChainSpec) -> SealedBlock:
        """Upstream's block ``number`` after the forked one; its state is not loaded."""
        document = self.source.query(f"block {number:#x}", "eth_getBlockByNumber", hex(number), True)
        receipts = self.receipts(document)
        header, block_hash = read_header(document)
        state = RemoteState(self.source, number, block_hash, scope=f"@{number:#x} ")
        head = header_block(header, block_hash, ForkWorld(state, header.state_root), None)
        return self._read(head, document, receipts, spec)

    def find(self, tx_hash: Hash32, spec: ChainSpec) -> tuple[SealedBlock, int] | None:
        """The block up to the forked one that contains a transaction, and its index; None if there is none."""
        name = to_data(tx_hash)
        found = self.source.query(
            f"transaction {name}", "eth_getTransactionByHash", name, keep=lambda result: self._is_past(result)
        )
        if not self._is_past(found):
            return None
        return self.block(int(found["blockNumber"], 16), spec), int(found["transactionIndex"], 16)

    def touched_by(self, state: RemoteState, block: SealedBlock, stop: int | None) -> Keys:
        """Returns the accounts and slots that upstream's ``block`` (before transaction ``stop``) touches, as far as
        upstream tells: from the prestate of each transaction, or an access list of each on ``state``, the previous
        block's. Blocks.
        """
        txs = block.transactions[:stop]
        options = {"tracer": "prestateTracer"}
        if len(txs) == 1:
            asked: Call = ("debug_traceTransaction", (to_data(txs[0].hash), options))
        else:
            asked = ("debug_traceBlockByHash", (to_data(block.hash), options))
        (told,) = self.source.hints([asked])
        if told is not None:
            prestates = [told] if isinstance(told, dict) else [item["result"] for item in told[: len(txs)]]
            touched: dict[Address, dict[int, None]] = {}
            for prestate in prestates:
                for name, account in prestate.items():
                    slots = touched.setdefault(bytes.fromhex(name[2:]), {})
                    slots.update(dict.fromkeys(int(slot, 16) for slot in account.get("storage") or ()))
            return touched, [(address, slot) for address, slots in touched.items() for slot in slots]
        calls: list[Call] = []
        for tx in txs:
            target = None if tx.to is None else state.account(tx.to)
            if tx.to is not None and target is not None and target.code_hash != EMPTY_CODE_HASH:
                names = {"from": to_data(tx.sender), "to": to_data(tx.to), "value": hex(tx.value)}
                call = names | {"data": to_data(tx.data)}
                calls.append(("eth_createAccessList", (call, hex(state.number))))
        return access_list_keys(self.source.hints(calls))

    def _is_past(self, document: Any) -> bool:
        number = document.get("blockNumber") if isinstance(document, dict) else None
        return number is not None and int(number, 16) <= self.last

    def document(self, ref: int | Hash32, *, full: bool) -> JsonObject:
        kind = "block" if full else "header"
        if isinstance(ref, int):
            document = self.source.query(f"{kind} {ref:#x}", "eth_getBlockByNumber", hex(ref), full)
        else:
            name = to_data(ref)
            document = self.source.query(f"{kind} {name}", "eth_getBlockByHash", name, full)
        if document is None or int(document["number"], 16) > self.last:
            named = str(ref) if isinstance(ref, int) else f"{to_data(ref)}"
            raise UnknownBlock(f"header not found: neither this fork nor upstream up to block {self.last} has {named}")
        return dict(document)

    def _seen(self, document: JsonObject) -> SealedBlock:
        header, block_hash = read_header(document)
        if header.number == self.last and self.forked is not None:
            return self.forked
        kept = self._headers.get(header.number)
        if kept is not None and kept.hash == block_hash:
            return kept
        state = RemoteState(self.source, header.number, block_hash, scope=f"@{header.number:#x} ")
        block = header_block(header, block_hash, ForkWorld(state, header.state_root), None)
        self._keep(self._headers, block)
        return block

    def _keep(self, kept: OrderedDict[int, SealedBlock], block: SealedBlock) -> None:
        with self._lock:
            kept[block.number] = block
            if len(kept) > PAST_BLOCKS:
                kept.popitem(last=False)

    def can_run_again(self, header: Header) -> bool:
        """True if megadev supports the rules of ``header``'s block."""
        return knows_rules(self._chain_id, header.timestamp)

    def block_number_of(self, tx_hash: Hash32) -> int | None:
        """The number of the block up to the forked one that contains a transaction; None if there is none."""
        name = to_data(tx_hash)
        found = self.source.query(f"transaction {name}", "eth_getTransactionByHash", name, keep=self._is_past)
        return int(found["blockNumber"], 16) if self._is_past(found) else None

    def rules(self, spec: ChainSpec, header: Header) -> ChainSpec:
        """``spec`` as it was when ``header``'s block was made, as far as megadev has those rules."""
        fork, _ = rules_at(self._chain_id, header.timestamp, None, spec.hardfork.label)
        return replace(spec, hardfork=fork.hardfork, blobs=fork.blobs)


def header_block(header: Header, block_hash: Hash32, world: ForkWorld, spec: ChainSpec | None) -> SealedBlock:
    return SealedBlock(
        header=header,
        hash=block_hash,
        transactions=(),
        receipts=(),
        world=world,
        size=block_size(header, ()),
        spec=spec,
    )


def _with_content(
    head: SealedBlock, document: Mapping[str, Any], documents: list[JsonObject], spec: ChainSpec
) -> SealedBlock:
    """``head`` with the transactions and receipts that upstream tells of."""
    header = head.header
    blob_price = blob_base_fee(header.excess_blob_gas, spec)
    by_hash = {receipt["transactionHash"]: receipt for receipt in documents}
    transactions, receipts = [], []
    for index, item in enumerate(document["transactions"]):
        where = f"transactions[{index}]"
        tx = read_transaction(item, where)
        told = by_hash[item["hash"]]
        transactions.append(tx)
        receipts.append(read_receipt(told, tx, item.get("gasPrice"), blob_price, where))
    return SealedBlock(
        header=header,
        hash=head.hash,
        transactions=tuple(transactions),
        receipts=tuple(receipts),
        world=head.world,
        size=block_size(header, transactions),
        spec=spec,
    )
