"""The sequencer's key and the sequencer registry kept in step, on a chain that has one.

A key that is changed by request is scheduled there as its admin would, with the proof that the new key is held
(EIP-712). And what its admin schedules there by a transaction is followed, as long as the node holds the key.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from megadev.chain.system_contracts import (
    ADMIN_SLOT,
    PENDING_SEQUENCER_SLOTS,
    SEQUENCER_REGISTRY,
    SEQUENCER_SLOT,
    load,
)
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.errors import InvalidParams, PrefetchNeeded, StateUnavailable
from megadev.events import BlockSealed, Event
from megadev.evm.engine import SYSTEM, BlockEnv, Revert, Success, TxEnv
from megadev.primitives.abi import encode, encode_call
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of, sign
from megadev.primitives.types import Address, Hash32
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader

if TYPE_CHECKING:
    from megadev.node.accounts import KeyedAccount
    from megadev.node.chain import LocalChain

_LOG = logging.getLogger("megadev.node")

NAME, VERSION = "MegaETH SequencerRegistry", "1"
"""The signing domain's (EIP-712)."""
_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_ROTATION = keccak(b"SequencerRotation(address newSequencer,uint256 activationBlock)")
_SCHEDULE = "scheduleNextSequencerChange(address,uint256,bytes)"
_GAS = 1_000_000
"""What the transaction that schedules a change may use: several times what it does."""
_SCHEDULE_V1 = "scheduleNextSequencerChange(address,uint256)"


def has_registry(chain: LocalChain) -> bool:
    """True if ``chain`` has a sequencer registry."""
    return chain.spec.system_contracts is not None and chain.spec.system_contracts.version != "rex4"


def rotation_digest(chain_id: int, new_sequencer: Address, activation_block: int) -> Hash32:
    """The digest that a new sequencer signs to prove that it has its key (EIP-712)."""
    domain = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [_DOMAIN, keccak(NAME.encode()), keccak(VERSION.encode()), chain_id, SEQUENCER_REGISTRY],
    )
    rotation = encode(["bytes32", "address", "uint256"], [_ROTATION, new_sequencer, activation_block])
    return keccak(b"\x19\x01" + keccak(domain) + keccak(rotation))


def schedule(
    chain: LocalChain, key: bytes, activation_block: int, owner: KeyedAccount, *, in_block: bool = False
) -> None:
    """Have the registry know that ``key`` signs from ``activation_block`` on: by a transaction of its admin ``owner``
    in the block that is open, or, with ``in_block``, in the next one; else as a change between two blocks, which nobody
    pays for.

    Raises ``InvalidParams`` with the registry's own reason where it refuses.
    """
    sequencer, address = chain.sequencer, address_of(key)
    y_parity, r, s = sign(rotation_digest(chain.spec.chain_id, address, activation_block), key)
    contracts = chain.spec.system_contracts
    if contracts is not None and contracts.version == "rex5":
        data = encode_call(_SCHEDULE_V1, address, activation_block)
    else:
        proof = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))
        data = encode_call(_SCHEDULE, address, activation_block, proof)
    admin = sequencer.head_state().storage(SEQUENCER_REGISTRY, ADMIN_SLOT).to_bytes(32, "big")[12:]
    is_owner = admin == owner.raw_address
    is_open = sequencer.tip.open is not None and sequencer.is_running
    if not is_open or not is_owner:
        sequencer.between_blocks()
    state, open_block = sequencer.head_state(), sequencer.tip.open
    header = chain.head.header
    in_block = (in_block or open_block is not None) and is_owner
    number = header.number + in_block
    env = BlockEnv(number, header.timestamp, header.gas_limit, header.coinbase)
    execution = chain.engine.execute(env, TxEnv(admin, SEQUENCER_REGISTRY, data=data), state, rules=SYSTEM)
    result = execution.result
    if not isinstance(result, Success):
        reason = _error_name(result.output) if isinstance(result, Revert) else result.reason
        raise InvalidParams(f"the sequencer registry refuses block {activation_block}: {reason}")
    if not in_block:
        storage = dict(execution.diff.storage.get(SEQUENCER_REGISTRY, {}))
        sequencer.apply_irregular(StateDiff(Cause.CHEAT, storage={SEQUENCER_REGISTRY: storage}))
        return
    unsigned = UnsignedTransaction(
        type=DYNAMIC_FEE,
        chain_id=chain.spec.chain_id,
        nonce=sequencer.next_nonce(admin),
        gas_limit=_GAS,
        to=SEQUENCER_REGISTRY,
        value=0,
        data=data,
        max_fee_per_gas=sequencer.next_base_fee() if open_block is None else open_block.plan.base_fee,
        max_priority_fee_per_gas=0,
    )
    sequencer.submit(sign_transaction(unsigned, owner.raw_key))


def scheduled(state: StateReader) -> tuple[Address, int] | None:
    """The scheduled next sequencer and its first block; None if no change is scheduled."""
    address, block = (state.storage(SEQUENCER_REGISTRY, slot) for slot in PENDING_SEQUENCER_SLOTS)
    return (address.to_bytes(32, "big")[12:], block) if address else None


def registered(state: StateReader) -> Address:
    """The current sequencer in the registry."""
    return state.storage(SEQUENCER_REGISTRY, SEQUENCER_SLOT).to_bytes(32, "big")[12:]


def follow(chain: LocalChain, keys: Iterable[bytes]) -> None:
    """Sign from the block on that the registry says with the key that it says, where that is among ``keys`` or was
    signed with before. A change to come that the registry has no more is forgotten.
    """
    state, signers, head = chain.sequencer.head_state(), chain.signers, chain.head.number
    change = scheduled(state)
    if change is None:
        newest = signers.terms[0]
        if newest.first_block > head and registered(state) != newest.address:
            chain.rotated_signers = signers.without_newest()
        return
    address, block = change
    if block <= head or signers.at(block).address == address:
        return
    known = {address_of(key): key for key in (*keys, *(key for term in signers.terms for key in term.keys))}
    if address in known:
        chain.rotated_signers = signers.rotated(known[address], block)


class Followed:
    """The registry of ``chain``, followed as blocks are sealed: see ``follow``. ``keys``: of the node's accounts."""

    def __init__(self, chain: LocalChain, keys: Callable[[], Iterable[bytes]]) -> None:
        self._chain = chain
        self._keys = keys
        self._unknown = ""
        """Why it could not be read the last time."""
        self._is_fetching = False

    def event(self, event: Event) -> None:
        """Note what happened on the chain."""
        if not (isinstance(event, BlockSealed) and has_registry(self._chain)):
            return
        try:
            follow(self._chain, self._keys())
        except PrefetchNeeded as missing:  # of a fork: the next block finds it there
            self._fetch(missing)
        except StateUnavailable as problem:
            if str(problem) != self._unknown:
                self._unknown = str(problem)
                _LOG.warning("the sequencer registry cannot be read for now: %s", problem)

    def _fetch(self, missing: PrefetchNeeded) -> None:
        def fetch() -> None:
            try:
                missing.fetch()
            except StateUnavailable as problem:
                _LOG.debug("the sequencer registry was not fetched: %s", problem)
            finally:
                self._is_fetching = False

        if not self._is_fetching:
            self._is_fetching = True
            threading.Thread(target=fetch, name="megadev-registry", daemon=True).start()


def _error_name(output: bytes) -> str:
    for item in load("SequencerRegistry").abi:
        if item["type"] == "error" and keccak(f"{item['name']}()".encode())[:4] == output[:4]:
            return str(item["name"])
    return to_data(output)
