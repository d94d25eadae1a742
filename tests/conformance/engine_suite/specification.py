"""The executable specification (the ``ethereum-execution`` package) as a judge: any fork's ``process_transaction``."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from ethereum_types.bytes import Bytes0, Bytes32
from ethereum_types.numeric import U8, U64, U256, Uint

from megadev.chain.receipts import Log
from megadev.evm.engine import BlockEnv, TxEnv
from megadev.primitives.types import Address
from tests.conformance.engine_suite.cases import CHAIN_ID, KEY
from tests.conformance.engine_suite.worlds import Has


class Judgement:
    """What the specification makes of a transaction."""

    def __init__(self, modules: SimpleNamespace, state: Any, gas_used: int, outcome: Any) -> None:
        self._modules = modules
        self._state = state
        self.succeeded = outcome.error is None
        self.gas_used = gas_used
        output = getattr(outcome, "return_data", None)
        self.output = None if output is None else bytes(output)
        self.logs = tuple(
            Log(bytes(log.address), tuple(bytes(topic) for topic in log.topics), bytes(log.data))
            for log in outcome.logs
        )

    def account(self, address: Address) -> tuple[int, int, bytes] | None:
        """Nonce, balance and code, None where there is nothing."""
        account = self._modules.state.get_account_optional(self._state, self._modules.fork_types.Address(address))
        return None if account is None else (int(account.nonce), int(account.balance), bytes(account.code))

    def storage(self, address: Address, slot: int) -> int:
        key = Bytes32(slot.to_bytes(32, "big"))
        return int(self._modules.state.get_storage(self._state, self._modules.fork_types.Address(address), key))


def judge(
    fork: str,
    world: dict[Address, Has],
    block: BlockEnv,
    tx: TxEnv,
    *,
    authorizations: tuple[tuple[Any, Address, int, int], ...] = (),
    block_hashes: dict[int, bytes] | None = None,
) -> Judgement:
    """Run ``tx``, signed by ``KEY``, under ``fork``. Authorizations are (key, target, nonce, chain id)."""
    names = ("fork", "fork_types", "state", "transactions", "vm", "vm.gas")
    m = SimpleNamespace(**{name.split(".")[-1]: import_module(f"ethereum.forks.{fork}.{name}") for name in names})
    address_of, state = m.fork_types.Address, m.state.State()
    for address, has in world.items():
        account = m.fork_types.Account(Uint(has.nonce), U256(has.balance), has.code)
        m.state.set_account(state, address_of(address), account)
        for slot, value in has.storage.items():
            m.state.set_storage(state, address_of(address), Bytes32(slot.to_bytes(32, "big")), U256(value))
    hashes = block_hashes or {}
    block_fields: dict[str, Any] = {
        "chain_id": U64(CHAIN_ID),
        "state": state,
        "block_gas_limit": Uint(block.gas_limit),
        "block_hashes": [Bytes32(hashes.get(n, bytes(32))) for n in range(max(block.number - 256, 0), block.number)],
        "coinbase": address_of(block.coinbase),
        "number": Uint(block.number),
        "base_fee_per_gas": Uint(block.base_fee),
        "time": U256(block.timestamp),
        "prev_randao": Bytes32(block.prev_randao),
        "excess_blob_gas": U64(0),
        "parent_beacon_block_root": Bytes32(bytes(32)),
        "difficulty": Uint(int.from_bytes(block.prev_randao, "big")),
    }
    known = {entry.name for entry in dataclass_fields(m.vm.BlockEnvironment)}
    environment = m.vm.BlockEnvironment(**{name: value for name, value in block_fields.items() if name in known})
    fields: dict[str, Any] = {
        "chain_id": U64(CHAIN_ID),
        "nonce": U256(tx.nonce),
        "max_priority_fee_per_gas": Uint(tx.gas_price - block.base_fee),
        "max_fee_per_gas": Uint(tx.max_fee_per_gas),
        "gas": Uint(tx.gas_limit),
        "to": Bytes0() if tx.to is None else address_of(tx.to),
        "value": U256(tx.value),
        "data": tx.data,
        "access_list": tuple(
            m.transactions.Access(address_of(address), tuple(Bytes32(slot.to_bytes(32, "big")) for slot in slots))
            for address, slots in tx.access_list
        ),
        "y_parity": U256(0),
        "r": U256(0),
        "s": U256(0),
    }
    kind, signing_hash = m.transactions.FeeMarketTransaction, m.transactions.signing_hash_1559
    if tx.blob_versioned_hashes:
        kind, signing_hash = m.transactions.BlobTransaction, m.transactions.signing_hash_4844
        fields["max_fee_per_blob_gas"] = U256(tx.max_fee_per_blob_gas)
        fields["blob_versioned_hashes"] = tuple(Bytes32(blob_hash) for blob_hash in tx.blob_versioned_hashes)
    elif authorizations:
        kind, signing_hash = m.transactions.SetCodeTransaction, m.transactions.signing_hash_7702
        fields["nonce"] = U64(tx.nonce)
        fields["authorizations"] = tuple(_authorization(m, *authorization) for authorization in authorizations)
    signature = KEY.sign_msg_hash(bytes(signing_hash(kind(**fields))))
    fields |= {"y_parity": U256(signature.v), "r": U256(signature.r), "s": U256(signature.s)}

    outcomes: list[Any] = []
    process = m.fork.process_message_call

    def remember(message: Any) -> Any:
        outcomes.append(process(message))
        return outcomes[-1]

    output = m.vm.BlockOutput()
    m.fork.process_message_call = remember
    try:
        m.fork.process_transaction(environment, output, kind(**fields), Uint(0))
    finally:
        m.fork.process_message_call = process
    return Judgement(m, state, int(output.block_gas_used), outcomes[0])


def _authorization(m: SimpleNamespace, key: Any, target: Address, nonce: int, chain_id: int) -> Any:
    from ethereum_rlp import rlp

    unsigned = (U256(chain_id), m.fork_types.Address(target), U64(nonce))
    signature = key.sign_msg(b"\x05" + rlp.encode(unsigned))
    return m.fork_types.Authorization(*unsigned, U8(signature.v), U256(signature.r), U256(signature.s))
