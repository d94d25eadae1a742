"""Call frames: what one is made of (``Call``), and how one begins and ends (``Machine``: value, checkpoint, precompile
or code, undo on failure). What runs the code of a frame is a subclass's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from megadev.chain.receipts import CONSOLE, REVERTED, ConsoleCall
from megadev.chain.spec import Hardfork
from megadev.evm.engine import BlockEnv, Frame, FrameExit, Tracer
from megadev.evm.engines.depth import LEVELS, continue_below
from megadev.evm.engines.journal import Checkpoint, Journal
from megadev.evm.engines.precompiles import Answer
from megadev.evm.gas import CODE_BYTE, MEMORY_QUADRATIC, MEMORY_WORD
from megadev.evm.rules import EvmRules, Precompile
from megadev.primitives.abi import encode_call
from megadev.primitives.types import Address, Hash32

OUT_OF_GAS: Final = "out of gas"
CODE_OUT_OF_GAS: Final = "contract creation code storage out of gas"
_MEMORY_LIMIT: Final = 1 << 30
"""One GiB: no gas limit in use pays for more, and a frame with made-up gas must not take the machine down."""
_UNPAYABLE: Final = 1 << 80
CONSOLE_ROOM: Final = 1 << 20
"""Bytes of what one transaction prints that are kept: printing is cheap in gas, and receipts stay in memory."""
CONSOLE_FULL: Final = encode_call("log(string)", "(more was printed than megadev keeps of one transaction)")


class Halted(Exception):
    """The frame ends exceptionally, for ``reason``. ``before``: its gas before the opcode that failed, where the run
    loop could not tell.
    """

    def __init__(self, reason: str, before: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.before = before


class Unpayable(Halted):
    """Out of gas for memory, for an operand beyond 64 bits, or at SSTORE's sentry. MegaETH tells that from gas that ran
    out in the ordinary way: it lays it to no limit.
    """

    def __init__(self, before: int | None = None) -> None:
        super().__init__(OUT_OF_GAS, before)


def underflow(size: int, needed: int) -> Halted:
    """Too few words on the stack, in geth's words."""
    return Halted(f"stack underflow ({size} <=> {needed})")


class Stopped(Exception):
    """The frame ends here, as its ``gas``, ``output`` and ``error`` say. ``is_between``: no opcode is at work."""

    def __init__(self, *, is_between: bool = False) -> None:
        super().__init__()
        self.is_between = is_between


class HandOver(Exception):
    """Go on at ``pc`` with ``gas``, opcode by opcode: something may run out there that a trace cannot account for."""

    def __init__(self, pc: int, gas: int) -> None:
        super().__init__()
        self.pc = pc
        self.gas = gas


def growth_cost(memory: bytearray, end: int) -> int:
    """Gas for memory to reach ``end``, which lies beyond it. Raises ``Halted`` where no gas pays for it."""
    if end > _MEMORY_LIMIT:
        raise Unpayable
    return memory_cost(memory, end)


def memory_cost(memory: bytearray, end: int) -> int:
    """The same, as a number in any case."""
    if end > _MEMORY_LIMIT:
        return _UNPAYABLE
    before, after = len(memory) >> 5, (end + 31) >> 5
    return MEMORY_WORD * (after - before) + after * after // MEMORY_QUADRATIC - before * before // MEMORY_QUADRATIC


def pay_growth(call: Call, memory: bytearray, end: int, gas: int, paid: int) -> int:
    """Let memory reach ``end``, which lies beyond it; answers what is left of ``gas``, of which the opcode has been
    ``paid`` before.
    """
    cost = memory_cost(memory, end)
    if gas < cost:
        call.gas = gas - cost
        raise Unpayable(gas + paid) if gas >= 0 else Halted(OUT_OF_GAS, gas + paid)
    grow(memory, end)
    return gas - cost


def grow(memory: bytearray, end: int) -> None:
    """Fill memory with zeros up to the word that holds ``end`` - 1."""
    memory.extend(bytes(((end + 31) & ~31) - len(memory)))


class Call:
    """One frame: what was asked for, its working parts while it runs, and how it ended.

    ``gas`` is what is left, current whenever the loop is not in charge of it. After the run ``error`` is None,
    ``chain.receipts.REVERTED`` or a halt reason.
    """

    __slots__ = (
        "address",
        "caller",
        "code",
        "code_address",
        "data",
        "depth",
        "error",
        "failed_at",
        "frame",
        "gas",
        "is_creation",
        "is_delegated",
        "kind",
        "memory",
        "output",
        "pc",
        "return_data",
        "stack",
        "static",
        "value",
    )
    hidden = 0
    """Gas that is kept from the run loop: it runs with ``gas`` and the frame has both."""

    address: Address
    caller: Address
    code: bytes
    data: bytes
    gas: int
    memory: bytearray
    pc: int
    return_data: bytes
    value: int

    def __init__(
        self,
        kind: str,
        depth: int,
        caller: Address,
        address: Address,
        code_address: Address,
        code: bytes,
        value: int,
        data: bytes,
        gas: int,
        static: bool = False,
        is_delegated: bool = False,
    ) -> None:
        self.kind = kind
        self.depth = depth
        self.caller = caller
        self.address = address
        self.code_address = code_address
        self.code = code
        self.value = value
        self.data = data
        self.gas = gas
        self.static = static
        self.is_delegated = is_delegated
        self.is_creation = kind == "CREATE" or kind == "CREATE2"
        self.output = b""
        self.error: str | None = None
        self.frame: Frame | None = None
        self.return_data = b""
        self.stack: list[int] = []
        self.memory = bytearray()
        self.pc = 0
        self.failed_at: int | None = None


class Machine:
    """Everything the frames of one transaction share, and what happens around the running of code: ``run``, which does
    that, is the loop's.
    """

    __slots__ = (
        "blob_hashes",
        "block",
        "chain_id",
        "code_size_limit",
        "console",
        "console_room",
        "functions",
        "gas_price",
        "has_cancun",
        "has_clz",
        "initcode_size_limit",
        "journal",
        "mnemonics",
        "origin",
        "precompiles",
        "rules",
        "tracer",
        "wants_steps",
    )
    journal: Journal
    block: BlockEnv
    origin: Address
    gas_price: int
    blob_hashes: tuple[Hash32, ...]
    chain_id: int

    def __init__(
        self,
        journal: Journal,
        block: BlockEnv,
        *,
        origin: Address,
        gas_price: int,
        blob_hashes: tuple[Hash32, ...],
        chain_id: int,
        code_size_limit: int | None,
        initcode_size_limit: int | None,
        rules: EvmRules,
        precompiles: dict[Address, Precompile],
        functions: dict[str, Callable[[bytes], Answer]],
        tracer: Tracer | None,
    ) -> None:
        self.journal = journal
        self.block = block
        self.origin = origin
        self.gas_price = gas_price
        self.blob_hashes = blob_hashes
        self.chain_id = chain_id
        self.code_size_limit = code_size_limit
        self.initcode_size_limit = initcode_size_limit
        self.rules = rules
        self.mnemonics = rules.opcodes
        self.has_clz = 0x1E in rules.opcodes
        self.has_cancun = rules.hardfork >= Hardfork.CANCUN
        self.precompiles = precompiles
        self.functions = functions
        self.console: list[ConsoleCall] = []
        self.console_room = CONSOLE_ROOM
        self.tracer = tracer
        self.wants_steps = tracer is not None and tracer.wants_steps

    def run(self, call: Call) -> None:
        """Run ``call.code`` until it stops; sets ``call.gas``, ``call.output`` and ``call.error``."""
        raise NotImplementedError

    def _run(self, call: Call) -> None:
        """As ``run``, on a fresh stack now and then once there are many calls within calls."""
        if call.depth % LEVELS or not call.depth:
            self.run(call)
        else:
            continue_below(lambda: self.run(call))

    def call(self, call: Call) -> None:
        """Run a message call; leaves the outcome in ``call``."""
        journal = self.journal
        gas = call.gas
        if self.tracer is not None:
            self.enter(call)
        checkpoint = journal.checkpoint()
        self._perform(call)
        if call.error is not None:
            self._fail(call, checkpoint)
        if self.tracer is not None:
            self.leave(call, gas)

    def _perform(self, call: Call) -> None:
        """Move the value of a message call and run what it calls: a precompile, code, or the console."""
        journal = self.journal
        if call.kind == "CALL":
            journal.move_value(call.caller, call.address, call.value)
        elif call.kind == "STATICCALL":
            journal.touch(call.address)
        precompile = None if call.is_delegated else self.precompiles.get(call.code_address)
        if precompile is not None:
            self._precompile(call, precompile)
        elif call.code:
            self._run(call)
        elif call.code_address == CONSOLE:
            self.print(call.caller, call.data)

    def create(self, call: Call) -> None:
        """Run creation code and store what it returns; leaves the outcome in ``call``."""
        journal = self.journal
        gas = call.gas
        if self.tracer is not None:
            self.enter(call)
        checkpoint = journal.checkpoint()
        journal.mark_created(call.address)
        journal.bump_nonce(call.address)
        journal.move_value(call.caller, call.address, call.value)
        if call.code:
            self._run(call)
        if call.error is None:
            call.error = self._store_code(call)
        if call.error is not None:
            self._fail(call, checkpoint)
        if self.tracer is not None:
            self.leave(call, gas)

    def _store_code(self, call: Call) -> str | None:
        """Make the output the new contract's code, or say why it cannot be (EIP-170, EIP-3541)."""
        code = call.output
        reason = self._refuses_code(code)
        if reason is not None:
            return reason
        call.gas -= CODE_BYTE * len(code)
        if call.gas < 0:
            return CODE_OUT_OF_GAS
        if code:
            self.journal.set_code(call.address, code)
        return None

    def _refuses_code(self, code: bytes) -> str | None:
        if code[:1] == b"\xef":
            return "invalid code: must not begin with 0xef"
        if self.code_size_limit is not None and len(code) > self.code_size_limit:
            return "max code size exceeded"
        return None

    def _fail(self, call: Call, checkpoint: Checkpoint) -> None:
        self.journal.revert(checkpoint)
        if call.error != REVERTED:
            call.gas = 0
            call.output = b""

    def _precompile(self, call: Call, precompile: Precompile) -> None:
        call.gas -= precompile.gas(call.data)
        if call.gas < 0:
            call.error = OUT_OF_GAS
            return
        limit = precompile.input_limit
        output = None if limit is not None and len(call.data) > limit else self.functions[precompile.name](call.data)
        if output is None:
            call.error = f"invalid input for precompile {precompile.name}"
        else:
            call.output = output

    def print(self, sender: Address, data: bytes) -> None:
        """Keep what was printed, unless there was too much already; the last that is kept says so."""
        if self.console_room >= 0:
            self.console_room -= len(data) + 64
            self.console.append(ConsoleCall(sender, data if self.console_room >= 0 else CONSOLE_FULL))

    def refuse(self, call: Call, reason: str, *, keeps_gas: bool = True) -> None:
        """A call that may not start: a tracer sees it come and go. Its gas is kept, but for a collision's."""
        gas = call.gas
        if self.tracer is not None:
            self.enter(call)
        if not keeps_gas:
            call.gas = 0
        call.error = reason
        if self.tracer is not None:
            self.leave(call, gas)

    def enter(self, call: Call) -> None:
        """Tell the tracer that ``call`` begins."""
        call.frame = Frame(
            call.kind,
            call.depth,
            call.address if call.kind == "DELEGATECALL" else call.caller,
            call.code_address if call.kind in ("DELEGATECALL", "CALLCODE") else call.address,
            call.code_address,
            call.value,
            call.gas,
            call.code if call.is_creation else call.data,
        )
        if self.tracer is not None:
            self.tracer.enter(call.frame)

    def leave(self, call: Call, gas: int) -> None:
        """Tell the tracer how ``call``, begun with ``gas``, ended."""
        if self.tracer is not None and call.frame is not None:
            pc = None if call.error is None else call.failed_at
            self.tracer.exit(call.frame, FrameExit(gas - call.gas, call.output, call.error, pc))
