"""testing_*: blocks whose content the client decides, made in one request (execution API)."""

from __future__ import annotations

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.chain.transactions import Transaction, decode_transaction
from megadev.errors import InvalidParams, UndecodableTransaction
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import ZERO_HASH
from megadev.rpc.codec import AddressParam, AnyParam, DataParam, HashParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.sequencer import payloads

MAX_EXTRA_DATA = 32
"""Bytes of a header's extra data (yellow paper, section 4.4.4)."""


class Attributes(msgspec.Struct, frozen=True, rename="camel"):
    """``PayloadAttributesV3`` of the engine API."""

    timestamp: Uint64Param
    prev_randao: HashParam
    suggested_fee_recipient: AddressParam
    withdrawals: tuple[AnyParam, ...] = ()
    parent_beacon_block_root: HashParam = ZERO_HASH

    def __post_init__(self) -> None:
        if self.withdrawals:
            raise InvalidParams("withdrawals cannot be made: this chain does not have withdrawals")


@method("testing_buildBlockV1")
def testing_buildBlockV1(
    node: RpcNode,
    parent_block_hash: HashParam,
    payload_attributes: Attributes,
    transactions: tuple[DataParam, ...] | None,
    extra_data: DataParam | None = None,
) -> JsonObject:
    """The block after that parent with these transactions, or with what waits; the chain stays as it is."""
    chain = node.chain
    parent, irregular = chain.block_and_irregular(parent_block_hash)
    wanted = _attributes(payload_attributes, extra_data)
    content = _decoded(node, transactions)
    builder = payloads.build(chain.sequencer, parent, irregular, wanted, content)
    return _format_payload(builder.seal())


@method("testing_commitBlockV1")
def testing_commitBlockV1(
    node: RpcNode,
    payload_attributes: Attributes,
    transactions: tuple[DataParam, ...] | None,
    extra_data: DataParam | None = None,
) -> str:
    """The same after the head, and the block becomes the head; the answer is its hash."""
    wanted = _attributes(payload_attributes, extra_data)
    return to_data(node.chain.sequencer.commit(wanted, _decoded(node, transactions)).hash)


def _attributes(given: Attributes, extra_data: bytes | None) -> payloads.PayloadAttributes:
    if extra_data is not None and len(extra_data) > MAX_EXTRA_DATA:
        raise InvalidParams(f"extra data has {len(extra_data)} bytes; a header has room for {MAX_EXTRA_DATA}")
    return payloads.PayloadAttributes(
        given.timestamp,
        given.prev_randao,
        given.suggested_fee_recipient,
        given.parent_beacon_block_root,
        extra_data or b"",
    )


def _decoded(node: RpcNode, raw: tuple[bytes, ...] | None) -> list[Transaction] | None:
    if raw is None:
        return None
    decoded = []
    for index, each in enumerate(raw):
        try:
            decoded.append(decode_transaction(each, node.chain.spec))
        except UndecodableTransaction as error:
            raise InvalidParams(f"transactions[{index}]: {error}") from error
    return decoded


def _format_payload(block: SealedBlock) -> JsonObject:
    """As ``engine_getPayloadV4`` answers, with cell proofs where blobs came with them (V5)."""
    header = block.header
    sidecars = [tx.sidecar for tx in block.transactions if tx.sidecar is not None]
    return {
        "executionPayload": {
            "parentHash": to_data(header.parent_hash),
            "feeRecipient": to_data(header.coinbase),
            "stateRoot": to_data(header.state_root),
            "receiptsRoot": to_data(header.receipts_root),
            "logsBloom": to_data(header.logs_bloom),
            "prevRandao": to_data(header.prev_randao),
            "blockNumber": hex(header.number),
            "gasLimit": hex(header.gas_limit),
            "gasUsed": hex(header.gas_used),
            "timestamp": hex(header.timestamp),
            "extraData": to_data(header.extra_data),
            "baseFeePerGas": hex(header.base_fee),
            "blockHash": to_data(block.hash),
            "transactions": [to_data(tx.encoded) for tx in block.transactions],
            "withdrawals": [],
            "blobGasUsed": hex(header.blob_gas_used),
            "excessBlobGas": hex(header.excess_blob_gas),
        },
        "blockValue": hex(payloads.value_of(block)),
        "blobsBundle": {
            "commitments": [to_data(each) for sidecar in sidecars for each in sidecar.commitments],
            "proofs": [to_data(each) for sidecar in sidecars for each in sidecar.proofs],
            "blobs": [to_data(each) for sidecar in sidecars for each in sidecar.blobs],
        },
        "executionRequests": [],
        "shouldOverrideBuilder": False,
    }
