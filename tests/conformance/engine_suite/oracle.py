"""py-evm's own Prague VM, with its own state database and its own transaction executor: the judge of the suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.prague.transactions import Authorization as PyEvmAuthorization

from megadev.chain.receipts import Log
from megadev.evm.engine import BlockEnv, TxEnv
from megadev.primitives.types import Address
from tests.conformance.engine_suite.cases import CHAIN_ID, KEY
from tests.conformance.engine_suite.worlds import Has


@dataclass
class Judgement:
    """What py-evm makes of a transaction; ``state`` is its state database afterwards."""

    succeeded: bool
    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    state: Any

    def account(self, address: Address) -> tuple[int, int, bytes] | None:
        """Nonce, balance and code, None where there is nothing but emptiness."""
        found = (self.state.get_nonce(address), self.state.get_balance(address), self.state.get_code(address))
        return None if found == (0, 0, b"") else found

    def storage(self, address: Address, slot: int) -> int:
        value: int = self.state.get_storage(address, slot)
        return value


def sign_authorization(key: Any, address: Address, nonce: int, chain_id: int = CHAIN_ID) -> PyEvmAuthorization:
    """An EIP-7702 tuple as py-evm holds it."""
    import rlp

    signature = key.sign_msg(b"\x05" + rlp.encode([chain_id, address, nonce]))
    return PyEvmAuthorization(chain_id, address, nonce, signature.v, signature.r, signature.s)


def judge(
    world: dict[Address, Has],
    block: BlockEnv,
    tx: TxEnv,
    *,
    signed_authorizations: tuple[PyEvmAuthorization, ...] = (),
    block_hashes: dict[int, bytes] | None = None,
) -> Judgement:
    """Run ``tx``, signed by ``KEY``, on py-evm. Raises py-evm's ValidationError where it refuses the transaction."""
    hashes = block_hashes or {}
    ancestors = [hashes.get(number, bytes(32)) for number in range(block.number - 1, max(block.number - 257, -1), -1)]
    context = ExecutionContext(
        coinbase=block.coinbase,
        timestamp=block.timestamp,
        block_number=block.number,
        difficulty=0,
        mix_hash=block.prev_randao,
        gas_limit=block.gas_limit,
        prev_hashes=ancestors,
        chain_id=CHAIN_ID,
        base_fee_per_gas=block.base_fee,
        excess_blob_gas=0,
    )
    state = PragueState(AtomicDB(), context, BLANK_ROOT_HASH)
    for address, has in world.items():
        state.set_balance(address, has.balance)
        state.set_nonce(address, has.nonce)
        if has.code:
            state.set_code(address, has.code)
        for slot, value in has.storage.items():
            state.set_storage(address, slot, value)
    state.persist()
    builder: Any = PragueVM.get_transaction_builder()
    shared = (
        CHAIN_ID,
        tx.nonce,
        tx.gas_price - block.base_fee,
        tx.max_fee_per_gas or tx.gas_price,
        tx.gas_limit,
        tx.to or b"",
        tx.value,
        tx.data,
        [(address, list(slots)) for address, slots in tx.access_list],
    )
    unsigned: Any
    if tx.blob_versioned_hashes:
        unsigned = builder.new_unsigned_blob_transaction(
            *shared, tx.max_fee_per_blob_gas, list(tx.blob_versioned_hashes)
        )
    elif signed_authorizations:
        unsigned = builder.new_unsigned_set_code_transaction(*shared, list(signed_authorizations))
    else:
        unsigned = builder.new_unsigned_dynamic_fee_transaction(*shared)
    signed = unsigned.as_signed_transaction(KEY)
    state.lock_changes()
    computation = state.apply_transaction(signed)
    return Judgement(
        computation.is_success,
        PragueVM.finalize_gas_used(signed, computation),
        computation.output,
        tuple(
            Log(address, tuple(topic.to_bytes(32, "big") for topic in topics), data)
            for address, topics, data in computation.get_log_entries()
        ),
        state,
    )
