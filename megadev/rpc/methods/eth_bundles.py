"""eth_callBundle and eth_callAfter: calls that come after something that has not happened yet."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import msgspec

from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.fees import blob_base_fee, next_base_fee, next_excess_blob_gas
from megadev.chain.receipts import REVERTED
from megadev.chain.transactions import Transaction, decode_transaction
from megadev.errors import ExecutionHalted, InvalidParams, NonceTimeout
from megadev.events import Event
from megadev.evm.engine import Execution, Revert, Success
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH, Address, Wei
from megadev.rpc.codec import (
    AddressParam,
    AnyParam,
    BlockOverridesParam,
    CallRequest,
    DataParam,
    NumberOrTagParam,
    QuantityParam,
    StateOverridesParam,
    Uint64Param,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import called
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader

SLOT_SECONDS = 12
"""How long after its parent a simulated block comes where nothing else is said: Ethereum's slot."""
DEFAULT_BUNDLE_TIMEOUT_MS = 5_000

DEFAULT_NONCE_TIMEOUT_MS = 3_000
MAX_NONCE_TIMEOUT_MS = 60_000
NONCE_POLL_SECONDS = 0.05
"""How often a nonce is looked at between events: a cheat changes one without any."""


class CallBundle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of eth_callBundle. ``difficulty`` has no effect since the merge; ``timeout`` is in milliseconds."""

    ALIASES: ClassVar[dict[str, str]] = {"baseFeePerGas": "baseFee"}

    txs: tuple[DataParam, ...]
    block_number: Uint64Param
    state_block_number: NumberOrTagParam = Tag.LATEST
    coinbase: AddressParam | None = None
    timestamp: Uint64Param | None = None
    gas_limit: Uint64Param | None = None
    base_fee: QuantityParam | None = None
    difficulty: AnyParam = None
    timeout: Uint64Param | None = None


class NonceCondition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The condition of eth_callAfter: an account's next nonce; ``timeout`` in milliseconds."""

    account: AddressParam
    nonce: Uint64Param
    timeout: Uint64Param = DEFAULT_NONCE_TIMEOUT_MS


@method("eth_callBundle")
def eth_callBundle(node: RpcNode, bundle: CallBundle) -> JsonObject:
    """Run signed transactions in order at the top of a block, and return what each pays its builder.

    The answer is Flashbots': amounts of wei in decimal. ``gasPrice`` is all that the builder gets per gas, paid as fee
    or sent. Raises ``InvalidTransaction`` for a transaction that could not stand there, and ``ExecutionHalted`` when
    the time is up; then nothing is answered.
    """
    if not bundle.txs:
        raise InvalidParams("bundle missing txs: give at least one signed transaction")
    if not bundle.block_number:
        raise InvalidParams("bundle missing blockNumber: give the block that it targets")
    chain, clock = node.chain, node.node.clock
    transactions = [decode_transaction(raw, chain.spec) for raw in bundle.txs]
    deadline = clock.monotonic_ns() + (bundle.timeout or DEFAULT_BUNDLE_TIMEOUT_MS) * 1_000_000
    state_block, irregular = chain.block_and_irregular(bundle.state_block_number)
    builder = _builder(chain, bundle, state_block, irregular)
    coinbase = builder.plan.coinbase
    results = []
    started, fees = _balance(builder.state, coinbase), 0
    for tx in transactions:
        if clock.monotonic_ns() > deadline:
            raise ExecutionHalted(f"execution aborted (timeout = {bundle.timeout or DEFAULT_BUNDLE_TIMEOUT_MS} ms)")
        before = _balance(builder.state, coinbase)
        builder.check_room(tx)
        execution = builder.execute(tx)
        builder.append(tx, execution)
        result = _result(builder, tx, execution, _balance(builder.state, coinbase) - before)
        fees += int(result["gasFees"])
        results.append(result)
    earned = _balance(builder.state, coinbase) - started
    return {
        "bundleHash": to_data(keccak(b"".join(tx.hash for tx in transactions))),
        "bundleGasPrice": str(_per_gas(earned, builder.gas_used)),
        "coinbaseDiff": str(earned),
        "ethSentToCoinbase": str(earned - fees),
        "gasFees": str(fees),
        "results": results,
        "stateBlockNumber": state_block.number,
        "totalGasUsed": builder.gas_used,
    }


@method("eth_callAfter")
async def eth_callAfter(
    node: RpcNode,
    call: CallRequest,
    condition: NonceCondition,
    state_overrides: StateOverridesParam | None = None,
    block_overrides: BlockOverridesParam | None = None,
) -> str:
    """Wait until an account's nonce reaches the given one, then return the result of a call.

    Raises ``NonceTimeout`` where it does not get there in time.
    """
    if condition.timeout > MAX_NONCE_TIMEOUT_MS:
        raise InvalidParams(f"timeout {condition.timeout} ms is too long: at most {MAX_NONCE_TIMEOUT_MS}")
    await _nonce_reached(node, condition)
    # not on the loop: everybody else would wait for it
    return to_data(await asyncio.to_thread(called, node, call, Tag.LATEST, state_overrides, block_overrides))


async def _nonce_reached(node: RpcNode, condition: NonceCondition) -> None:
    happened = asyncio.Event()

    def on_event(event: Event) -> None:
        happened.set()

    def is_reached() -> bool:
        return node.chain.nonce(condition.account, Tag.LATEST) >= condition.nonce

    if is_reached():
        return
    unsubscribe = node.chain.bus.subscribe(on_event)
    try:
        async with asyncio.timeout(condition.timeout / 1000):
            while not is_reached():
                happened.clear()
                try:
                    await asyncio.wait_for(happened.wait(), NONCE_POLL_SECONDS)
                except TimeoutError:
                    continue
    except TimeoutError:
        raise NonceTimeout("Timeout: timeout waiting for nonce condition") from None
    finally:
        unsubscribe()


def _builder(
    chain: LocalChain, bundle: CallBundle, state_block: SealedBlock, irregular: StateDiff | None
) -> BlockBuilder:
    """The open block that a bundle is for, on the state after another."""
    parent, settings = state_block.header, chain.sequencer.blocks
    excess = next_excess_blob_gas(parent, chain.spec)
    plan = BlockPlan(
        number=bundle.block_number,
        timestamp=parent.timestamp + SLOT_SECONDS if bundle.timestamp is None else bundle.timestamp,
        parent_hash=state_block.hash,
        coinbase=settings.coinbase if bundle.coinbase is None else bundle.coinbase,
        gas_limit=settings.gas_limit if bundle.gas_limit is None else bundle.gas_limit,
        base_fee=next_base_fee(parent, chain.spec.fees) if bundle.base_fee is None else bundle.base_fee,
        blob_base_fee=blob_base_fee(excess, chain.spec),
        excess_blob_gas=excess,
        prev_randao=keccak(state_block.hash),
        parent_beacon_root=ZERO_HASH,
    )
    return BlockBuilder(
        chain.spec,
        chain.engine,
        plan,
        state_block.world,
        chain.store.block_hash,
        irregular,
        ecrecover_answers=chain.sequencer.ecrecover_answers(),
    ).begin()


def _result(builder: BlockBuilder, tx: Transaction, execution: Execution, earned: Wei) -> JsonObject:
    gas, base_fee = execution.gas.used, builder.plan.base_fee
    fees = gas * (tx.effective_gas_price(base_fee) - base_fee)
    answer: dict[str, Any] = {
        "coinbaseDiff": str(earned),
        "ethSentToCoinbase": str(earned - fees),
        "fromAddress": to_data(tx.sender),
        "gasFees": str(fees),
        "gasPrice": str(_per_gas(earned, gas)),
        "gasUsed": gas,
        "toAddress": None if tx.to is None else to_data(tx.to),
        "txHash": to_data(tx.hash),
    }
    match execution.result:
        case Success(output):
            answer["value"] = to_data(output)
        case Revert(output):
            answer["error"] = REVERTED
            answer["revert"] = to_data(output)
        case halt:
            answer["error"] = halt.reason
    return answer


def _per_gas(earned: Wei, gas: int) -> int:
    """``earned`` per gas, rounded towards zero; a builder may also pay."""
    return -(-earned // gas) if earned < 0 else earned // gas


def _balance(state: StateReader, address: Address) -> Wei:
    account = state.account(address)
    return 0 if account is None else account.balance
