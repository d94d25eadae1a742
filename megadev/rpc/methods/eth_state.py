"""eth_*: accounts, code and storage at any block, with proofs.

All of it is of the state at a block: after it, with what cheats changed before the next one. So are proofs; where there
were such cheats no header has the root that they lead to, and the answer says it (``stateRoot``). What an open block
changed has no root, and is in no proof.
"""

from __future__ import annotations

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, StateUnavailable
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data, to_word
from megadev.primitives.types import Address
from megadev.rpc.codec import AddressParam, BlockParam, SlotParam
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_proof, format_storage_proof
from megadev.rpc.node import RpcNode
from megadev.rpc.storage_keys import MAX_SLOTS, StorageKey, StorageKeyParam
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.fork_world import ForkWorld
from megadev.state.world import World


@method("eth_getBalance")
def eth_getBalance(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> str:
    """Wei."""
    account = node.chain.state(block).account(address)
    return "0x0" if account is None else hex(account.balance)


@method("eth_getTransactionCount")
def eth_getTransactionCount(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> str:
    """The nonce of an account's next transaction; at ``pending``, after those that wait."""
    return hex(node.chain.nonce(address, block))


@method("eth_getCode")
def eth_getCode(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> str:
    """An account's code."""
    state = node.chain.state(block)
    account = state.account(address)
    return "0x" if account is None else to_data(state.code(account.code_hash))


@method("eth_getStorageAt")
def eth_getStorageAt(node: RpcNode, address: AddressParam, slot: SlotParam, block: BlockParam = Tag.LATEST) -> str:
    """One storage word."""
    return to_word(node.chain.state(block).storage(address, slot))


@method("eth_getStorageValues")
def eth_getStorageValues(
    node: RpcNode, slots: dict[AddressParam, tuple[SlotParam, ...]], block: BlockParam = Tag.LATEST
) -> JsonObject:
    """Storage words of several accounts, in the order asked for."""
    count = sum(map(len, slots.values()))
    if not slots:
        raise InvalidParams("empty request: name at least one account and its slots")
    if count > MAX_SLOTS:
        raise InvalidParams(f"too many slots (max {MAX_SLOTS}), asked for {count}: ask in several requests")
    if block is Tag.LATEST:
        node.chain.history.prefetch_or_raise(
            (), [(address, slot) for address, wanted in slots.items() for slot in wanted]
        )
    state = node.chain.state(block)
    return {
        to_data(address): [to_word(state.storage(address, slot)) for slot in wanted]
        for address, wanted in slots.items()
    }


@method("eth_getAccount")
def eth_getAccount(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> JsonObject:
    """An account's leaf in the state trie; the empty account if it does not exist."""
    older = _proof_of_history(node.chain, address, (), block)
    if older is not None:
        return {
            "nonce": older["nonce"],
            "balance": older["balance"],
            "storageRoot": older["storageHash"],
            "codeHash": older["codeHash"],
        }
    world = _newest_world(node.chain, block)
    account = world.account(address) or EMPTY_ACCOUNT
    return {
        "nonce": hex(account.nonce),
        "balance": hex(account.balance),
        "storageRoot": to_data(world.storage_root(address)),
        "codeHash": to_data(account.code_hash),
    }


@method("eth_getAccountInfo")
def eth_getAccountInfo(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST) -> JsonObject:
    """Balance, nonce and code in one answer."""
    state = node.chain.state(block)
    account = state.account(address) or EMPTY_ACCOUNT
    return {
        "balance": hex(account.balance),
        "nonce": hex(account.nonce),
        "code": to_data(state.code(account.code_hash)),
    }


@method("eth_getProof")
def eth_getProof(
    node: RpcNode, address: AddressParam, keys: tuple[StorageKeyParam, ...], block: BlockParam = Tag.LATEST
) -> JsonObject:
    """Merkle proofs of an account and some of its slots, present or absent (EIP-1186), of the state at a sealed block:
    under the root in its header or, where cheats changed something since, under the one in the answer's ``stateRoot``.
    """
    if len(keys) > MAX_SLOTS:
        raise InvalidParams(f"too many keys (max {MAX_SLOTS}), asked for {len(keys)}: ask in several requests")
    older = _proof_of_history(node.chain, address, keys, block)
    if older is not None:
        return older
    sealed, world = _closed_world(node.chain, block)
    account = world.account(address) or EMPTY_ACCOUNT
    proof = format_proof(
        address,
        nonce=account.nonce,
        balance=account.balance,
        code_hash=account.code_hash,
        storage_root=world.storage_root(address),
        account_proof=world.prove_account(address),
        storage_proofs=[
            format_storage_proof(key.spelling, world.storage(address, key.slot), world.prove_storage(address, key.slot))
            for key in keys
        ],
    )
    if world.is_whole and world.state_root != sealed.header.state_root:
        proof["stateRoot"] = to_data(world.state_root)
    return proof


def _proof_of_history(
    chain: LocalChain, address: Address, keys: tuple[StorageKey, ...], ref: BlockRef
) -> JsonObject | None:
    """On a fork, upstream's proof at or before the forked block; None where it is not asked.

    Raises ``StateUnavailable`` for an account that the fork gave a balance.
    """
    history = chain.history
    block, irregular = chain.block_and_irregular(ref)
    if block.number > history.last:
        return None
    world = block.world
    is_changed = isinstance(world, ForkWorld) and world.is_changed(address)
    if irregular is not None and (address in irregular.accounts or address in irregular.storage):
        is_changed = True
    if block.number == history.last and (history.is_funded(address) or is_changed):
        raise StateUnavailable(
            f"state unavailable: there is no proof for {to_data(address)}: it differs from upstream, because "
            "this fork set its balance or code, or it was changed since; ask for another account, or an older "
            "block"
        )
    name = to_data(address)
    words = [to_word(key.slot) for key in keys]
    asked = f"eth_getProof {name} {','.join(words)} {block.number:#x}"
    proof: JsonObject = dict(history.query(asked, "eth_getProof", name, words, hex(block.number)))
    told = zip(keys, proof.get("storageProof", ()), strict=False)
    return proof | {"storageProof": [item | {"key": key.spelling} for key, item in told]}


def _closed_world(chain: LocalChain, ref: BlockRef) -> tuple[SealedBlock, World]:
    """A sealed block, the head for ``latest``, and the world after it with what cheats changed before the next one."""
    block = chain.head if ref is Tag.LATEST else chain.block_with_state(ref)
    irregular = chain.sequencer.irregular_after(block)
    return block, block.world if irregular is None else block.world.apply(irregular)


def _newest_world(chain: LocalChain, ref: BlockRef) -> World:
    """The world at a block; at ``latest`` and ``pending`` with what a block that is still open holds."""
    block, irregular = chain.block_and_irregular(ref)
    return block.world if irregular is None else block.world.apply(irregular)
