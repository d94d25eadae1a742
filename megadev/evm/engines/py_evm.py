"""The py-evm engine: its computation classes and opcodes over our journal. Slow, and what our own loop is held against.

py-evm's computation classes see a ``_State`` with the two dozen methods their opcodes ask for. Precompiles and limits
are ours, so that what is compared is the running of code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, ClassVar

from megadev.chain.receipts import CONSOLE, REVERTED, Log
from megadev.chain.spec import ChainSpec, Hardfork
from megadev.errors import MethodUnavailable
from megadev.evm.engine import EngineInfo
from megadev.evm.engines.depth import continue_below, recursion_limit_kept
from megadev.evm.engines.envelope import Envelope
from megadev.evm.engines.frames import OUT_OF_GAS, Call, Machine
from megadev.evm.engines.journal import Checkpoint, Journal
from megadev.evm.rules import Precompile
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32

with recursion_limit_kept():
    from eth import constants, exceptions
    from eth.vm.forks.cancun.computation import CancunComputation
    from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
    from eth.vm.forks.london.computation import LondonComputation
    from eth.vm.forks.paris.computation import ParisComputation
    from eth.vm.forks.prague.computation import PragueComputation
    from eth.vm.forks.shanghai.computation import ShanghaiComputation
    from eth.vm.message import Message as _Message
    from eth.vm.opcode import as_opcode

_LEVELS = 16
"""Calls within calls on one stack: each takes a dozen Python frames here."""

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.OutOfGas, OUT_OF_GAS),
    (exceptions.InsufficientStack, "stack underflow"),
    (exceptions.FullStack, "stack limit reached"),
    (exceptions.InvalidJumpDestination, "invalid jump destination"),
    (exceptions.WriteProtection, "write protection"),
    (exceptions.OutOfBoundsRead, "return data out of bounds"),
    (exceptions.ReservedBytesInCode, "invalid code: must not begin with 0xef"),
    (exceptions.InvalidInstruction, "invalid opcode"),
)


Message: Any = _Message
TransactionContext: Any = CancunTransactionContext
"""Untyped: py-evm names its bytes by ``NewType``, we do not."""


class _State:
    """The state that py-evm's opcodes read, answered by the journal and the block."""

    def __init__(self, machine: Machine) -> None:
        journal, block = machine.journal, machine.block
        self.machine = machine
        self.journal: Journal = journal
        self.execution_context = self
        self.chain_id = machine.chain_id
        self.coinbase = block.coinbase
        self.timestamp = block.timestamp
        self.block_number = block.number
        self.mix_hash = block.prev_randao
        self.difficulty = int.from_bytes(block.prev_randao, "big")  # what 0x44 answers before the merge
        self.gas_limit = block.gas_limit
        self.base_fee = block.base_fee
        self.blob_base_fee = block.blob_base_fee
        self.get_balance = journal.balance
        self.set_balance = journal.set_balance
        self.get_nonce = journal.nonce
        self.increment_nonce = journal.bump_nonce
        self.get_code = journal.code
        self.set_code = journal.set_code
        self.account_is_empty = journal.is_dead
        self.mark_address_warm = journal.warm_account
        self.mark_storage_warm = journal.warm_slot
        self.set_transient_storage = self._set_transient
        self.touch_account = journal.touch
        self.snapshot = journal.checkpoint
        self.revert = journal.revert

    def commit(self, checkpoint: Checkpoint) -> None:
        """A checkpoint that is not reverted to needs nothing."""

    def account_exists(self, address: Address) -> bool:
        return self.journal.account(address) is not None

    def delta_balance(self, address: Address, delta: int) -> None:
        if delta:
            self.journal.set_balance(address, self.journal.balance(address) + delta)

    def get_code_hash(self, address: Address) -> Hash32:
        account = self.journal.account(address)
        return EMPTY_CODE_HASH if account is None else account.code_hash

    def has_code_or_nonce(self, address: Address) -> bool:
        """Or storage: py-evm asks this before it creates a contract, and does not know EIP-7610."""
        if self.get_nonce(address) != 0 or self.get_code_hash(address) != EMPTY_CODE_HASH:
            return True
        return self.journal.has_storage(address)

    def get_storage(self, address: Address, slot: int, from_journal: bool = True) -> int:
        value = self.journal.load(address, slot)
        return value if from_journal else self.journal.original(address, slot)

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        self.journal.load(address, slot)
        self.journal.store(address, slot, value)

    def delete_storage(self, address: Address) -> None:
        """``mark_created`` has that effect."""

    def is_address_warm(self, address: Address) -> bool:
        return address in self.journal.warm_accounts

    def is_storage_warm(self, address: Address, slot: int) -> bool:
        return (address, slot) in self.journal.warm_slots

    def get_transient_storage(self, address: Address, slot: int) -> bytes:
        return self.journal.transient_load(address, slot).to_bytes(32, "big")

    def _set_transient(self, address: Address, slot: int, value: bytes) -> None:
        self.journal.transient_store(address, slot, int.from_bytes(value, "big"))

    def get_ancestor_hash(self, number: int) -> Hash32:
        if not max(self.block_number - 256, 0) <= number < self.block_number:
            return b""
        return self.journal.reader.block_hash(number)


_Frames: Any = object


class _Configured(_Frames):  # type: ignore[misc]
    """The differences of our frames from py-evm's of any hardfork: our limits; the initcode charge is already in the
    intrinsic gas.
    """

    code_size_limit: ClassVar[int | None] = None
    initcode_size_limit: ClassVar[int | None] = None

    @classmethod
    def apply_create_message(
        cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None
    ) -> Any:
        checkpoint = state.snapshot()
        state.journal.mark_created(message.storage_address)
        computation = super().apply_create_message(state, message, transaction_context, parent_computation)
        if computation.is_error:
            state.revert(checkpoint)
        return computation

    @classmethod
    def apply_message(cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None) -> Any:
        if message.code_address == CONSOLE:
            state.machine.print(message.sender, message.data_as_bytes)
        apply = super().apply_message
        if message.depth % _LEVELS or not message.depth:
            return apply(state, message, transaction_context, parent_computation)
        done: list[Any] = []
        continue_below(lambda: done.append(apply(state, message, transaction_context, parent_computation)))
        return done[0]

    # what a frame and those within it left behind: py-evm's own ask each other, one function within the other

    def _kept(self) -> Iterator[Any]:
        """This frame and those within it whose effects stand."""
        waiting: list[Any] = [self]
        while waiting:
            frame = waiting.pop()
            if not frame.is_error:
                yield frame
                waiting += frame.children

    def get_gas_refund(self) -> int:
        return sum(frame._gas_meter.gas_refunded for frame in self._kept())

    def get_accounts_for_deletion(self) -> list[Any]:
        return list({address for frame in self._kept() for address in frame.accounts_to_delete})

    def get_raw_log_entries(self) -> tuple[Any, ...]:
        return tuple(sorted(entry for frame in self._kept() for entry in frame._log_entries))

    @classmethod
    def consume_initcode_gas_cost(cls, computation: Any) -> None:
        """Charged before the machine starts."""

    @classmethod
    def validate_create_message(cls, message: Any) -> None:
        limit = cls.initcode_size_limit
        if limit is not None and len(message.code) > limit:
            raise exceptions.OutOfGas("max initcode size exceeded")

    @classmethod
    def validate_contract_code(cls, contract_code: bytes) -> None:
        if contract_code[:1] == b"\xef":
            raise exceptions.ReservedBytesInCode("must not begin with 0xef")
        if cls.code_size_limit is not None and len(contract_code) > cls.code_size_limit:
            raise exceptions.OutOfGas("max code size exceeded")


_COMPUTATIONS: dict[Hardfork, Any] = {
    Hardfork.LONDON: LondonComputation,
    Hardfork.PARIS: ParisComputation,
    Hardfork.SHANGHAI: ShanghaiComputation,
    Hardfork.CANCUN: CancunComputation,
    Hardfork.PRAGUE: PragueComputation,
    Hardfork.OSAKA: PragueComputation,  # and CLZ
}


def _clz(computation: Any) -> None:
    computation.stack_push_int(256 - computation.stack_pop1_int().bit_length())


def _precompile(precompile: Precompile, function: Callable[[bytes], bytes | None]) -> Callable[[Any], Any]:
    def run(computation: Any) -> Any:
        data = computation.msg.data_as_bytes
        computation.consume_gas(precompile.gas(data), reason=precompile.name)
        output = function(data)
        if output is None:
            raise exceptions.VMError(f"invalid input for precompile {precompile.name}")
        computation.output = output
        return computation

    return run


class PyEvmMachine(Machine):
    """Hands the top frame, and with it all the others, to py-evm. It cannot be traced."""

    def call(self, call: Call) -> None:
        message = Message(
            call.gas,
            call.address,
            call.caller,
            call.value,
            call.data,
            call.code,
            code_address=call.code_address,
            is_delegation=call.is_delegated,
        )
        self._take(call, lambda cls, state, context: cls.apply_message(state, message, context))

    def create(self, call: Call) -> None:
        message = Message(
            call.gas,
            constants.CREATE_CONTRACT_ADDRESS,
            call.caller,
            call.value,
            b"",
            call.code,
            create_address=call.address,
        )
        self._take(call, lambda cls, state, context: cls.apply_create_message(state, message, context))

    def _take(self, call: Call, apply: Callable[[Any, _State, Any], Any]) -> None:
        if self.tracer is not None:
            raise MethodUnavailable("py-evm's loop cannot be traced: start the node with --engine python")
        checkpoint = self.journal.checkpoint()
        computation = apply(
            self._computation_class(),
            _State(self),
            TransactionContext(self.gas_price, self.origin, list(self.blob_hashes)),
        )
        call.gas = computation.get_gas_remaining()
        call.output = computation.output
        if computation.is_error:
            self.journal.revert(checkpoint)
            call.error = self._reason(computation.error)
            if call.error != REVERTED:
                call.output = b""
            return
        self.journal.refund += computation.get_gas_refund()
        for address, topics, data in computation.get_log_entries():
            self.journal.logs.append(Log(address, tuple(topic.to_bytes(32, "big") for topic in topics), data))
        for address in computation.get_accounts_for_deletion():
            self.journal.destroy(address)

    def _computation_class(self) -> Any:
        base = _COMPUTATIONS[self.rules.hardfork]
        opcodes = base.opcodes
        if self.has_clz:
            opcodes = {**opcodes, 0x1E: as_opcode(logic_fn=_clz, mnemonic="CLZ", gas_cost=5)}
        precompiles = {
            address: _precompile(precompile, self.functions[precompile.name])
            for address, precompile in self.precompiles.items()
        }
        return type(
            "_Computation",
            (_Configured, base),
            {
                "opcodes": opcodes,
                "_precompiles": precompiles,
                "code_size_limit": self.code_size_limit,
                "initcode_size_limit": self.initcode_size_limit,
            },
        )

    @staticmethod
    def _reason(error: Exception) -> str:
        if isinstance(error, exceptions.Revert):
            return REVERTED
        return next((reason for kind, reason in _REASONS if isinstance(error, kind)), str(error))


class PyEvmEngine(Envelope):
    """Hands every frame to py-evm's run loop: a second opinion on any result. Cannot be traced."""

    machine = PyEvmMachine

    def __init__(self, spec: ChainSpec) -> None:
        super().__init__(spec)
        self.info = EngineInfo("py-evm", version("py-evm"))
