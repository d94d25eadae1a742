"""L1 over JSON-RPC, and its blobs over the beacon API: for whoever derives in a process of its own.

Knows no sockets: ``ask`` answers JSON-RPC calls (a method and its parameters each) in one go, ``get`` a path of the
beacon API with its body, None where there is nothing. What comes back is read strictly; what is not as the execution
API has it counts as an L1 that cannot be had at present. This L1 is trusted to say which blocks, logs and senders there
are, as any rollup node trusts its own; blobs are known by their commitments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from megadev.chain.blobs import hash_of_blob
from megadev.chain.receipts import Log
from megadev.errors import MalformedTransaction, MegadevError
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.derivation.config import CONFIG_UPDATE_TOPIC
from megadev.rollup.derivation.l1_source import IndexedLog, L1Block, L1Source, L1Unavailable

Ask = Callable[[Sequence[tuple[str, tuple[Any, ...]]]], Sequence[Any]]
Get = Callable[[str], bytes | None]
LOG_RANGE = 5_000
"""Blocks that are asked for logs at once: nodes refuse more."""
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, msgspec.DecodeError, RecursionError)


class RemoteTransaction(msgspec.Struct, frozen=True):
    """The fields of an L1 transaction that derivation needs."""

    type: int
    sender: Address
    to: Address | None
    data: bytes
    blob_versioned_hashes: tuple[Hash32, ...]


class RemoteL1(L1Source):
    """The L1 behind ``ask``. ``blob_base_fee`` gives the price of blob gas from a block's excess; ``confirmations``
    blocks at its end are not read.
    """

    def __init__(self, ask: Ask, get: Get, blob_base_fee: Callable[[int], Wei], confirmations: int = 0) -> None:
        self.confirmations = confirmations
        self._ask = ask
        self._get = get
        self._blob_base_fee = blob_base_fee

    def block(self, number: int) -> L1Block | None:
        head, found = self._answers(("eth_blockNumber", ()), ("eth_getBlockByNumber", (hex(number), True)))
        try:
            if found is None or number > int(head, 16) - self.confirmations:
                return None
            (receipts,) = self._answers(("eth_getBlockReceipts", (found["hash"],)))
            logs = [each for receipt in receipts for each in receipt["logs"]]
            return L1Block(
                number=int(found["number"], 16),
                hash=_bytes(found["hash"]),
                parent_hash=_bytes(found["parentHash"]),
                timestamp=int(found["timestamp"], 16),
                base_fee=int(found["baseFeePerGas"], 16),
                blob_base_fee=self._blob_base_fee(int(found.get("excessBlobGas") or "0x0", 16)),
                transactions=[_transaction(each) for each in found["transactions"]],
                logs=[IndexedLog(_log(each), int(each["logIndex"], 16)) for each in logs],
            )
        except _MALFORMED as error:
            raise L1Unavailable(f"L1 answered for block {number} with an invalid block: {error!r}") from None

    def block_hash(self, number: int) -> Hash32 | None:
        head, found = self._answers(("eth_blockNumber", ()), ("eth_getBlockByNumber", (hex(number), False)))
        try:
            if found is None or number > int(head, 16) - self.confirmations:
                return None
            return _bytes(found["hash"])
        except _MALFORMED as error:
            raise L1Unavailable(f"L1 answered for block {number} with an invalid block: {error!r}") from None

    def blobs(self, block: L1Block, hashes: Sequence[Hash32]) -> list[bytes]:
        if not hashes:
            return []
        wanted = ",".join(to_data(each) for each in dict.fromkeys(hashes))
        body = self._get(f"/eth/v1/beacon/blobs/{block.number}?versioned_hashes={wanted}")
        try:
            found = [] if body is None else [_bytes(each) for each in decode_json(body)["data"]]
            kept = {hash_of_blob(blob): blob for blob in found}
        except (*_MALFORMED, MalformedTransaction) as error:
            raise L1Unavailable(f"the blobs of L1 block {block.number} are malformed: {error!r}") from None
        for each in hashes:
            if each not in kept:
                raise L1Unavailable(f"blob {to_data(each)} of L1 block {block.number} is no longer available")
        return [kept[each] for each in hashes]

    def config_logs(self, system_config: Address, first: int, last: int) -> list[Log]:
        found: list[Log] = []
        for start in range(first, last + 1, LOG_RANGE):
            query = {
                "fromBlock": hex(start),
                "toBlock": hex(min(start + LOG_RANGE - 1, last)),
                "address": to_data(system_config),
                "topics": [to_data(CONFIG_UPDATE_TOPIC)],
            }
            (logs,) = self._answers(("eth_getLogs", (query,)))
            try:
                found += map(_log, logs)
            except _MALFORMED as error:
                raise L1Unavailable(f"L1 answered with logs that are malformed: {error!r}") from None
        return found

    def _answers(self, *calls: tuple[str, tuple[Any, ...]]) -> Sequence[Any]:
        try:
            return self._ask(calls)
        except (MegadevError, OSError) as error:
            raise L1Unavailable(f"cannot reach L1: {error}") from None


def _transaction(shown: Mapping[str, Any]) -> RemoteTransaction:
    to = shown["to"]
    return RemoteTransaction(
        int(shown["type"], 16),
        _bytes(shown["from"]),
        None if to is None else _bytes(to),
        _bytes(shown["input"]),
        tuple(_bytes(each) for each in shown.get("blobVersionedHashes") or ()),
    )


def _log(shown: Mapping[str, Any]) -> Log:
    return Log(_bytes(shown["address"]), tuple(_bytes(each) for each in shown["topics"]), _bytes(shown["data"]))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
