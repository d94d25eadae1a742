"""The engine seam: a pure transition function. State, history and roots belong to Python above it; call frames, warm
sets, refunds and transient storage live below it.

``execute`` is the only way anything runs: a mined transaction, ``eth_call``, an estimate, a system call and a replay
are the same call under other ``Rules`` and over another reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import msgspec

from megadev.chain.receipts import ConsoleCall, Log
from megadev.chain.transactions import AccessList
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader

EcrecoverAnswers: TypeAlias = tuple[tuple[bytes, Address], ...]
"""Signatures (v, r, s as the precompile takes them, 96 bytes) with whom they recover to."""


class MegaEnv(msgspec.Struct, frozen=True):
    """The parts of a MegaETH block's environment beyond Ethereum's.

    ``system_address``: who sends system transactions. ``capacity``: of a state bucket, at the end of the parent block
    (None: all have the smallest, so nothing is multiplied). ``oracle``: what the off-chain source says of a slot of the
    oracle contract, None where it says nothing and the stored value holds.
    """

    system_address: Address = bytes.fromhex("a887dcb9d5f39ef79272801d05abdf707cfbbd1d")
    capacity: Callable[[int], int] | None = None
    oracle: Callable[[int], int | None] | None = None


class OperatorFee(msgspec.Struct, frozen=True):
    """The operator fee beside gas (OP Stack, Isthmus): ``constant`` wei for each transaction, and ``scalar`` millionths
    of a wei for each gas.
    """

    scalar: int
    constant: Wei

    def of(self, gas: int) -> Wei:
        """The fee of a transaction that uses ``gas``; charged on its limit, and given back for what was not used."""
        return gas * self.scalar // 10**6 + self.constant


class BlockEnv(msgspec.Struct, frozen=True):
    """The block a transaction runs in, as opcodes see it. Timestamps are seconds, fees wei. ``operator_fee`` is charged
    where it is.
    """

    number: int
    timestamp: int
    gas_limit: int
    coinbase: Address = ZERO_ADDRESS
    prev_randao: Hash32 = ZERO_HASH
    base_fee: Wei = 0
    blob_base_fee: Wei = 1
    operator_fee: OperatorFee | None = None
    mega: MegaEnv | None = None


class Authorization(msgspec.Struct, frozen=True):
    """One EIP-7702 tuple, with its signer recovered above the seam (None: the signature recovers to nobody)."""

    chain_id: int
    address: Address
    nonce: int
    authority: Address | None


class TxEnv(msgspec.Struct, frozen=True):
    """A transaction to execute, with its recovered sender. ``to`` None creates a contract.

    ``gas_price`` is the price actually paid per gas (wei), ``max_fee_per_gas`` the most the sender agreed to.
    ``l1_fee`` is what it pays for its data on L1 (wei), however it ends.

    What follows ``l1_fee`` only MegaETH's models look at: ``chain_id`` None is not checked; ``is_deposit``,
    ``is_system`` and ``mint`` (in the balance already) are those of a deposit (0x7E).
    """

    sender: Address
    to: Address | None
    nonce: int = 0
    value: Wei = 0
    data: bytes = b""
    gas_limit: int = 30_000_000
    gas_price: Wei = 0
    max_fee_per_gas: Wei = 0
    access_list: AccessList = ()
    blob_versioned_hashes: tuple[Hash32, ...] = ()
    max_fee_per_blob_gas: Wei = 0
    authorizations: tuple[Authorization, ...] = ()
    l1_fee: Wei = 0
    type: int = 2
    chain_id: int | None = None
    max_priority_fee_per_gas: Wei = 0
    is_deposit: bool = False
    is_system: bool = False
    mint: Wei = 0


class Rules(msgspec.Struct, frozen=True):
    """The checks and charges that apply. The default is consensus; calls, estimates and system calls waive some.

    ``charge_fees``: deduct gas × price (and blob fees, and what L1 and the operator ask for) and pay who receives it.
    ``charge_intrinsic``: intrinsic and floor gas. ``ecrecover_answers``: signatures whose recovery is decided
    beforehand, whatever they sign (anvil_impersonateSignature).
    ``moved_precompiles``: old address → new address, None for nowhere (state overrides).
    """

    check_nonce: bool = True
    check_balance: bool = True
    check_sender_code: bool = True
    check_base_fee: bool = True
    check_gas_limit: bool = True
    charge_fees: bool = True
    charge_intrinsic: bool = True
    bump_nonce: bool = True
    ecrecover_answers: EcrecoverAnswers = ()
    moved_precompiles: tuple[tuple[Address, Address | None], ...] = ()


CONSENSUS = Rules()
IMPERSONATED = Rules(check_sender_code=False)
"""A transaction sent for an account whose key we do not have: anything but its code is checked."""
CALL = Rules(
    check_nonce=False,
    check_balance=False,
    check_sender_code=False,
    check_base_fee=False,
    check_gas_limit=False,
    charge_fees=False,
)
"""eth_call and its kin: as geth, no nonce and no fee; the transferred value must still exist."""
SYSTEM = Rules(
    check_nonce=False,
    check_balance=False,
    check_sender_code=False,
    check_base_fee=False,
    check_gas_limit=False,
    charge_fees=False,
    charge_intrinsic=False,
    bump_nonce=False,
)
"""Calls the protocol makes at block boundaries (EIP-2935, EIP-4788): 30,000,000 gas, free."""

SYSTEM_TRANSACTION = Rules(
    check_balance=False,
    check_sender_code=False,
    check_base_fee=False,
    check_gas_limit=False,
    charge_fees=False,
)
"""One of the protocol's own (MegaETH specification, "Mega System Transaction"): free, but its nonce is checked."""


class Success(msgspec.Struct, frozen=True):
    """Ran to its end. ``created``: the new contract's address, for a creation."""

    output: bytes
    created: Address | None = None


class Revert(msgspec.Struct, frozen=True):
    """Ended in REVERT: state undone, remaining gas kept, ``output`` explains."""

    output: bytes
    created: Address | None = None


class Halt(msgspec.Struct, frozen=True):
    """Ended exceptionally: state undone, gas consumed. ``reason`` in geth's words: 'out of gas', 'invalid opcode:
    INVALID', 'invalid jump destination', 'stack underflow (1 <=> 2)', 'write protection', 'max code size exceeded'…
    """

    reason: str
    output: bytes = b""
    created: Address | None = None


Result: TypeAlias = Success | Revert | Halt


class Hint(msgspec.Struct, frozen=True):
    """A hint that a contract sent to the oracle (``sendHint``)."""

    sender: Address
    topic: Hash32
    data: bytes


class LimitHalt(msgspec.Struct, frozen=True):
    """The limit of the whole transaction that ended it. ``reason``: MegaETH's name of the halt. ``volatile``: what had
    been looked at by then.
    """

    reason: str
    limit: int
    actual: int
    volatile: int = 0


class Meters(msgspec.Struct, frozen=True):
    """MegaETH's meters of one transaction, as reported with its receipt.

    ``storage_gas``: of the intrinsic gas, of opcodes that completed and of deployed code. ``intrinsic``: gas taken
    before the first frame. ``detained_limit``: the compute gas that volatile data left it, None if it saw none;
    ``volatile`` what it saw (``mega_rules.Volatile``). ``oracle_reads``: slots of the oracle that its off-chain source
    answered, with the values.
    """

    compute_gas: int = 0
    data_size: int = 0
    kv_updates: int = 0
    state_growth: int = 0
    storage_gas: int = 0
    intrinsic: int | None = None
    detained_limit: int | None = None
    volatile: int = 0
    hints: tuple[Hint, ...] = ()
    oracle_reads: tuple[tuple[int, int], ...] = ()
    limit_halt: LimitHalt | None = None


class RunningMeter(Protocol):
    """MegaETH's meters while a transaction runs: what it has used so far. ``detained`` is the compute gas that volatile
    data left it, None while it saw none; ``volatile`` what it saw.
    """

    compute: int
    storage: int
    data: int
    kv: int
    growth: int
    detained: int | None
    volatile: int


@runtime_checkable
class MeterTracer(Protocol):
    """A tracer that looks at the meters as well: told of them before the first frame, where there are any."""

    def begin_metering(self, meter: RunningMeter) -> None: ...


class GasReport(msgspec.Struct, frozen=True):
    """``used``: what the receipt says (after refund and floor). ``refunded``: what came back (EIP-3529).
    ``floor``: EIP-7623's minimum. ``limit_needed``: peak gas before the refund, a lower bound for an estimate.
    ``meters``: under MegaETH's models."""

    used: int
    refunded: int = 0
    floor: int = 0
    limit_needed: int = 0
    meters: Meters | None = None


class AccessSet(msgspec.Struct):
    """Accounts and slots touched, also by frames that reverted. Warm at the start or not is not told apart."""

    accounts: set[Address] = msgspec.field(default_factory=set)
    slots: set[tuple[Address, int]] = msgspec.field(default_factory=set)


class Execution:
    """Everything that came of running one transaction. What is given as a function is worked out when it is first asked
    for: of a call, hardly anybody asks for more than the result.
    """

    __slots__ = ("_accessed", "_diff", "_logs", "console", "gas", "result")

    def __init__(
        self,
        result: Result,
        gas: GasReport,
        logs: tuple[Log, ...] | Callable[[], tuple[Log, ...]],
        diff: StateDiff | Callable[[], StateDiff],
        accessed: AccessSet | Callable[[], AccessSet],
        console: tuple[ConsoleCall, ...] = (),
    ) -> None:
        self.result = result
        self.gas = gas
        self._logs = logs
        self._diff = diff
        self._accessed = accessed
        self.console = console

    @property
    def logs(self) -> tuple[Log, ...]:
        logs = self._logs
        if not isinstance(logs, tuple):
            logs = self._logs = logs()
        return logs

    @property
    def diff(self) -> StateDiff:
        diff = self._diff
        if not isinstance(diff, StateDiff):
            diff = self._diff = diff()
        return diff

    @property
    def accessed(self) -> AccessSet:
        accessed = self._accessed
        if not isinstance(accessed, AccessSet):
            accessed = self._accessed = accessed()
        return accessed

    @property
    def succeeded(self) -> bool:
        return isinstance(self.result, Success)

    def parts(self) -> tuple[object, ...]:
        """All of it, worked out, in the order in which it is made."""
        return self.result, self.gas, self.logs, self.diff, self.accessed, self.console

    def __eq__(self, other: object) -> bool:
        return self.parts() == other.parts() if isinstance(other, Execution) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        names = ("result", "gas", "logs", "diff", "accessed", "console")
        return f"Execution({', '.join(f'{n}={part!r}' for n, part in zip(names, self.parts(), strict=True))})"


class Frame(msgspec.Struct):
    """A call frame as a tracer sees it on entry. ``kind``: CALL, DELEGATECALL, STATICCALL, CALLCODE, CREATE, CREATE2 or
    SELFDESTRUCT; ``to`` is the callee, or the new contract's address."""

    kind: str
    depth: int
    sender: Address
    to: Address
    code_address: Address
    value: Wei
    gas: int
    input: bytes


class Step(msgspec.Struct, gc=False):
    """One opcode about to run. ``stack`` (top last) and ``memory`` are live views: copy what you keep.

    Why a msgspec struct: one is made for every opcode that is watched, and it is made in C.
    """

    pc: int
    op: int
    gas: int
    depth: int
    refund: int
    stack: list[int]
    memory: memoryview | bytes | bytearray
    return_data: bytes
    frame: Frame


@dataclass(slots=True)
class FrameExit:
    """The end of a frame. ``error`` is None for success, 'execution reverted' or a halt reason otherwise; ``pc``: where
    a frame that failed stood, where the engine knows.
    """

    gas_used: int
    output: bytes
    error: str | None = None
    pc: int | None = field(default=None, compare=False)


class Tracer(Protocol):
    """Watches an execution without touching it. ``wants_steps`` False keeps the fast path."""

    wants_steps: bool

    def enter(self, frame: Frame) -> None: ...

    def exit(self, frame: Frame, outcome: FrameExit) -> None: ...

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None:
        """After the opcode of the last ``step`` of that frame, or its failure, which ``exit`` then names.

        ``gas_left`` is what the frame has left; below zero where the opcode would have cost more than there was.
        """
        ...

    def log(self, log: Log) -> None: ...


def show_unstarted(tracer: Tracer | None, tx: TxEnv, created: Address | None, reason: str | None) -> None:
    """Show a tracer the frame of a transaction that did not start: it takes all gas, or none if ``reason`` is None.
    ``created``: the contract that it would have created.
    """
    if tracer is None:
        return
    callee = tx.to if tx.to is not None else created or bytes(20)
    kind = "CALL" if tx.to is not None else "CREATE"
    frame = Frame(kind, 0, tx.sender, callee, callee, tx.value, tx.gas_limit, tx.data)
    tracer.enter(frame)
    tracer.exit(frame, FrameExit(0 if reason is None else tx.gas_limit, b"", reason))


class EngineInfo(msgspec.Struct, frozen=True):
    """The description of an engine for banners and error messages."""

    name: str
    version: str
    notes: tuple[str, ...] = msgspec.field(default_factory=tuple)


class Engine(Protocol):
    """Opened for one ``ChainSpec``; refuses at start (``ConfigError``) what it cannot run."""

    info: EngineInfo

    def execute(
        self, block: BlockEnv, tx: TxEnv, state: StateReader, *, rules: Rules = CONSENSUS, tracer: Tracer | None = None
    ) -> Execution:
        """Run ``tx`` in ``block`` over ``state``.

        Returns an ``Execution`` whether it succeeded, reverted or halted. Raises ``InvalidTransaction`` (nothing ran),
        ``StateUnavailable`` (a source failed) or ``EngineFault`` (our defect).
        """
        ...
