"""hardhat_*, and what evm_* owes to Hardhat and Ganache: names for methods of Anvil's that answer otherwise there.

The catalog has them as aliases; what is registered here answers in their stead. Where a name's owner documents true,
Anvil mostly says null: clients that look (hardhat-network-helpers does) get what they look for. Three evm_* names are
Hardhat's and Anvil's: clients in Rust, which only Anvil has, refuse whatever is not null, and those of Hardhat do not
look. They answer null, and as Hardhat in Hardhat's dialect.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import wraps
from inspect import isawaitable
from typing import Any

from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import AddressParam, HashParam, Uint64Param
from megadev.rpc.dispatch import METHODS, Method, method
from megadev.rpc.mining import TimestampParam, mine_blocks, mining
from megadev.rpc.node import RpcNode

SAY_TRUE: dict[str, str] = {
    "hardhat_impersonateAccount": "anvil_impersonateAccount",
    "hardhat_reset": "anvil_reset",
    "hardhat_setBalance": "anvil_setBalance",
    "hardhat_setCode": "anvil_setCode",
    "hardhat_setCoinbase": "anvil_setCoinbase",
    "hardhat_setLoggingEnabled": "anvil_setLoggingEnabled",
    "hardhat_setNextBlockBaseFeePerGas": "anvil_setNextBlockBaseFeePerGas",
    "hardhat_setNonce": "anvil_setNonce",
    "hardhat_setPrevRandao": "anvil_setNextBlockPrevRandao",
    "evm_setAccountBalance": "anvil_setBalance",
    "evm_setAccountCode": "anvil_setCode",
    "evm_setAccountNonce": "anvil_setNonce",
}
"""Names whose owners (Hardhat; Ganache for the last three) document true, with what does the work."""

SAY_TRUE_TO_HARDHAT: dict[str, str] = {
    "evm_setAutomine": "anvil_setAutomine",
    "evm_setIntervalMining": "anvil_setIntervalMining",
}
"""The same for names that are Anvil's too."""


def _register(name: str, other: str, *, always: bool) -> None:
    does = METHODS[other]

    @wraps(does.function)
    def answer_true(node: RpcNode, *arguments: Any) -> Any:
        work = does.function(node, *arguments)
        if not always and not node.speaks_hardhat:
            return work
        return _true_after(work) if isawaitable(work) else True

    METHODS[name] = Method(name, answer_true, does.weighs, does.reaches)


async def _true_after(work: Awaitable[object]) -> bool:
    """True, once what may go on for long on the writer's thread is done. Raises what it raises."""
    await work
    return True


for _name, _other in SAY_TRUE.items():
    _register(_name, _other, always=True)
for _name, _other in SAY_TRUE_TO_HARDHAT.items():
    _register(_name, _other, always=False)


@method("hardhat_mine")
def hardhat_mine(node: RpcNode, count: Uint64Param = 1, interval: Uint64Param = 1) -> Any:
    """As anvil_mine; the interval lies between the blocks, and not before the first."""

    def mine() -> bool:
        node.chain.sequencer.check_row(count, interval or None)
        if count:
            mine_blocks(node, 1)
        if count > 1:
            mine_blocks(node, count - 1, interval or None)
        return True

    return mining(node, count, mine)


@method("hardhat_stopImpersonatingAccount")
def hardhat_stopImpersonatingAccount(node: RpcNode, address: AddressParam) -> bool:
    """As anvil_stopImpersonatingAccount; the answer is whether it was impersonated."""
    was_impersonated = address in node.node.accounts.impersonated
    METHODS["anvil_stopImpersonatingAccount"].function(node, address)
    return was_impersonated


@method("hardhat_dropTransaction")
def hardhat_dropTransaction(node: RpcNode, tx_hash: HashParam) -> bool:
    """Take a transaction out of the txpool; false where it does not wait there. Raises ``InvalidParams`` for one that
    was mined.
    """
    if node.chain.sequencer.drop(tx_hash) is not None:
        return True
    if node.chain.placed(tx_hash) is not None:
        raise InvalidParams(f"Transaction {to_data(tx_hash)} cannot be dropped because it's already mined")
    return False


@method("hardhat_metadata")
def hardhat_metadata(node: RpcNode) -> JsonObject:
    """As anvil_metadata; ``forkedNetwork`` is there only where one is forked, and what Hardhat does not know is not."""
    answer = METHODS["anvil_metadata"].function(node)
    forked = answer["forkedNetwork"]
    kept = ("clientVersion", "chainId", "instanceId", "latestBlockNumber", "latestBlockHash")
    return {name: answer[name] for name in kept} | ({} if forked is None else {"forkedNetwork": forked})


@method("evm_setNextBlockTimestamp")
def evm_setNextBlockTimestamp(node: RpcNode, timestamp: TimestampParam) -> str | None:
    """As anvil_setNextBlockTimestamp; in Hardhat's dialect the answer is the timestamp in decimal digits."""
    METHODS["anvil_setNextBlockTimestamp"].function(node, timestamp)
    return str(timestamp) if node.speaks_hardhat else None
