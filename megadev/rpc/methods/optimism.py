"""optimism_* and mega_*: what a rollup's own node answers: output roots, how far the chains have got, the rollup's
configuration, and proofs for withdrawals.

As on an OP Stack node, numbers in these answers are JSON numbers. Both chains' endpoints give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from megadev import __version__
from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, MethodUnavailable, UnknownBlock
from megadev.node.follower import DerivedRollup, L1Ref
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_HASH
from megadev.rollup.derivation import L1Origin
from megadev.rollup.derivation.config import RollupConfig, to_json
from megadev.rollup.derivation.pipeline import SafeHead
from megadev.rollup.driver import Driver
from megadev.rollup.predeploys import BATCH_INBOX
from megadev.rollup.withdrawals import VERSION, output_after
from megadev.rpc.codec import AddressParam, BlockParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_proof, format_storage_proof
from megadev.rpc.node import RpcNode, bridge
from megadev.rpc.storage_keys import MAX_SLOTS, StorageKeyParam

SEQUENCER_DRIFT, SEQUENCING_WINDOW, CHANNEL_TIMEOUT = 1_800, 3_600, 300
"""The OP Stack's usual ones: seconds, L1 blocks, L1 blocks."""


FORKS = ("regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus")
"""All of them from the first block."""


@method("optimism_outputAtBlock")
def optimism_outputAtBlock(node: RpcNode, number: Uint64Param) -> JsonObject:
    """L2's output root at a block."""
    ref = _l2_refs(node)
    block = node.node.l2.block(number)
    output = output_after(block)
    return {
        "version": to_data(VERSION),
        "outputRoot": to_data(output.root),
        "blockRef": ref(block),
        "withdrawalStorageRoot": to_data(output.messages_root),
        "stateRoot": to_data(output.state_root),
        "syncStatus": _sync_status(node),
    }


@method("optimism_syncStatus")
def optimism_syncStatus(node: RpcNode) -> JsonObject:
    """The heads of both chains. L2 follows L1's head, so what it looks at is where L1 is."""
    return _sync_status(node)


@method("optimism_rollupConfig")
def optimism_rollupConfig(node: RpcNode) -> JsonObject:
    """The rollup's configuration at its first block."""
    if node.node.derived is not None:
        return _config(node.node.derived.config)
    l1, l2, driver = bridge(node)
    if driver.consolidator is not None:
        shown = _config(driver.consolidator.config)
        start = driver.progress.sync_start
        if start is not None and start.safe.number == l2.store.genesis.number:
            # L2 has begun anew: what was posted of it before says nothing of this one
            shown["megadev"]["first_batch_block"] = start.l1.number + 1
        return shown
    first, l1_first, at = l2.store.genesis, l1.store.genesis, driver.addresses
    system_config = l1_first.world
    batcher = system_config.storage(at.system_config, 103).to_bytes(32, "big")[12:]
    scalar = system_config.storage(at.system_config, 102)
    return {
        "genesis": {
            "l1": {"hash": to_data(l1_first.hash), "number": l1_first.number},
            "l2": {"hash": to_data(first.hash), "number": first.number},
            "l2_time": first.timestamp,
            "system_config": {
                "batcherAddr": to_data(batcher),
                "overhead": to_data(ZERO_HASH),
                "scalar": f"0x{scalar:064x}",
                "gasLimit": l2.genesis.gas_limit,
                "eip1559Params": "0x0000000000000000",
                "operatorFeeParams": to_data(ZERO_HASH),
            },
        },
        "block_time": max(round(l2.mining.block_time or 1), 1),
        "max_sequencer_drift": SEQUENCER_DRIFT,
        "seq_window_size": SEQUENCING_WINDOW,
        "channel_timeout": CHANNEL_TIMEOUT,
        "l1_chain_id": l1.spec.chain_id,
        "l2_chain_id": l2.spec.chain_id,
        **{f"{fork}_time": 0 for fork in FORKS},
        "batch_inbox_address": to_data(BATCH_INBOX),
        "deposit_contract_address": to_data(at.portal),
        "l1_system_config_address": to_data(at.system_config),
        "protocol_versions_address": to_data(bytes(20)),
    }


@method("optimism_safeHeadAtL1Block")
def optimism_safeHeadAtL1Block(node: RpcNode, number: Uint64Param) -> JsonObject:
    """The L2 block that was safe once L1 had got to a block, and the L1 block that made it so."""
    derived = node.node.derived
    if derived is not None:
        l1_heads = derived.l1()
        if l1_heads is None or not derived.config.l1_genesis.number <= number <= l1_heads.current.number:
            raise UnknownBlock(f"header not found: L1's block {number} was not read")
        return _safe_head(derived.safe_at(number))
    _, l2, driver = bridge(node)
    if number > driver.l1.store.head.number or driver.l1.store.by_number(number) is None:
        raise UnknownBlock(f"header not found: L1 has no block {number}")
    if driver.consolidator is None:
        made_safe, safe = number, driver.safe_at(number)
        l1_block = driver.l1.store.resolve(made_safe)
        return {
            "l1Block": {"hash": to_data(l1_block.hash), "number": l1_block.number},
            "safeHead": {"hash": to_data(l2.store.resolve(safe).hash), "number": safe},
        }
    return _safe_head(driver.consolidator.safe_at(number))


@method("optimism_version")
def optimism_version(node: RpcNode) -> str:
    """The version of the rollup's node: this one's."""
    if node.node.derived is None:
        bridge(node)
    return f"megadev/v{__version__}"


@method("mega_getWithdrawalProof")
def mega_getWithdrawalProof(
    node: RpcNode, address: AddressParam, keys: tuple[StorageKeyParam, ...], block: BlockParam = Tag.LATEST
) -> JsonObject:
    """Merkle proofs of some of an account's slots under its storage root, as EIP-1186 has them. Of the account itself
    nothing is shown, as MegaETH has it: its state is no trie of accounts.
    """
    if len(keys) > MAX_SLOTS:
        raise InvalidParams(f"too many keys (max {MAX_SLOTS}), asked for {len(keys)}: ask in several requests")
    world = node.chain.world(block)
    return format_proof(
        address,
        nonce=0,
        balance=0,
        code_hash=EMPTY_CODE_HASH,
        storage_root=world.storage_root(address),
        account_proof=(),
        storage_proofs=[
            format_storage_proof(key.spelling, world.storage(address, key.slot), world.prove_storage(address, key.slot))
            for key in keys
        ],
    )


def _config(config: RollupConfig) -> JsonObject:
    shown = to_json(config)
    shown["genesis"]["system_config"]["eip1559Params"] = "0x0000000000000000"
    shown["protocol_versions_address"] = to_data(bytes(20))
    return shown


def _safe_head(head: SafeHead) -> JsonObject:
    return {
        "l1Block": {"hash": to_data(head.l1.hash), "number": head.l1.number},
        "safeHead": {"hash": to_data(head.safe.hash), "number": head.safe.number},
    }


def _sync_status(node: RpcNode) -> JsonObject:
    l2, ref = node.node.l2, _l2_refs(node)
    current, *seen = _l1_refs(node)
    head, safe, finalized = seen
    unsafe_l2, safe_l2, finalized_l2 = (ref(l2.block(tag)) for tag in (Tag.LATEST, Tag.SAFE, Tag.FINALIZED))
    return {
        "current_l1": current,
        "current_l1_finalized": finalized,
        "head_l1": head,
        "safe_l1": safe,
        "finalized_l1": finalized,
        "unsafe_l2": unsafe_l2,
        "safe_l2": safe_l2,
        "finalized_l2": finalized_l2,
        "pending_safe_l2": safe_l2,
        "cross_unsafe_l2": unsafe_l2,
        "local_safe_l2": safe_l2,
    }


def _l1_refs(node: RpcNode) -> list[JsonObject]:
    """L1's block that was read last, its head, its safe and its finalized block."""
    derived = node.node.derived
    if derived is not None:
        seen = derived.l1()
        if seen is None:
            raise MethodUnavailable("the method is not available: L1 has not been read yet; ask again")
        return [_remote_ref(each) for each in (seen.current, seen.head, seen.safe, seen.finalized)]
    l1, _, driver = bridge(node)
    head, safe, finalized = (_l1_ref(l1.block(tag)) for tag in (Tag.LATEST, Tag.SAFE, Tag.FINALIZED))
    read = None if driver.consolidator is None else driver.consolidator.read
    current = None if read is None else l1.store.by_hash(read.hash)
    return [head if current is None else _l1_ref(current), head, safe, finalized]


def _remote_ref(block: L1Ref) -> JsonObject:
    return {
        "hash": to_data(block.hash),
        "number": block.number,
        "parentHash": to_data(block.parent_hash),
        "timestamp": block.timestamp,
    }


def _l1_ref(block: SealedBlock) -> JsonObject:
    return _remote_ref(L1Ref(block.number, block.hash, block.header.parent_hash, block.timestamp))


def _l2_refs(node: RpcNode) -> Callable[[SealedBlock], JsonObject]:
    """Returns the references to a block of L2. Raises ``MethodUnavailable`` where L2 settles on no L1."""
    derived = node.node.derived
    if derived is not None:
        return partial(_derived_ref, derived)
    return partial(_l2_ref, bridge(node)[2])


def _derived_ref(derived: DerivedRollup, block: SealedBlock) -> JsonObject:
    found = derived.block(block.number)
    if found is None or found.hash != block.hash:
        raise UnknownBlock(f"header not found: block {block.number} is being replaced; ask again")
    return _with_origin(block, found.origin)


def _l2_ref(driver: Driver, block: SealedBlock) -> JsonObject:
    origin = driver.origin_of(block)
    if origin is None or origin.hash == ZERO_HASH:
        first = driver.l1.store.genesis
        origin = L1Origin(first.number, first.hash, 0)
    return _with_origin(block, origin)


def _with_origin(block: SealedBlock, origin: L1Origin) -> JsonObject:
    return {
        **_l1_ref(block),
        "l1origin": {"hash": to_data(origin.hash), "number": origin.number},
        "sequenceNumber": origin.sequence_number,
    }
