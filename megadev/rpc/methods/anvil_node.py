"""anvil_*, evm_* and hardhat_*: snapshots and reorganisations, the txpool, the blocks to come, and what the node says
of itself.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev import __version__
from megadev.chain.documents import JsonObject
from megadev.chain.transactions import (
    ACCESS_LIST,
    LEGACY,
    Transaction,
    decode_transaction,
)
from megadev.errors import ExecutionHalted, ExecutionReverted, GasAllowanceExceeded, InvalidParams, MegadevError
from megadev.evm.engine import CALL
from megadev.node import reorg
from megadev.node.chain import LocalChain
from megadev.node.fork import Fork, ForkRequest, fork_request, request_policy
from megadev.node.node import Node
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address
from megadev.rpc.codec import (
    AddressParam,
    BoolParam,
    CallRequest,
    Decode,
    HashParam,
    QuantityParam,
    StringParam,
    Uint64Param,
    decode_data,
    decode_uint64,
    decoder_for,
)
from megadev.rpc.dispatch import method
from megadev.rpc.fee_suggestions import gas_price, suggested_tip
from megadev.rpc.filling import BASE_FEE_HEADROOM, authorized, completed, first_account, signing_key
from megadev.rpc.node import CLIENT_VERSION, RpcNode
from megadev.rpc.scenes import Scene
from megadev.sequencer.block_builder import BlockBuilder
from megadev.state.account import EMPTY_ACCOUNT

_decode_call = decoder_for(CallRequest)


def _decode_pair(value: Any) -> tuple[bytes | CallRequest, int]:
    if type(value) is not list or len(value) != 2:
        raise InvalidParams("expected [transaction, block index], the transaction as signed bytes or as an object")
    given, index = value
    return (_decode_call(given) if type(given) is dict else decode_data(given)), decode_uint64(index)


PairParam: TypeAlias = Annotated[tuple[bytes | CallRequest, int], Decode(_decode_pair)]


class ReorgOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Parameters of anvil_reorg as one object: the blocks to replace, and transactions with the new block they belong
    in.
    """

    ALIASES: ClassVar[dict[str, str]] = {"tx_block_pairs": "txBlockPairs"}

    depth: Uint64Param
    tx_block_pairs: tuple[PairParam, ...] = ()


_decode_reorg_object = decoder_for(ReorgOptions)


def _decode_reorg(value: Any) -> ReorgOptions:
    options: ReorgOptions = (
        _decode_reorg_object(value) if type(value) is dict else ReorgOptions(depth=decode_uint64(value))
    )
    return options


ReorgParam: TypeAlias = Annotated[ReorgOptions, Decode(_decode_reorg)]


class Forking(msgspec.Struct, frozen=True, rename="camel"):
    """The URL and block that anvil_reset forks from."""

    json_rpc_url: StringParam | None = None
    block_number: Uint64Param | None = None


class ResetOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Parameters of anvil_reset. viem always sends ``forking``, empty if the user gave none."""

    forking: Forking | None = None


@method("anvil_snapshot")
def anvil_snapshot(node: RpcNode) -> str:
    """Remember everything, L1 and L2; the answer is the id to come back with, on either."""
    return hex(node.node.snapshots.take())


@method("anvil_revert")
def anvil_revert(node: RpcNode, snapshot_id: QuantityParam) -> bool:
    """Revert to a snapshot and discard it and all later ones; false if its id is unknown."""
    return node.node.snapshots.revert(snapshot_id)


@method("anvil_reorg")
def anvil_reorg(node: RpcNode, depth: ReorgParam, tx_block_pairs: tuple[PairParam, ...] | None = None) -> None:
    """Replace the last blocks by others, which hold the transactions given and are empty otherwise.

    Each transaction comes with the index of its block among the new ones, from 0. Positional, or one object.
    """
    blocks = depth.depth
    pairs = depth.tx_block_pairs if tx_block_pairs is None else tx_block_pairs
    content: dict[int, list[reorg.MakeTransaction]] = {}
    for given, index in pairs:
        if index >= blocks:
            raise InvalidParams(
                f"Block number for reorg tx will exceed the reorged chain height. Block number {index} must not "
                f"exceed (depth-1) {blocks - 1}"
            )
        content.setdefault(index, []).append(_transaction_maker(node, given))
    last = max(content, default=-1)
    reorg.reorganise(node.node, node.chain, blocks, [content.get(index, []) for index in range(last + 1)])


@method("anvil_rollback")
def anvil_rollback(node: RpcNode, depth: Uint64Param = 1) -> None:
    """Remove the last blocks; the clock goes back with them."""
    reorg.rollback(node.node, node.chain, depth)


def _names_a_host(arguments: list[Any]) -> bool:
    options = arguments[0] if arguments else None
    return (
        isinstance(options, ResetOptions) and options.forking is not None and options.forking.json_rpc_url is not None
    )


@method("anvil_reset", reaches=_names_a_host)
async def anvil_reset(node: RpcNode, options: ResetOptions | None = None) -> None:
    """Start over from the first block: no pool, no snapshots, the time at which the chain began, a new instance. The
    other chain stays as it is.

    With ``forking`` on a fork of that URL and block (of the present one where it names neither); without it, on a fork,
    on a chain that forks nothing. Then L2 takes L1 with it, which starts over with a bridge for the chain that L2 is.
    Where upstream fails, everything stays as it was.
    """
    forking = options.forking if options is not None else None
    devnet, chain = node.node, node.chain
    if forking is None or (forking == Forking() and chain.fork is None):

        def start_over() -> None:
            if chain.fork is None:
                devnet.reset(chain)
            else:
                devnet.start_over(chain, None)

        await devnet.writer.take_turn(start_over)
        return
    request = forking_request(devnet, chain, forking.json_rpc_url, forking.block_number)
    fork = await asyncio.to_thread(devnet.open_fork_of, chain, request)
    try:
        await devnet.writer.take_turn(lambda: devnet.start_over(chain, fork))
    except MegadevError:
        fork.close()
        raise


def forking_request(devnet: Node, chain: LocalChain, url: str | None, block: int | None) -> ForkRequest:
    """The fork to open: that of the settings, with ``url`` and ``block`` replaced if given.

    Raises ``InvalidParams`` where nothing says which node.
    """
    present = None if chain.fork is None else chain.fork.request
    if present is None and url is not None:
        config = devnet.config.replace(fork_url=(url,), fork_l1=None, fork_block_number=None, fork_bundle=None)
        present = fork_request(config)
        if present is not None:  # headers stay with the URLs that they were given for
            present = replace(present, policy=request_policy(devnet.config))
    if present is not None and present.bundle is not None and url is None and chain.fork is not None:
        if block is not None and block != chain.fork.number:
            raise InvalidParams(
                f"the fork bundle holds only block {chain.fork.number}: give jsonRpcUrl to fork another"
            )
        return present
    if present is None or not (present.urls or url):
        raise InvalidParams("this node is not a fork: give jsonRpcUrl")
    if url is None and block is None:
        return present
    urls = present.urls if url is None else (url,)
    number = present.block if url is None and block is None else block
    return replace(present, urls=urls, block=number, tx_hash=None, chain_id=None, bundle=None)


@method("anvil_setLoggingEnabled")
def anvil_setLoggingEnabled(node: RpcNode, enabled: BoolParam) -> None:
    """Show requests and transactions in the terminal, or stop doing so."""
    node.node.logging = enabled


@method("anvil_setMinGasPrice")
def anvil_setMinGasPrice(node: RpcNode, price: QuantityParam) -> None:
    """Always refused: a base fee (EIP-1559) takes the place of a minimal gas price."""
    raise InvalidParams("anvil_setMinGasPrice is not supported when EIP-1559 is active")


@method("anvil_dropTransaction")
def anvil_dropTransaction(node: RpcNode, tx_hash: HashParam) -> str | None:
    """Take a transaction out of the txpool; the answer is its hash, or null where it does not wait."""
    return None if node.chain.sequencer.drop(tx_hash) is None else to_data(tx_hash)


@method("anvil_dropAllTransactions")
def anvil_dropAllTransactions(node: RpcNode) -> None:
    """Empty the txpool."""
    for tx in node.chain.pool.transactions():
        node.chain.sequencer.drop(tx.hash)


@method("anvil_removePoolTransactions")
def anvil_removePoolTransactions(node: RpcNode, address: AddressParam) -> None:
    """Take an account's transactions out of the txpool."""
    for tx in node.chain.pool.transactions():
        if tx.sender == address:
            node.chain.sequencer.drop(tx.hash)


@method("anvil_setCoinbase")
def anvil_setCoinbase(node: RpcNode, address: AddressParam) -> None:
    """Set the recipient of tips in future blocks."""
    sequencer = node.chain.sequencer
    sequencer.between_blocks()
    sequencer.blocks = replace(sequencer.blocks, coinbase=address)


@method("anvil_setNextBlockBaseFeePerGas")
def anvil_setNextBlockBaseFeePerGas(node: RpcNode, base_fee: QuantityParam) -> None:
    """The next block's base fee, in wei per gas; later ones follow from it (EIP-1559)."""
    sequencer = node.chain.sequencer
    sequencer.between_blocks()
    sequencer.blocks = replace(sequencer.blocks, next_base_fee=base_fee)


@method("anvil_setNextBlockPrevRandao")
def anvil_setNextBlockPrevRandao(node: RpcNode, word: HashParam) -> None:
    """The next block's PREVRANDAO."""
    sequencer = node.chain.sequencer
    sequencer.between_blocks()
    sequencer.blocks = replace(sequencer.blocks, next_prev_randao=word)


@method("anvil_setBlockGasLimit")
def anvil_setBlockGasLimit(node: RpcNode, gas_limit: Uint64Param) -> bool:
    """Gas per block from the next one on."""
    if not 0 < gas_limit < 2**63:
        raise InvalidParams(f"a block's gas limit must be in [1, 2**63), got {gas_limit}")
    sequencer = node.chain.sequencer
    sequencer.between_blocks()
    sequencer.blocks = replace(sequencer.blocks, gas_limit=gas_limit)
    return True


@method("anvil_nodeInfo")
def anvil_nodeInfo(node: RpcNode) -> JsonObject:
    """The head, the environment of the next block, and the fork."""
    chain = node.chain
    head = chain.head
    return {
        "currentBlockNumber": hex(head.number),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": to_data(head.hash),
        "hardFork": chain.spec.hardfork.label.capitalize(),
        "transactionOrder": node.node.config.order,
        "environment": {
            "baseFee": hex(chain.sequencer.next_base_fee()),
            "chainId": chain.spec.chain_id,
            "gasLimit": hex(chain.sequencer.blocks.gas_limit),
            "gasPrice": hex(gas_price(chain)),
        },
        "forkConfig": _fork_config(chain.fork),
    }


@method("anvil_metadata")
def anvil_metadata(node: RpcNode) -> JsonObject:
    """The client, the id of this run, the head, and the snapshots that can be reverted to."""
    chain = node.chain
    return {
        "clientVersion": CLIENT_VERSION,
        "clientSemver": __version__,
        "clientCommitSha": None,
        "chainId": chain.spec.chain_id,
        "instanceId": to_data(node.node.instance_id),
        "latestBlockNumber": chain.head.number,
        "latestBlockHash": to_data(chain.head.hash),
        "forkedNetwork": _forked_network(chain.fork),
        "snapshots": {
            hex(snapshot_id): [head.number, to_data(head.hash)]
            for snapshot_id, head in node.node.snapshots.taken(chain).items()
        },
    }


def _fork_config(fork: Fork | None) -> JsonObject:
    """``forkUrl`` has no credentials in it: logs and bug reports hold what this answers."""
    if fork is None:
        return {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None}
    pause = round(fork.request.policy.pause * 1000)
    return {"forkUrl": fork.url, "forkBlockNumber": fork.number, "forkRetryBackoff": pause}


def _forked_network(fork: Fork | None) -> JsonObject | None:
    if fork is None:
        return None
    return {"chainId": fork.chain_id, "forkBlockNumber": fork.number, "forkBlockHash": to_data(fork.hash)}


def _transaction_maker(node: RpcNode, given: bytes | CallRequest) -> reorg.MakeTransaction:
    """Returns a function that adds a transaction to a block of a reorganisation. Bytes and senders are looked at right
    away.
    """
    if isinstance(given, bytes):
        tx = decode_transaction(given, node.chain.spec)
        return lambda builder: tx
    sender = given.sender if given.sender is not None else first_account(node)
    key = signing_key(node, sender)

    def make(builder: BlockBuilder) -> Transaction:
        unsigned, _ = completed(node, _filled_in(node, given, sender, builder))
        return authorized(unsigned, sender, key)

    return make


def _filled_in(node: RpcNode, request: CallRequest, sender: Address, builder: BlockBuilder) -> CallRequest:
    """``request`` with the nonce, the gas and the price that fit into ``builder``'s block, not into the next one."""
    filled: dict[str, Any] = {"sender": sender}
    if request.nonce is None:
        filled["nonce"] = (builder.state.account(sender) or EMPTY_ACCOUNT).nonce
    base_fee, tip = builder.plan.base_fee, suggested_tip(node.chain)
    if request.type in (LEGACY, ACCESS_LIST):
        if request.gas_price is None:
            filled["gas_price"] = base_fee + tip
    elif request.gas_price is None and request.max_fee_per_gas is None:
        tip = request.max_priority_fee_per_gas or tip
        filled["max_fee_per_gas"] = base_fee * BASE_FEE_HEADROOM + tip
    if request.gas is None:
        filled["gas"] = _estimated(node, request, sender, builder)
    return msgspec.structs.replace(request, **filled)


def _estimated(node: RpcNode, request: CallRequest, sender: Address, builder: BlockBuilder) -> int:
    """Gas by estimate in ``builder``'s block; all that it has left where the transaction fails there."""
    scene = Scene(node.chain, builder.env, builder.state, CALL)
    call = msgspec.structs.replace(
        request, sender=sender, gas_price=None, max_fee_per_gas=None, max_priority_fee_per_gas=None
    )
    scene, tx, rules = scene.of_call(call)
    try:
        return scene.estimate(call, tx, rules)
    except (ExecutionReverted, ExecutionHalted, GasAllowanceExceeded):
        left = builder.plan.gas_limit - builder.gas_used
        cap = node.chain.spec.transaction_gas_cap
        return left if cap is None else min(cap, left)
