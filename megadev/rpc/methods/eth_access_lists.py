"""eth_getBlockAccessList*: what a block touched and changed, by transaction (EIP-7928), in the execution API's form.

A block that does not exist is null, as in geth.
"""

from __future__ import annotations

from megadev.chain.blocks import BlockRef
from megadev.chain.documents import JsonObject
from megadev.inspect.access_lists import AccountChanges, BlockAccessList, block_access_list, encode_access_list
from megadev.primitives.hexcodec import to_data, to_word
from megadev.rpc.codec import BlockParam, HashParam, NumberOrTagParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("eth_getBlockAccessList")
def eth_getBlockAccessList(node: RpcNode, block: BlockParam) -> list[JsonObject] | None:
    """The accounts that a block touched."""
    return _formatted(node, block)


@method("eth_getBlockAccessListByBlockHash")
def eth_getBlockAccessListByBlockHash(node: RpcNode, block_hash: HashParam) -> list[JsonObject] | None:
    """The accounts that a block touched."""
    return _formatted(node, block_hash)


@method("eth_getBlockAccessListByBlockNumber")
def eth_getBlockAccessListByBlockNumber(node: RpcNode, block: NumberOrTagParam) -> list[JsonObject] | None:
    """The accounts that a block touched."""
    return _formatted(node, block)


@method("eth_getBlockAccessListRaw")
def eth_getBlockAccessListRaw(node: RpcNode, block: BlockParam) -> str | None:
    """The list as RLP."""
    accounts = _find(node, block)
    return None if accounts is None else to_data(encode_access_list(accounts))


def _find(node: RpcNode, ref: BlockRef) -> BlockAccessList | None:
    block = node.chain.find_block(ref)
    return None if block is None else block_access_list(node.chain, block)


def _formatted(node: RpcNode, ref: BlockRef) -> list[JsonObject] | None:
    accounts = _find(node, ref)
    return None if accounts is None else [_account(account) for account in accounts]


def _account(account: AccountChanges) -> JsonObject:
    return {
        "address": to_data(account.address),
        "storageChanges": [
            {
                "key": to_word(slot),
                "changes": [{"index": hex(index), "value": to_word(value)} for index, value in changes],
            }
            for slot, changes in sorted(account.storage.items())
        ],
        "storageReads": [to_word(slot) for slot in sorted(account.reads)],
        "balanceChanges": [{"index": hex(index), "value": hex(balance)} for index, balance in account.balances],
        "nonceChanges": [{"index": hex(index), "value": hex(nonce)} for index, nonce in account.nonces],
        "codeChanges": [{"index": hex(index), "code": to_data(code)} for index, code in account.codes],
    }
