"""Frames under MegaETH's limits: what is counted when one begins, how it ends when a limit is crossed, and what its run
loop is given to spend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, NoReturn

from megadev.chain.receipts import REVERTED
from megadev.chain.spec import SMALLEST_CAPACITY
from megadev.chain.transactions import MAX_NONCE, is_delegation
from megadev.evm.engine import Step, Tracer
from megadev.evm.engines.frames import CODE_OUT_OF_GAS, OUT_OF_GAS, Call, Halted, HandOver, Stopped, Unpayable
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.mega.meter import LIMIT_HALT, MegaCall, Meter
from megadev.evm.engines.operations import created_address, has_code_or_nonce
from megadev.evm.gas import CODE_BYTE
from megadev.evm.mega_rules import (
    ACCESS_DISABLED,
    BENEFICIARY_TYPE,
    FRAME_SHARE,
    INTERCEPTED,
    ORACLE,
    SEND_HINT,
    STORAGE_STIPEND,
    MegaRules,
    Stipend,
    Volatile,
)
from megadev.evm.rules import CALL_DEPTH_LIMIT, Precompile
from megadev.evm.salt import bucket_of, slot_bucket
from megadev.primitives.types import Address

_BENEFICIARY: Final = Volatile.BENEFICIARY_BALANCE.value
NONCE_OVERFLOW: Final = "nonce uint64 overflow"
_KZG = (0x0A).to_bytes(20, "big")


class _OneOpcode(Exception):
    """The opcode that was to be run alone is through, and leaves ``gas``."""

    def __init__(self, gas: int) -> None:
        super().__init__()
        self.gas = gas


class _Alone:
    """A tracer that lets one opcode run."""

    wants_steps = True

    def __init__(self) -> None:
        self.has_begun = False

    def step(self, step: Step) -> None:
        if self.has_begun:
            raise _OneOpcode(step.gas)
        self.has_begun = True

    def step_done(self, gas_left: int) -> None: ...
    def enter(self, frame: object) -> None: ...
    def exit(self, frame: object, outcome: object) -> None: ...
    def log(self, log: object) -> None: ...


class _Metered:
    """A user's tracer for the steps of one frame, with limits looked at after each opcode."""

    wants_steps = True

    def __init__(self, machine: MegaMachine, call: MegaCall, tracer: Tracer) -> None:
        self.machine = machine
        self.call = call
        self.tracer = tracer
        self.step = tracer.step
        self.enter = tracer.enter
        self.exit = tracer.exit
        self.log = tracer.log

    def step_done(self, gas_left: int) -> None:
        self.tracer.step_done(gas_left)
        call, meter = self.call, self.machine.meter
        if not call.settled:
            meter.compute += call.mark - gas_left
            call.mark = gas_left
            if meter.is_over(call):
                call.gas = gas_left
                call.settled = True
                meter.end(call)
                raise Stopped(is_between=True)


def refuse_access(call: MegaCall, kind: int) -> NoReturn:
    """Volatile data is disabled for this frame: it reverts, and keeps its gas."""
    call.error = REVERTED
    call.output = ACCESS_DISABLED + kind.to_bytes(32, "big")
    raise Stopped()


class MegaMachine(Loop):
    """The state that the frames of one transaction share. ``prewarmed``: addresses declared warm that nothing has
    loaded yet. ``capacity``: as ``MegaEnv.capacity``, None where nothing is multiplied. ``watches_oracle``: reading the
    oracle detains.
    """

    __slots__ = ("capacity", "clamps", "kept_empty", "mega", "meter", "oracle", "prewarmed", "watches_oracle")
    trace_stops: ClassVar[frozenset[int]] = frozenset()
    mega: MegaRules
    meter: Meter
    prewarmed: set[Address]
    kept_empty: list[Address]
    """Accounts that a keyless deployment leaves behind empty, where a transaction would remove them."""
    oracle: Callable[[int], int | None] | None
    capacity: Callable[[int], int] | None
    watches_oracle: bool
    clamps: bool

    # what it costs where the state is full

    def multiplied(self, base: int, bucket: int) -> int:
        """``base`` for each further multiple of the smallest capacity that the bucket has."""
        if self.capacity is None:
            return 0
        return base * (max(self.capacity(bucket), SMALLEST_CAPACITY) // SMALLEST_CAPACITY - 1)

    def slot_price(self, address: Address, slot: int) -> int:
        """Storage gas of a slot that is written for the first time."""
        return self.multiplied(self.mega.slot, slot_bucket(address, slot))

    def account_price(self, address: Address) -> int:
        """Storage gas of an account that comes to be."""
        return self.multiplied(self.mega.account, bucket_of(address))

    def contract_price(self, address: Address) -> int:
        """Storage gas of a contract that comes to be."""
        return self.multiplied(self.mega.contract, bucket_of(address))

    def priced_address(self, creator: Address) -> Address:
        """The address by which CREATE is priced: where it puts the contract; before Rex5 its creator's delegate's nonce
        was taken for that (EIP-7702).
        """
        source = creator
        if self.mega.sees_through_delegation:
            code = self.journal.code(creator)
            if is_delegation(code):
                source = code[3:]
        return created_address(creator, self.journal.nonce(source))

    def looks_empty(self, address: Address) -> bool:
        """True if value would make the account; before Rex5 its delegate is asked (EIP-7702)."""
        if self.mega.sees_through_delegation:
            code = self.journal.code(address)
            if is_delegation(code):
                address = code[3:]
        return self.journal.is_dead(address)

    def call_storage_price(self, call: MegaCall, kind: str, to: Address) -> int:
        """Storage gas of a call that carries value."""
        if kind == "CALLCODE" and not self.mega.sees_through_delegation:
            to = call.address
        return self.account_price(to) if self.looks_empty(to) else 0

    # volatile data and warmth

    def is_beneficiary(self, address: Address) -> bool:
        """True if calling the account looks at the block's beneficiary."""
        coinbase = self.block.coinbase
        if address == coinbase:
            return True
        if not self.mega.delegates_are_volatile:
            return False
        code = self.journal.code(address)
        return is_delegation(code) and code[3:] == coinbase

    def guard(self, call: MegaCall, address: Address) -> None:
        """Refuse to read the account where it is the beneficiary and that is disabled."""
        if address == self.block.coinbase and self.meter.disabler is not None:
            refuse_access(call, BENEFICIARY_TYPE)

    def look_at(self, address: Address) -> None:
        """An opcode reads the account, which may be the beneficiary."""
        if address == self.block.coinbase:
            self.meter.see(_BENEFICIARY)

    def saw(self, address: Address) -> bool:
        """True if reading the account was reading volatile data."""
        return address == self.block.coinbase

    def cool(self, address: Address) -> None:
        """An account that was only declared warm is cold when it is first called."""
        if address in self.prewarmed:
            self.prewarmed.discard(address)
            self.journal.warm_accounts.pop(address, None)

    def cool_for_call(self, kind: str, to: Address) -> None:
        """Applies the effect of the first call of that kind on the warmth of its target, and of its target's
        delegate.
        """
        if kind in self.mega.quirky_calls:
            self.cool(to)
            if self.mega.quirky_delegates:
                code = self.journal.code(to)
                if is_delegation(code):
                    self.cool(code[3:])

    # gas that the loop is given

    def clamp(self, call: MegaCall) -> None:
        """Let the loop have what the compute budgets leave."""
        meter, gas = self.meter, call.gas
        call.mark = gas
        call.settled = False
        if self.clamps:
            cap = call.compute_cap if call.compute_cap < meter.compute_limit else meter.compute_limit
            room = cap - meter.compute
            if gas > room:
                call.hidden = gas - room
                call.gas = room

    def close(self, call: MegaCall, looked: bool = False, paid: int = 0) -> None:
        """A metered opcode is through, having ``paid`` storage gas not counted yet: limits, then detention where it
        ``looked`` at something, then on. What only its frame's limit reverts has looked all the same.
        """
        meter = self.meter
        if meter.is_over(call):
            stopped = meter.stop(call, paid)
            if looked and meter.volatile and meter.halt is None:
                meter.detain()
            raise stopped
        meter.storage += paid
        if looked and meter.volatile:
            meter.detain()
        self.clamp(call)

    def resume(self, call: MegaCall) -> None:
        """The frame goes on after another it has started."""
        meter = self.meter
        if meter.halt is not None:
            call.error, call.output = LIMIT_HALT, b""
            raise Stopped()
        if meter.is_over(call):
            raise meter.stop(call)
        self.clamp(call)
        if meter.pending:
            raise HandOver(call.pc + 1, call.gas)  # the next opcode that looks at anything is to be seen

    def limit_forwarding(self, call: MegaCall, child: MegaCall, stipend: int) -> None:
        """The caller keeps 2 % of its gas; beyond that what was forwarded comes back."""
        forwarded = child.gas - stipend
        before = call.gas + forwarded
        share, whole = FRAME_SHARE
        most = before - before * (whole - share) // whole
        if forwarded > most:
            call.gas += forwarded - most
            child.gas = most + stipend

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        assert isinstance(call, MegaCall)
        self.clamp(call)
        if self.wants_steps and self.tracer is not None:
            self.execute(call, 0, _Metered(self, call, self.tracer))
        elif call.address == ORACLE or self.meter.pending:
            self.execute_plainly(call)
        else:
            self.execute(call, 0, None)
        if not call.settled:
            gas = call.gas + call.hidden
            self.meter.compute += call.mark - gas
            call.gas, call.hidden, call.settled = gas, 0, True
            if self.meter.is_over(call):
                self.meter.end(call)

    def halted(self, call: Call, halt: Halted, pc: int, before: int) -> None:
        """See ``Loop.halted``. What ran out of a part of its gas is run again with all of it."""
        assert isinstance(call, MegaCall)
        call.is_laid_to_limits = not isinstance(halt, Unpayable)
        call.failed_at = pc
        if call.settled:
            call.error = halt.reason
            return
        meter = self.meter
        gas = before + call.hidden
        meter.compute += call.mark - gas
        call.mark = gas
        if not call.hidden or halt.reason != OUT_OF_GAS:
            call.gas, call.hidden, call.settled = max(gas, 0), 0, True
            call.error = halt.reason
            return
        call.gas, call.hidden = gas, 0
        try:
            self.execute(call, pc, _Alone())
        except _OneOpcode as done:
            call.gas = done.gas
        if call.settled:
            return  # it failed in earnest
        meter.compute += gas - call.gas
        call.settled = True
        meter.end(call)

    # frames

    def call(self, call: Call) -> None:
        """See ``Machine.call``."""
        assert isinstance(call, MegaCall)
        journal, meter, gas = self.journal, self.meter, call.gas
        if self.tracer is not None:
            self.enter(call)
        if not self.intercept(call):
            is_deep = call.depth > CALL_DEPTH_LIMIT
            self._hear(call)
            self._give_stipend(call)
            meter.budget(call)
            moves = call.value != 0 and call.kind in ("CALL", "CALLCODE")
            if moves and not (is_deep and self.mega.skips_deep_calls and call.kind == "CALL"):
                meter.count_transfer(call, self.looks_empty(call.address))
            if meter.halt is not None:
                self._end(call)
            elif meter.is_over(call):
                meter.end(call)
                self._end(call)
            elif is_deep:
                call.error = "max call depth exceeded"
            elif moves and journal.balance(call.caller) < call.value:
                call.error = "insufficient balance for transfer"
            else:
                checkpoint = journal.checkpoint()
                self._perform(call)
                if call.error is not None:
                    if not call.stays:
                        journal.revert(checkpoint)
                    self._end(call)
            if call.error is not None and not call.stays:
                meter.drop(call)
            if meter.disabler is call:
                meter.disabler = None
            if call.ceiling is not None:
                call.gas = min(call.gas, call.ceiling)
        if self.tracer is not None:
            self.leave(call, gas)
        if meter.halt is not None:
            meter.rescue(call)

    def create(self, call: Call) -> None:
        """See ``Machine.create``; here the creator's nonce goes up."""
        assert isinstance(call, MegaCall)
        journal, meter, gas = self.journal, self.meter, call.gas
        if self.tracer is not None:
            self.enter(call)
        meter.budget(call)
        meter.count_creator(call)
        if not self.mega.grows_by_empty_only or journal.is_dead(call.address):
            meter.growth += 1
        if meter.is_over(call):
            meter.end(call)
            self._end(call)
        elif call.depth > CALL_DEPTH_LIMIT:
            call.error = "max call depth exceeded"
        elif journal.balance(call.caller) < call.value:
            call.error = "insufficient balance for transfer"
        elif journal.nonce(call.caller) == MAX_NONCE:
            call.error = NONCE_OVERFLOW
        else:
            journal.bump_nonce(call.caller)
            self.prewarmed.discard(call.address)
            journal.warm_account(call.address)
            if has_code_or_nonce(self, call.address):
                call.error = "contract address collision"
                self._end(call)
            else:
                self._run_creation(call)
        if call.error is not None and call.error != NONCE_OVERFLOW:
            meter.drop(call)
            parent = call.parent
            if call.lost and parent is not None and meter.halt is None and meter.is_over(parent):
                call.gas = (
                    call.lost
                )  # the update of the creator alone was too much for it: it reverts, and loses nothing
        if meter.disabler is call:
            meter.disabler = None
        if self.tracer is not None:
            self.leave(call, gas)
        if meter.halt is not None:
            meter.rescue(call)

    def _run_creation(self, call: MegaCall) -> None:
        journal, meter = self.journal, self.meter
        checkpoint, is_undone = journal.checkpoint(), True
        journal.mark_created(call.address)
        journal.bump_nonce(call.address)
        journal.move_value(call.caller, call.address, call.value)
        meter.update_account()
        if meter.is_over(call):
            meter.end(call)
        else:
            if call.code:
                self._run(call)
            if meter.halt is None and not call.is_limited:
                is_undone = self._deposit(call)
        if call.error is not None:
            if is_undone:
                journal.revert(checkpoint)
            self._end(call)

    def _deposit(self, call: MegaCall) -> bool:
        """Count the code that came back, and pay for it: storage gas, then as Ethereum has it. False where a creation
        that fails is not undone.
        """
        meter, size, stays = self.meter, len(call.output), not self.mega.undoes_unpaid_code
        paid = self.mega.code_byte * size
        if call.error is None:
            if call.gas < paid:
                call.error = CODE_OUT_OF_GAS
            else:
                call.gas -= paid
                if not stays and self._refuses_code(call.output) is None and call.gas >= CODE_BYTE * size:
                    meter.compute += CODE_BYTE * size  # recorded, although a limit may yet keep it from being paid
                    if meter.is_over(call):
                        meter.end(call)
                        return True
        meter.data += size
        if meter.is_over(call):
            meter.end(call)
        elif call.error is None:
            call.error = self._store_code(call)
            if call.error is None:
                if stays:
                    meter.compute += CODE_BYTE * size
                    if meter.is_over(call):
                        meter.end(call)
                        return False
                meter.storage += paid
        return True

    def _end(self, call: MegaCall) -> None:
        """A frame that failed: only a revert, and the end of everything, leave it its gas."""
        if self.meter.halt is not None:
            call.error, call.output = LIMIT_HALT, b""
        elif call.error != REVERTED:
            call.lost, call.gas, call.output = max(call.gas, 0), 0, b""

    def _give_stipend(self, call: MegaCall) -> None:
        if call.parent is None or not call.value or call.kind not in ("CALL", "CALLCODE"):
            return
        if self.mega.stipend is Stipend.ALLOWANCE:
            call.stipend = STORAGE_STIPEND
        else:
            call.ceiling = call.gas
            call.gas += STORAGE_STIPEND

    def _precompile(self, call: Call, precompile: Precompile) -> None:
        assert isinstance(call, MegaCall)
        meter, rules = self.meter, self.mega
        limit = min(call.gas, meter.compute_left(call)) if rules.meters_failed_precompiles else call.gas
        cost = precompile.gas(call.data)
        output = None
        if precompile.input_limit is not None and len(call.data) > precompile.input_limit:
            call.error = f"invalid input for precompile {precompile.name}"
        elif cost > limit:
            call.error, call.is_laid_to_limits = OUT_OF_GAS, False
        else:
            output = self.functions[precompile.name](call.data)
            if output is None:
                call.error = f"invalid input for precompile {precompile.name}"
        if output is not None:
            call.output = output
            call.gas -= cost
            meter.compute += cost
            call.stays = not rules.meters_failed_precompiles
        elif rules.meters_failed_precompiles:
            meter.compute += cost if precompile.address == _KZG and limit >= cost else limit
        if meter.is_over(call):
            meter.end(call)

    # system contracts

    def intercept(self, call: MegaCall) -> bool:
        """Answer a call to a system contract in its place, if this is one."""
        functions = INTERCEPTED.get(call.code_address)
        if functions is None or call.kind not in ("CALL", "STATICCALL"):
            return False
        name = functions.get(call.data[:4])
        if name is None or (call.depth > CALL_DEPTH_LIMIT and self.mega.skips_deep_calls):
            return False
        return self.answer(call, name)

    def answer(self, call: MegaCall, name: str) -> bool:
        """Do what ``INTERCEPTED`` names; False leaves it to the code."""
        raise NotImplementedError

    def _hear(self, call: MegaCall) -> None:
        """Pass a hint on to the oracle's source, which may cross a limit of the transaction."""
        if call.code_address == ORACLE and call.kind in ("CALL", "STATICCALL") and call.data[:4] == SEND_HINT:
            self.hear(call)

    def hear(self, call: MegaCall) -> None:
        """See ``_hear``."""
        raise NotImplementedError

    def execute_plainly(self, call: MegaCall) -> None:
        """Run without traces: each SLOAD is to be seen."""
        self.execute(call, 0, None, traced=False)
