"""ots_*: what the block explorer Otterscan asks, at level 8 of its API (docs.otterscan.io, "ots namespace spec").

Blocks are null where they do not exist, as Erigon answers; a transaction that is in no block is an error. Pages of a
block's transactions count from its end, each in the order of the block: Otterscan shows the newest first.
"""

from __future__ import annotations

from collections.abc import Iterator

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams
from megadev.evm.tracers.call_tree import CallNode
from megadev.inspect.appearances import appearances, appears_in
from megadev.inspect.creations import block_of_code, creation_in
from megadev.inspect.replay import placed_transaction
from megadev.node.chain import LocalChain
from megadev.node.history import ChainHistory
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.rpc.call_formatters import format_call_list, format_internal_operations
from megadev.rpc.codec import AddressParam, BlockParam, HashParam, NumberOrTagParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_block, format_receipt, format_transaction
from megadev.rpc.node import RpcNode
from megadev.rpc.nonce_search import transaction_with_nonce
from megadev.rpc.searches import Patience, call_trees
from megadev.state.reader import StateReader

API_LEVEL = 8
_METHOD_ID = 4
"""Bytes of a transaction's input that say which function it calls."""


@method("ots_getApiLevel")
def ots_getApiLevel(node: RpcNode) -> int:
    """The version of Otterscan's API that the node supports."""
    return API_LEVEL


@method("ots_hasCode")
def ots_hasCode(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> bool:
    """True if an account has code; a delegation (EIP-7702) is code."""
    return _has_code(node.chain.state(block), address)


# -- transactions -------------------------------------------------------------------------------------------------


@method("ots_getInternalOperations")
def ots_getInternalOperations(node: RpcNode, tx_hash: HashParam) -> list[JsonObject]:
    """Returns a transaction's internal operations, as far as they lasted: transfers (0), self-destructs (1), creations
    by CREATE (2) and CREATE2 (3). Raises ``NotFound``.
    """
    return format_internal_operations(_calls_of(node, tx_hash))


@method("ots_traceTransaction")
def ots_traceTransaction(node: RpcNode, tx_hash: HashParam) -> list[JsonObject]:
    """All calls of a transaction in order, each with its depth. Raises ``NotFound``."""
    return format_call_list(_calls_of(node, tx_hash))


@method("ots_getTransactionError")
def ots_getTransactionError(node: RpcNode, tx_hash: HashParam) -> str:
    """The revert data of a transaction; ``0x`` if it has none. Raises ``NotFound``."""
    block, index = placed_transaction(node.chain, tx_hash)
    receipt = block.receipts[index]
    return "0x" if receipt.succeeded else to_data(receipt.output)


@method("ots_getTransactionBySenderAndNonce")
def ots_getTransactionBySenderAndNonce(node: RpcNode, sender: AddressParam, nonce: Uint64Param) -> str | None:
    """The hash of the included transaction that used a sender's nonce, or null."""
    found = transaction_with_nonce(node.chain, sender, nonce)
    if found is None or found["blockHash"] is None:
        return None
    tx_hash: str = found["hash"]
    return tx_hash


@method("ots_getContractCreator")
def ots_getContractCreator(node: RpcNode, address: AddressParam) -> JsonObject | None:
    """The transaction and the account that created a contract; null for other accounts, and code set by a cheat."""
    history = node.chain.history
    if history.last >= 0 and _has_code(node.chain.store.genesis.world, address):
        name, asked = "ots_getContractCreator", to_data(address)
        creator: JsonObject | None = history.query(f"{name} {asked}", name, asked)
        return creator
    block = block_of_code(node.chain, address)
    found = None if block is None else creation_in(node.chain, block, address)
    return None if found is None else {"hash": to_data(found.tx.hash), "creator": to_data(found.creator)}


def _calls_of(node: RpcNode, tx_hash: Hash32) -> CallNode:
    block, index = placed_transaction(node.chain, tx_hash)
    ((_, root),) = call_trees(node, block, only=index)
    return root


def _has_code(state: StateReader, address: Address) -> bool:
    account = state.account(address)
    return account is not None and account.code_hash != EMPTY_CODE_HASH


# -- blocks -------------------------------------------------------------------------------------------------------


@method("ots_getBlockDetails")
def ots_getBlockDetails(node: RpcNode, block: NumberOrTagParam) -> JsonObject | None:
    """A block without its transactions, with what it issued (nothing, since the merge) and the fees paid in it."""
    return _details(node.chain, block)


@method("ots_getBlockDetailsByHash")
def ots_getBlockDetailsByHash(node: RpcNode, block_hash: HashParam) -> JsonObject | None:
    """ots_getBlockDetails by the block's hash."""
    return _details(node.chain, block_hash)


@method("ots_getBlockTransactions")
def ots_getBlockTransactions(
    node: RpcNode, block: NumberOrTagParam, page: Uint64Param, page_size: Uint64Param
) -> JsonObject | None:
    """A page of a block's transactions, with only the method's selector as ``input``, and their receipts without
    logs. Page 0 has the last ones.
    """
    _check_page_size(page_size)
    found = node.chain.find_block(block)
    if found is None:
        return None
    end = max(len(found.transactions) - page * page_size, 0)
    indices = range(max(end - page_size, 0), end)
    shown = _format_block(found, pending=block is Tag.PENDING)
    shown["transactions"] = [_short_transaction(found, index) for index in indices]
    return {"fullblock": shown, "receipts": [_short_receipt(found, index) for index in indices]}


def _details(chain: LocalChain, ref: BlockRef) -> JsonObject | None:
    found = chain.find_block(ref)
    if found is None:
        return None
    fees = sum(
        receipt.gas_used * receipt.effective_gas_price + receipt.blob_gas_used * receipt.blob_gas_price
        for receipt in found.receipts
    )
    block = _format_block(found, pending=ref is Tag.PENDING)
    block["logsBloom"] = None
    return {
        "block": block,
        "issuance": {"blockReward": "0x0", "uncleReward": "0x0", "issuance": "0x0"},
        "totalFees": hex(fees),
    }


def _format_block(block: SealedBlock, *, pending: bool) -> JsonObject:
    answer = format_block(block, full=False, pending=pending)
    del answer["transactions"]
    answer["transactionCount"] = len(block.transactions)
    return answer


def _short_transaction(block: SealedBlock, index: int) -> JsonObject:
    answer = format_transaction(block, index)
    answer["input"] = to_data(block.transactions[index].data[:_METHOD_ID])
    return answer


def _short_receipt(block: SealedBlock, index: int) -> JsonObject:
    return {**_dated_receipt(block, index), "logs": None, "logsBloom": None}


def _dated_receipt(block: SealedBlock, index: int) -> JsonObject:
    return {**format_receipt(block, index), "timestamp": hex(block.header.timestamp)}


# -- search -------------------------------------------------------------------------------------------------------


@method("ots_searchTransactionsBefore")
def ots_searchTransactionsBefore(
    node: RpcNode, address: AddressParam, block_number: Uint64Param, page_size: Uint64Param
) -> JsonObject:
    """The transactions in which an address takes part, newest first, before a block (0: all of them).

    No block is divided, so there may be more than ``page_size``.
    """
    _check_page_size(page_size)
    chain = node.chain
    head = chain.head.number
    last = head if block_number == 0 else min(block_number - 1, head)
    blocks = chain.store.blocks(0, last).with_transactions_reversed(lambda block: appears_in(chain, block, [address]))
    found, is_end = _page(_occurrences(node, blocks, address), page_size)
    answer = _search_answer(
        [(block, index) for block, indices in found for index in reversed(indices)],
        first_page=block_number == 0 or block_number > head,
        last_page=is_end,
    )
    left = page_size - len(answer["txs"])
    if chain.history.last < 0 or not is_end:
        return answer
    if left <= 0:
        return answer | {"lastPage": False}
    older = _searched_upstream(chain.history, "Before", address, min(last, chain.history.last) + 1, left)
    return _joined(answer, older) | {"lastPage": older["lastPage"]}


@method("ots_searchTransactionsAfter")
def ots_searchTransactionsAfter(
    node: RpcNode, address: AddressParam, block_number: Uint64Param, page_size: Uint64Param
) -> JsonObject:
    """The same after a block (0: from the beginning): the oldest of them, newest first."""
    _check_page_size(page_size)
    chain = node.chain
    first = 0 if block_number == 0 else block_number + 1
    history, older, wanted = chain.history, None, page_size
    if first <= history.last:
        older = _searched_upstream(history, "After", address, block_number, page_size)
        wanted -= len(older["txs"])
        if wanted <= 0:
            return older | {"firstPage": False, "lastPage": block_number == 0}
    looked_at = chain.store.blocks(first, chain.head.number)
    blocks = looked_at.with_transactions(lambda block: appears_in(chain, block, [address]))
    found, is_end = _page(_occurrences(node, blocks, address), wanted)
    answer = _search_answer(
        [(block, index) for block, indices in reversed(found) for index in reversed(indices)],
        first_page=is_end,
        last_page=block_number == 0,
    )
    return answer if older is None else _joined(answer, older)


def _searched_upstream(history: ChainHistory, which: str, address: Address, number: int, size: int) -> JsonObject:
    """On a fork: what upstream's own search finds up to the forked block. Raises ``UpstreamLacksMethod`` where
    upstream has none: nobody can look for an address in blocks that are not here.
    """
    name, who = f"ots_searchTransactions{which}", to_data(address)
    found: JsonObject = history.query(f"{name} {who} {number} {size}", name, who, number, size)
    kept = [place for place, tx in enumerate(found["txs"]) if int(tx["blockNumber"], 16) <= history.last]
    return found | {name: [found[name][place] for place in kept] for name in ("txs", "receipts")}


def _joined(newer: JsonObject, older: JsonObject) -> JsonObject:
    return newer | {name: newer[name] + older[name] for name in ("txs", "receipts")}


def _occurrences(
    node: RpcNode, blocks: Iterator[SealedBlock], address: Address
) -> Iterator[tuple[SealedBlock, list[int]]]:
    """The blocks of ``blocks`` in which ``address`` takes part, each with the indices of those transactions."""
    patience = Patience(node.node.clock)
    for block in blocks:
        patience.check(block.number)
        indices = [index for index, who in enumerate(appearances(node.chain, block)) if address in who]
        if indices:
            yield block, indices


def _page(
    occurrences: Iterator[tuple[SealedBlock, list[int]]], size: int
) -> tuple[list[tuple[SealedBlock, list[int]]], bool]:
    """Blocks with at least ``size`` transactions together, and whether none comes after them."""
    found: list[tuple[SealedBlock, list[int]]] = []
    count = 0
    for block, indices in occurrences:
        if count >= size:
            return found, False
        found.append((block, indices))
        count += len(indices)
    return found, True


def _search_answer(placed: list[tuple[SealedBlock, int]], *, first_page: bool, last_page: bool) -> JsonObject:
    return {
        "txs": [format_transaction(block, index) for block, index in placed],
        "receipts": [_dated_receipt(block, index) for block, index in placed],
        "firstPage": first_page,
        "lastPage": last_page,
    }


def _check_page_size(page_size: int) -> None:
    if not page_size:
        raise InvalidParams("page size 0: ask for at least 1")
