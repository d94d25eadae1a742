"""One transaction of MegaETH in native frames: its second gas, its meters and its limits are counted natively as well
(``runtime/mega.h``), and told to the meter at the end.

What is rare and intricate is not done natively: a limit that is crossed, a system contract whose calls the engine
answers, the oracle, SELFDESTRUCT. Such a run is given up as it stands and made in Python, which says exactly what
happens.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn

from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.mega.frames import MegaMachine
from megadev.evm.engines.mega.meter import LIMIT_HALT, NO_LIMIT, MegaCall
from megadev.evm.engines.native import arena as at
from megadev.evm.engines.native.arena import Arena
from megadev.evm.engines.native.frames import MOST_GAS, OUT_OF_GAS_ERROR, Compiling, GivenUp, NativeRun
from megadev.evm.engines.native.runtime.rebuild import MEGA_RESULT
from megadev.evm.mega_rules import ACCOUNT_SIZE, VOLATILE_OPCODES, MegaRules, Stipend
from megadev.evm.opcodes import NUMBERS

if TYPE_CHECKING:
    from megadev.chain.spec import MegaLimits
    from megadev.evm.rules import Precompile
    from megadev.primitives.types import Address

_METER: Final = 0xB0000
_SPEC: Final = struct.Struct("<9q4I")
_USED_AT: Final = _METER + _SPEC.size
_USED: Final = struct.Struct("<8qI")
_PRICE_AT: Final = _METER + 160
_GAVE_UP_AT: Final = _METER + 196
_RESCUED_AT: Final = _METER + 200
_LIMITED_AT: Final = _METER + 220
_FRAMES_AT: Final = _METER + 232
_FRAME_SIZE: Final = 88
_TRANSACTION: Final = struct.Struct("<8qII4qIIq6I10qII")
"""What was used, and the first frame's part of it."""
assert _USED_AT + _TRANSACTION.size == _FRAMES_AT + _FRAME_SIZE
assert NO_LIMIT == MOST_GAS
FEE_RECIPIENTS: Final = 4
"""How many accounts a transaction pays its fees to, at most."""
_NEEDS_CREATION, _NEEDS_PRICE = 20, 31
_NO_SLOT: Final = 0xFFFFFFFF
_PREWARMED, _LOADED = 1 << 9, 1 << 10
_LIMIT: Final = 18
_IS_PREWARMED: Final = bytes(4) + (2 | _PREWARMED).to_bytes(8, "little")
_IS_LOADED: Final = bytes(4) + (2 | _LOADED).to_bytes(8, "little")


def _flags(rules: MegaRules) -> int:
    """The switches of a spec, as the runtime has them."""
    switches = (
        rules.marks_counted,
        rules.keeps_creator,
        rules.counts_self_transfer_once,
        rules.grows_by_empty_only,
        rules.delegates_are_volatile,
        rules.counts_stipend,
        rules.stipend is Stipend.INFLATED,
        rules.quirky_delegates,
        rules.sees_through_delegation,
        rules.skips_deep_calls,
        rules.settles_unstarted,
        rules.expands_before_create,
    )
    return sum(switch << i for i, switch in enumerate(switches))


def _quirky(rules: MegaRules) -> int:
    return sum(1 << (NUMBERS[name] & 15) for name in rules.quirky_calls)


def _clipped(limit: int) -> int:
    return min(limit, NO_LIMIT)


class MeteredRun(NativeRun):
    """See ``NativeRun``. The machine and the call are MegaETH's."""

    runtime: ClassVar[Path] = MEGA_RESULT
    volatile: ClassVar[Mapping[int, int]] = {
        NUMBERS["GAS"]: 0,
        **{NUMBERS[name]: int(flags) for name, (flags, _) in VOLATILE_OPCODES.items()},
    }
    machine: MegaMachine
    call: MegaCall

    def __init__(self, tier: Compiling, arena: Arena, machine: Machine, call: Call) -> None:
        super().__init__(tier, arena, machine, call)
        self._put_meter()

    @classmethod
    def suits(cls, machine: MegaMachine) -> bool:
        """True if native frames can make the run, as far as one can see beforehand."""
        meter = machine.meter
        return not (
            meter.pending or meter.kept_data or (machine.mega.sees_through_delegation and machine.capacity is not None)
        )

    def _put_meter(self) -> None:
        meter, call, machine, arena = self.machine.meter, self.call, self.machine, self.arena
        limits = meter.limits
        spec = machine.mega, limits, meter.is_exempt
        if arena.spec != spec:
            self._put_spec(machine.mega, limits)
            arena.spec = spec
        detained = meter.detained
        values = (
            meter.compute, meter.data, meter.kv, meter.growth, meter.storage, meter.compute_limit,
            NO_LIMIT if detained is None else detained, meter.detention_cap, meter.volatile,
            machine.capacity is not None, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
            call.data_start, call.kv_start, call.growth_start, call.data_cap, call.kv_cap, call.growth_cap,
            call.compute_cap, call.compute_budget, 0, NO_LIMIT, call.counted, 0,
        )  # fmt: skip
        try:
            _TRANSACTION.pack_into(arena.view, _USED_AT, *values)
        except struct.error:  # limits beyond 64 bits
            _TRANSACTION.pack_into(arena.view, _USED_AT, *map(_clipped, values))

    def _put_spec(self, rules: MegaRules, limits: MegaLimits) -> None:
        meter = self.machine.meter
        _SPEC.pack_into(
            self.arena.view, _METER, _clipped(meter.data_limit), _clipped(meter.kv_limit),
            _clipped(meter.growth_limit), _clipped(limits.tx_compute_gas), _clipped(limits.volatile_compute),
            rules.code_byte, rules.topic, rules.log_byte, rules.empty_log_size, _flags(rules), _quirky(rules),
            meter.is_exempt, 0,
        )  # fmt: skip

    def _marks(self) -> bytes:
        precompiles, prewarmed = self.machine.precompiles.keys(), self.machine.prewarmed
        more = [address[::-1] + _IS_PREWARMED for address in prewarmed - precompiles]
        more += [address[::-1] + _IS_LOADED for address in precompiles - prewarmed]
        return super()._marks() + b"".join(more)

    def _drive(self, step: Callable[[], int]) -> None:
        super()._drive(step)
        if self.arena.words[at.ERROR] == OUT_OF_GAS_ERROR and self._is_over():
            raise GivenUp(is_full=False)  # whether that is laid to the limit depends on what it ran out for

    def _is_over(self) -> bool:
        """True if a limit of the transaction is exceeded in the end, or may be when those who are paid are counted."""
        compute, data, kv, growth, _, compute_limit, *_ = _USED.unpack_from(self.arena.view, _USED_AT)
        meter = self.machine.meter
        return bool(
            compute > compute_limit
            or data + FEE_RECIPIENTS * ACCOUNT_SIZE > meter.data_limit
            or kv + FEE_RECIPIENTS > meter.kv_limit
            or growth + FEE_RECIPIENTS > meter.growth_limit
        )

    def _end(self) -> None:
        super()._end()
        meter = self.machine.meter
        (
            meter.compute, meter.data, meter.kv, meter.growth, meter.storage, limit, detained, cap, meter.volatile
        ) = _USED.unpack_from(self.arena.view, _USED_AT)  # fmt: skip
        if cap != NO_LIMIT:
            meter.detention_cap = cap
        if detained != NO_LIMIT:
            meter.detained, meter.compute_limit = detained, limit
        view = self.arena.view
        self.call.is_limited = view[_LIMITED_AT] != 0
        if self.arena.words[at.ERROR] == _LIMIT:
            meter.latch()
            meter.rescued = struct.unpack_from("<q", view, _RESCUED_AT)[0]

    def _reason(self) -> str | None:
        return LIMIT_HALT if self.arena.words[at.ERROR] == _LIMIT else super()._reason()

    def _give_up(self) -> NoReturn:
        raise GivenUp(is_full=not self.arena.view[_GAVE_UP_AT])

    def _price(self) -> None:
        """Storage gas of a slot, or of an account, that comes to be."""
        words, machine = self.arena.words, self.machine
        address = self._address(words[at.ACCOUNT])
        if words[at.SIZE] == _NO_SLOT:
            price = machine.account_price(address)
        else:
            start = at.SLOTS + at.SLOT_SIZE * words[at.SIZE]
            price = machine.slot_price(address, int.from_bytes(self.arena.view[start : start + 32], "little"))
        self._answer_price(price)
        words[at.ANSWERED] = 1

    def _answer_price(self, price: int) -> None:
        struct.pack_into("<q", self.arena.view, _PRICE_AT, _clipped(price))

    def _creation(self) -> None:
        super()._creation()
        if self.machine.capacity is not None:
            address: Address = bytes(self.arena.view[at.ANSWER : at.ANSWER + 20])[::-1]
            self._answer_price(self.machine.contract_price(address))

    def _run_precompile(self, call: Call, precompile: Precompile) -> None:
        """What it computes is counted, and limited, as of a frame of its own."""
        view, meter = self.arena.view, self.machine.meter
        before = meter.compute, meter.compute_limit
        meter.compute = struct.unpack_from("<q", view, _USED_AT)[0]
        meter.compute_limit = struct.unpack_from("<q", view, _USED_AT + 40)[0]
        frame = MegaCall(
            None, call.kind, call.depth, call.caller, call.address, call.code_address, b"", 0, call.data, call.gas
        )
        depth = self.arena.words[at.DEPTH] - 1
        frame.compute_cap = struct.unpack_from("<q", view, _FRAMES_AT + _FRAME_SIZE * depth + 48)[0]
        try:
            self.machine._precompile(frame, precompile)
            struct.pack_into("<q", view, _USED_AT, meter.compute)
            if frame.is_limited or meter.halt is not None:
                raise GivenUp(is_full=False)
        finally:
            meter.compute, meter.compute_limit = before
            meter.halt = None
        call.gas, call.output, call.error = frame.gas, frame.output, frame.error


MeteredRun.answers = NativeRun.answers | {_NEEDS_CREATION: MeteredRun._creation, _NEEDS_PRICE: MeteredRun._price}
