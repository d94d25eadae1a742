"""The run loop: call frames of one transaction, in Python made for speed.

``Machine.call`` and ``Machine.create`` frame an execution (value, checkpoint, precompile or code, undo on failure);
``Machine.run`` is the loop. The frequent opcodes stand in it, tested from the most frequent kind downwards, with gas,
program counter and stack in local variables; the others are functions in ``operations``, between which gas is handed
over through the frame.

Why a stack underflow is an ``IndexError`` first: a Python list raises it anyway, so the loop need not ask before every
pop. Each opcode looks at its deepest operand before it changes anything, so the length reported is the true one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from megadev.chain.receipts import CONSOLE, REVERTED, ConsoleCall
from megadev.evm.engine import BlockEnv, Frame, FrameExit, Step, Tracer
from megadev.evm.engines.bytecode import STACK_INPUTS, Bytecode, analyse, analysed, arrive
from megadev.evm.engines.depth import LEVELS, continue_below
from megadev.evm.engines.frames import Call
from megadev.evm.engines.journal import Checkpoint, Journal
from megadev.evm.engines.operations import (
    OPERATIONS,
    OUT_OF_GAS,
    Halted,
    grow,
    growth_cost,
    underflow,
)
from megadev.evm.engines.precompiles import Answer
from megadev.evm.engines.traces import word_hash
from megadev.evm.rules import Precompile
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32

CONSOLE_ROOM: Final = 1 << 20
"""Bytes of what one transaction prints that are kept: printing is cheap in gas, and receipts stay in memory."""
CONSOLE_FULL: Final = encode_call("log(string)", "(more was printed than megadev keeps of one transaction)")

_WORD: Final = 1 << 256
_MASK: Final = _WORD - 1
_SIGN: Final = 1 << 255


class Machine:
    """Everything the frames of one transaction share."""

    __slots__ = (
        "blob_hashes",
        "block",
        "chain_id",
        "code_size_limit",
        "console",
        "console_room",
        "functions",
        "gas_price",
        "has_clz",
        "initcode_size_limit",
        "journal",
        "mnemonics",
        "origin",
        "precompiles",
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
        mnemonics: dict[int, str],
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
        self.mnemonics = mnemonics
        self.has_clz = 0x1E in mnemonics
        self.precompiles = precompiles
        self.functions = functions
        self.console: list[ConsoleCall] = []
        self.console_room = CONSOLE_ROOM
        self.tracer = tracer
        self.wants_steps = tracer is not None and tracer.wants_steps

    # frames

    def call(self, call: Call) -> None:
        """Run a message call; leaves the outcome in ``call``."""
        journal = self.journal
        gas = call.gas
        if self.tracer is not None:
            self.enter(call)
        checkpoint = journal.checkpoint()
        if call.kind == "CALL":
            journal.move_value(call.caller, call.address, call.value)
        elif call.kind == "STATICCALL":
            journal.touch(call.address)
        precompile = None if call.is_delegated else self.precompiles.get(call.code_address)
        if precompile is not None:
            self._precompile(call, precompile)
        elif call.code:
            self._run(call, analysed(call.code))
        elif call.code_address == CONSOLE:
            self.print(call.caller, call.data)
        if call.error is not None:
            self._fail(call, checkpoint)
        if self.tracer is not None:
            self.leave(call, gas)

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
            self._run(call, analyse(call.code))
        if call.error is None:
            call.error = self._store_code(call)
        if call.error is not None:
            self._fail(call, checkpoint)
        if self.tracer is not None:
            self.leave(call, gas)

    def _store_code(self, call: Call) -> str | None:
        """Make the output the new contract's code, or say why it cannot be (EIP-170, EIP-3541)."""
        code = call.output
        if code[:1] == b"\xef":
            return "invalid code: must not begin with 0xef"
        if self.code_size_limit is not None and len(code) > self.code_size_limit:
            return "max code size exceeded"
        call.gas -= 200 * len(code)
        if call.gas < 0:
            return "contract creation code storage out of gas"
        if code:
            self.journal.set_code(call.address, code)
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
        output = self.functions[precompile.name](call.data)
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
            call.data if call.kind not in ("CREATE", "CREATE2") else call.code,
        )
        if self.tracer is not None:
            self.tracer.enter(call.frame)

    def leave(self, call: Call, gas: int) -> None:
        """Tell the tracer how ``call``, begun with ``gas``, ended."""
        if self.tracer is not None and call.frame is not None:
            self.tracer.exit(call.frame, FrameExit(gas - call.gas, call.output, call.error))

    # the loop

    def _run(self, call: Call, bytecode: Bytecode) -> None:
        """As ``run``, on a fresh stack once there are many calls within calls."""
        if call.depth % LEVELS or not call.depth:
            self.run(call, bytecode)
        else:
            continue_below(lambda: self.run(call, bytecode))

    def run(self, call: Call, bytecode: Bytecode) -> None:
        """Run code until it stops; sets ``call.gas``, ``call.output`` and ``call.error``."""
        code, jumps, pushes, traces = bytecode.padded, bytecode.jumps, bytecode.pushes, bytecode.traces
        stack, memory, data = call.stack, call.memory, call.data
        push, pop = stack.append, stack.pop
        gas, pc = call.gas, 0
        op = 0
        tracer = self.tracer if self.wants_steps else None
        stepping = False
        try:
            while True:
                # an arrival: the start, a jump, what follows one, or an opcode that left the loop
                if tracer is None:
                    trace = traces[pc] if pc in traces else arrive(bytecode, pc)
                    if trace is not None:
                        cost, needs, fits, compiled = trace
                        if gas >= cost and needs <= len(stack) <= fits:
                            pc, gas = compiled(stack, memory, gas - cost, call, self)
                            continue
                while True:
                    op = code[pc]
                    if tracer is not None:
                        if stepping:
                            tracer.step_done(gas)
                        stepping = True
                        frame = call.frame
                        assert frame is not None
                        tracer.step(
                            Step(pc, op, gas, call.depth, self.journal.refund, stack, memory, call.return_data, frame)
                        )
                    if op >= 0x5F:
                        if op < 0x80:  # PUSH0 … PUSH32
                            if op == 0x5F:
                                gas -= 2
                                push(0)
                                pc += 1
                            else:
                                gas -= 3
                                push(pushes[pc])
                                pc += op - 0x5E
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            if len(stack) > 1024:
                                raise Halted("stack limit reached 1024 (1023)")
                            continue
                        if op < 0x90:  # DUP1 … DUP16
                            gas -= 3
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            push(stack[0x7F - op])
                            if len(stack) > 1024:
                                raise Halted("stack limit reached 1024 (1023)")
                            pc += 1
                            continue
                        if op < 0xA0:  # SWAP1 … SWAP16
                            gas -= 3
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            depth = 0x8E - op
                            deep = stack[depth]
                            stack[depth] = stack[-1]
                            stack[-1] = deep
                            pc += 1
                            continue
                    elif op >= 0x50:
                        if op == 0x5B:  # JUMPDEST
                            gas -= 1
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            pc += 1
                            continue
                        if op == 0x57:  # JUMPI
                            gas -= 10
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            condition = stack[-2]
                            target = pop()
                            pop()
                            if condition:
                                if target not in jumps:
                                    raise Halted("invalid jump destination")
                                pc = target
                            else:
                                pc += 1
                            break
                        if op == 0x56:  # JUMP
                            gas -= 8
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            pc = pop()
                            if pc not in jumps:
                                raise Halted("invalid jump destination")
                            break
                        if op == 0x50:  # POP
                            gas -= 2
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            pop()
                            pc += 1
                            continue
                        if op == 0x52:  # MSTORE
                            gas -= 3
                            value = stack[-2]
                            offset = pop()
                            pop()
                            if offset + 32 > len(memory):
                                gas -= growth_cost(memory, offset + 32)
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                grow(memory, offset + 32)
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            memory[offset : offset + 32] = value.to_bytes(32, "big")
                            pc += 1
                            continue
                        if op == 0x51:  # MLOAD
                            gas -= 3
                            offset = stack[-1]
                            if offset + 32 > len(memory):
                                gas -= growth_cost(memory, offset + 32)
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                grow(memory, offset + 32)
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            stack[-1] = int.from_bytes(memory[offset : offset + 32], "big")
                            pc += 1
                            continue
                    elif op < 0x20:
                        if op == 0x01:  # ADD
                            gas -= 3
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            stack[-2] = (stack[-2] + stack[-1]) & _MASK
                            pop()
                            pc += 1
                            continue
                        if op >= 0x10:
                            if op == 0x15:  # ISZERO
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-1] = 0 if stack[-1] else 1
                                pc += 1
                                continue
                            if op == 0x16:  # AND
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] &= stack[-1]
                                pop()
                                pc += 1
                                continue
                            if op == 0x14:  # EQ
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = 1 if stack[-2] == stack[-1] else 0
                                pop()
                                pc += 1
                                continue
                            if op == 0x10:  # LT
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = 1 if stack[-1] < stack[-2] else 0
                                pop()
                                pc += 1
                                continue
                            if op == 0x11:  # GT
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = 1 if stack[-1] > stack[-2] else 0
                                pop()
                                pc += 1
                                continue
                            if op == 0x1C:  # SHR
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                value = stack[-2]
                                shift = pop()
                                stack[-1] = value >> shift if shift < 256 else 0
                                pc += 1
                                continue
                            if op == 0x1B:  # SHL
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                value = stack[-2]
                                shift = pop()
                                stack[-1] = value << shift & _MASK if shift < 256 else 0
                                pc += 1
                                continue
                            if op == 0x17:  # OR
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] |= stack[-1]
                                pop()
                                pc += 1
                                continue
                            if op == 0x12 or op == 0x13:  # SLT, SGT
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                # flipping the sign bit turns two's complement order into plain order
                                right = stack[-2] ^ _SIGN
                                left = pop() ^ _SIGN
                                stack[-1] = 1 if (left < right if op == 0x12 else left > right) else 0
                                pc += 1
                                continue
                            if op == 0x19:  # NOT
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-1] ^= _MASK
                                pc += 1
                                continue
                            if op == 0x18:  # XOR
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] ^= stack[-1]
                                pop()
                                pc += 1
                                continue
                        else:
                            if op == 0x03:  # SUB
                                gas -= 3
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = (stack[-1] - stack[-2]) & _MASK
                                pop()
                                pc += 1
                                continue
                            if op == 0x02:  # MUL
                                gas -= 5
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = stack[-1] * stack[-2] & _MASK
                                pop()
                                pc += 1
                                continue
                            if op == 0x04:  # DIV
                                gas -= 5
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                right = stack[-2]
                                left = pop()
                                stack[-1] = left // right if right else 0
                                pc += 1
                                continue
                            if op == 0x06:  # MOD
                                gas -= 5
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                right = stack[-2]
                                left = pop()
                                stack[-1] = left % right if right else 0
                                pc += 1
                                continue
                            if op == 0x00:  # STOP
                                return self._finish(call, gas, stepping)
                    elif op == 0x35:  # CALLDATALOAD
                        gas -= 3
                        if gas < 0:
                            raise Halted(OUT_OF_GAS)
                        offset = stack[-1]
                        stack[-1] = int.from_bytes(data[offset : offset + 32].ljust(32, b"\0"), "big")
                        pc += 1
                        continue
                    elif op == 0x20:  # KECCAK256
                        size = stack[-2]
                        offset = pop()
                        gas -= 30 + 6 * ((size + 31) // 32)
                        if gas < 0:
                            raise Halted(OUT_OF_GAS)
                        if size and offset + size > len(memory):
                            gas -= growth_cost(memory, offset + size)
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            grow(memory, offset + size)
                        piece = bytes(memory[offset : offset + size])
                        stack[-1] = word_hash(piece) if size == 64 else int.from_bytes(keccak(piece), "big")
                        pc += 1
                        continue

                    if op == 0xF3 or op == 0xFD:  # RETURN, REVERT
                        size = stack[-2]
                        offset = pop()
                        pop()
                        if size and offset + size > len(memory):
                            gas -= growth_cost(memory, offset + size)
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            grow(memory, offset + size)
                        call.output = bytes(memory[offset : offset + size])
                        if op == 0xFD:
                            call.error = REVERTED
                        return self._finish(call, gas, stepping)
                    operation = OPERATIONS[op]
                    if operation is None or (op == 0x1E and not self.has_clz):
                        name = self.mnemonics.get(op)
                        raise Halted(f"invalid opcode: {name or f'opcode {op:#x} not defined'}")
                    if len(stack) < STACK_INPUTS[op]:
                        raise underflow(len(stack), STACK_INPUTS[op])
                    call.gas, call.pc = gas, pc
                    operation(self, call)
                    gas = call.gas
                    if op == 0xFF:  # SELFDESTRUCT
                        return self._finish(call, gas, stepping)
                    if len(stack) > 1024:
                        raise Halted("stack limit reached 1024 (1023)")
                    pc += 1
                    break
        except Halted as halt:
            call.error = halt.reason
        except IndexError:
            if len(stack) >= STACK_INPUTS[op]:
                raise
            call.error = underflow(len(stack), STACK_INPUTS[op]).reason
        return self._halt(call, gas, stepping)

    def _halt(self, call: Call, gas: int, stepping: bool) -> None:
        if stepping and self.tracer is not None:
            self.tracer.step_done(min(gas, call.gas))  # what an operation has charged stands in the frame alone
        call.gas = max(gas, 0)

    def _finish(self, call: Call, gas: int, stepping: bool) -> None:
        call.gas = gas
        if stepping and self.tracer is not None:
            self.tracer.step_done(gas)
