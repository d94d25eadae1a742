"""Every engine and tier on programs nobody wrote: ``python -m tests.conformance.engine_suite.fuzz --seconds 3600``.

A program is made of statements that leave the stack as they found it (arithmetic, memory, storage, calls, creations,
loops, functions), now and then with a byte exchanged; or it is hostile: made to have much compiled, or to leave compiled
code all the time. Each runs in the interpreter, natively, compiled as its loops grow hot, compiled whole before it runs,
and in py-evm. Everything an execution tells must be the same, and what is compiled must stay small.

Why no Hypothesis here: its examples are small, and a run of hours shall not shrink what it found but say the seed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import Engine, Execution, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.engines.bytecode import analyse
from megadev.evm.engines.frames import Machine
from megadev.evm.engines.native.arena import Arena
from megadev.evm.engines.native.loop import NativeLoop
from megadev.evm.engines.native.plan import MOST_OPCODES, plan
from megadev.evm.engines.native.tier import Tier
from megadev.evm.rules import EVM_RULES
from megadev.primitives.types import Address
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CHAIN_ID, CONTRACT, GWEI, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.worlds import DictState, Has, WholeState, asm

LARGEST_MODULE: Final = 8 << 20
"""Bytes of WebAssembly that one code may become."""
_EDGES: Final = (
    0, 1, 2, 31, 32, 33, 255, 256, (1 << 64) - 1, 1 << 64, 1 << 128, (1 << 128) - 1, 1 << 255, (1 << 255) - 1,
    (1 << 256) - 1, (1 << 256) - 2, 10**18, 1000003, 0xFFFFFFFFFFFFFF61,
    21888242871839275222246405745257275088548364400416034343698204186575808495617,
)  # fmt: skip
_ONE: Final = ("ISZERO", "NOT")
_TWO: Final = (
    "ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "EXP", "SIGNEXTEND", "LT", "GT", "SLT", "SGT", "EQ", "AND", "OR",
    "XOR", "BYTE", "SHL", "SHR", "SAR",
)  # fmt: skip
_THREE: Final = ("ADDMOD", "MULMOD")
_NONE: Final = (
    "ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATASIZE", "CODESIZE", "GASPRICE", "RETURNDATASIZE", "COINBASE",
    "TIMESTAMP", "NUMBER", "PREVRANDAO", "GASLIMIT", "CHAINID", "SELFBALANCE", "BASEFEE", "PC", "MSIZE", "GAS",
)  # fmt: skip
_ASKED: Final = ("BALANCE", "EXTCODESIZE", "EXTCODEHASH", "CALLDATALOAD", "SLOAD", "BLOCKHASH", "MLOAD")
_PLACES: Final = (CONTRACT, OTHER, THIRD, SENDER, *(bytes(19) + bytes([n]) for n in (1, 2, 3, 4, 5, 6, 9, 0x99)))


class Writer:
    """Writes one program for a hardfork."""

    def __init__(self, chance: random.Random, fork: Hardfork) -> None:
        self.chance = chance
        self.fork = fork
        self.code = bytearray()

    def o(self, *parts: str | int | bytes) -> None:
        for part in parts:
            # PUSH0 came with Shanghai
            self.code += b"\x60\0" if part == 0 and self.fork < Hardfork.SHANGHAI else asm(part)

    def word(self) -> int:
        chance = self.chance
        if chance.random() < 0.5:
            return chance.choice(_EDGES)
        return chance.getrandbits(chance.choice((3, 8, 16, 64, 128, 160, 256)))

    def offset(self) -> int:
        chance = self.chance
        return chance.choice((0, 1, 31, 32, 64, chance.randrange(200), 5_000 if chance.random() < 0.1 else 96))

    def expression(self, depth: int = 0) -> None:
        """Leaves one word."""
        chance = self.chance
        kind = chance.random()
        if depth > 3 or kind < 0.25:
            self.o(self.word())
        elif kind < 0.35:
            self.o(chance.choice(_NONE))
        elif kind < 0.45:
            self.o(self.small() if chance.random() < 0.8 else self.word())
            name = chance.choice(_ASKED)
            if name in ("BALANCE", "EXTCODESIZE", "EXTCODEHASH"):
                self.o("POP", chance.choice(_PLACES))
            self.o(name)
        elif kind < 0.5:
            self.expression(depth + 1)
            self.o(chance.choice(_ONE))
        elif kind < 0.9:
            self.expression(depth + 1)
            self.expression(depth + 1)
            self.o(chance.choice(_TWO))
        elif kind < 0.96:
            for _ in range(3):
                self.expression(depth + 1)
            self.o(chance.choice(_THREE))
        else:
            self.o(self.small(), self.offset(), "KECCAK256")

    def small(self) -> int:
        return self.chance.choice((0, 1, 2, 3, 7, 32, 64))

    def statement(self, depth: int) -> None:
        """Leaves the stack as it was."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.22:
            self.expression()
            self.o(self.offset(), chance.choice(("MSTORE", "MSTORE", "MSTORE8")))
        elif kind < 0.4:
            self.expression()
            self.o(chance.randrange(5), "SSTORE")
        elif kind < 0.44 and self.fork >= Hardfork.CANCUN:
            self.expression()
            self.o(chance.randrange(3), "TSTORE", chance.randrange(3), "TLOAD", "POP")
        elif kind < 0.5:
            self.o(self.small(), self.offset(), self.offset(), chance.choice(("CALLDATACOPY", "CODECOPY")))
        elif kind < 0.53:
            self.o(self.small(), self.offset(), self.offset(), chance.choice(_PLACES), "EXTCODECOPY")
        elif kind < 0.56:
            topics = chance.randrange(5)
            self.o(*(self.word() for _ in range(topics)), self.small(), self.offset(), f"LOG{topics}")
        elif kind < 0.58:
            self.o(self.small() & 3, 0, self.offset(), "RETURNDATACOPY")
        elif kind < 0.68:
            self.call()
        elif kind < 0.72:
            self.create()
        elif kind < 0.82 and depth < 3:
            self.loop(depth)
        elif kind < 0.9 and depth < 4:
            self.branch(depth)
        elif kind < 0.96 and depth < 3:
            self.function(depth)
        else:
            self.expression()
            deep = chance.randrange(1, 5)
            self.o(*(self.word() for _ in range(deep)), f"SWAP{deep}", f"DUP{deep + 1}", *["POP"] * (deep + 2))

    def call(self) -> None:
        chance = self.chance
        kind = chance.choice(("CALL", "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"))
        self.o(self.small(), self.offset(), self.small(), self.offset())
        if kind in ("CALL", "CALLCODE"):
            self.o(chance.choice((0, 0, 0, 1, 10**30)))
        self.o(chance.choice(_PLACES), chance.choice((0, 700, 5_000, 50_000)))
        if chance.random() < 0.3:
            self.o("POP", "GAS")
        self.o(kind, chance.randrange(5), "SSTORE")

    def create(self) -> None:
        chance = self.chance
        made = Writer(chance, self.fork)
        made.o(chance.choice((0, 0xFE, 0xEF)), 0, "MSTORE8", chance.choice((0, 1, 20)), 0, "RETURN")
        code = bytes(made.code)[:32]
        self.o(code.ljust(32, b"\0"), 0, "MSTORE")
        salted = chance.random() < 0.5
        if salted:
            self.o(chance.randrange(2))
        self.o(len(code), 0, chance.choice((0, 0, 1)), "CREATE2" if salted else "CREATE", chance.randrange(5), "SSTORE")

    def _to(self, place: int, jump: str) -> None:
        self.code += b"\x61" + place.to_bytes(2, "big") + asm(jump)

    def _later(self, jump: str) -> int:
        self._to(0, jump)
        return len(self.code) - 3

    def _here(self, at: int) -> None:
        self.code[at : at + 2] = len(self.code).to_bytes(2, "big")
        self.o("JUMPDEST")

    def loop(self, depth: int) -> None:
        chance = self.chance
        self.o(chance.choice((1, 2, 3, 10, 40 if depth < 2 else 3)))
        start = len(self.code)
        self.o("JUMPDEST")
        for _ in range(chance.randrange(1, 3)):
            self.statement(depth + 1)
        self.o(1, "SWAP1", "SUB", "DUP1")
        self._to(start, "JUMPI")
        self.o("POP")

    def branch(self, depth: int) -> None:
        self.expression()
        skipped = self._later("JUMPI")
        self.statement(depth + 1)
        self._here(skipped)

    def function(self, depth: int) -> None:
        """Two calls of a function with an argument, as Solidity makes them."""
        over = self._later("JUMP")
        body = len(self.code)
        self.o("JUMPDEST", "DUP1", 3, "AND", self.offset(), "MSTORE")
        self.statement(depth + 2)
        self.o("SWAP1", "JUMP")
        self._here(over)
        for _ in range(2):
            self.code += b"\x61\0\0"
            back = len(self.code) - 2
            self.o(self.chance.getrandbits(8))
            self._to(body, "JUMP")
            self._here(back)
            self.o("POP")

    def program(self) -> bytes:
        chance = self.chance
        for _ in range(chance.randrange(1, 12)):
            self.statement(0)
        end = chance.random()
        if end < 0.6:
            self.o(self.small(), 0, "RETURN")
        elif end < 0.75:
            self.o(self.small(), 0, "REVERT")
        elif end < 0.85:
            self.o(chance.choice(_PLACES), "SELFDESTRUCT")
        if chance.random() < 0.25:
            for _ in range(chance.randrange(1, 3)):
                self.code[chance.randrange(len(self.code))] = chance.randrange(256)
        return bytes(self.code)


def _growing(chance: random.Random) -> bytes:
    """The stack grows with every turn: each turn is another height."""
    return asm("JUMPDEST", *range(chance.randrange(1, 20)), 0, "JUMP")


def _nested(chance: random.Random) -> bytes:
    """Functions that call the next one twice: twice as many return addresses on the stack at each level."""
    levels, code = chance.randrange(4, 14), bytearray()
    size = 19
    for level in range(levels + 1):
        at = level * size
        assert len(code) == at
        if level == levels:
            code += asm("JUMPDEST", "JUMP")
            break
        after, last, following = at + 8, at + 16, (level + 1) * size
        code += asm("JUMPDEST") + b"\x61" + after.to_bytes(2, "big") + b"\x61" + following.to_bytes(2, "big")
        code += b"\x56" + asm("JUMPDEST") + b"\x61" + last.to_bytes(2, "big")
        code += b"\x61" + following.to_bytes(2, "big") + b"\x56" + asm("JUMPDEST", "JUMP", "STOP")
    return b"\x61\xff\xff" + bytes(code) if chance.random() < 0.2 else bytes(code)


def _carpet(chance: random.Random) -> bytes:
    """As many jump destinations as fit, and jumps wherever the gas points."""
    size = chance.choice((100, 3_000, 24_000))
    return asm("GAS", size, "SWAP1", "MOD", "JUMP") + b"\x5b" * size


def _ladder(chance: random.Random) -> bytes:
    """All the stack there is, touched from its top to as deep as can be."""
    code = bytearray(asm(1) + asm("DUP1") * chance.randrange(1_000, 1_026))
    for _ in range(chance.randrange(2_000)):
        code.append(chance.choice((*range(0x80, 0xA0), 0x01, 0x5F, 0x50, 0x5B)))
    return bytes(code)


def _straight(chance: random.Random) -> bytes:
    """Arithmetic without end and without jumps."""
    ops = [asm(name) for name in (*_TWO, *_THREE) if name != "EXP"]
    return b"".join(asm("CALLVALUE", "TIMESTAMP", "NUMBER") + chance.choice(ops) + asm("POP") for _ in range(4_000))


def _leaving(chance: random.Random) -> bytes:
    """A loop through what only the interpreter can do: jumps to computed places, and back."""
    to = 12 + chance.randrange(3)
    return (
        asm(chance.choice((3, 200)), "JUMPDEST", "PC", "CALLVALUE", "MUL", to, "ADD", "JUMP")
        + bytes.fromhex("5b5b5b5b5b5b5b5b5b5b5b5b")
        + asm(1, "SWAP1", "SUB", "DUP1", 2, "JUMPI")
    )


def _dead(chance: random.Random) -> bytes:
    """Its first block is over before it began, or is not there."""
    first = chance.choice((b"", b"\xfe", b"\x0c", b"\x50", b"\x56", b"\x5b\x50", b"\x60", b"\x7f", b"\x5b\x5b\0"))
    return first + Writer(chance, Hardfork.OSAKA).program()


HOSTILE: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    _growing, _nested, _carpet, _ladder, _straight, _leaving, _dead, lambda chance: chance.randbytes(chance.randrange(3_000))
)  # fmt: skip


class Prompt(Tier):
    """Compiles what is hot at once, in the thread that runs it: a run's outcome must not depend on when that is."""

    def __init__(self, heat_limit: int) -> None:
        super().__init__()
        self.heat_limit = heat_limit
        self.made: dict[bytes, int] = {}

    def hot(self, machine: Machine, arena: Arena, code: int) -> None:
        compiler = self._compiler
        assert compiler is not None
        known = compiler.best.get((arena.codes[code], arena.table))
        visited = frozenset() if known is None else known.visited
        if not arena.visited(code) <= visited:
            made = self.made[arena.codes[code]] = self.made.get(arena.codes[code], 0) + 1
            if made > 8:
                return
            visited |= arena.visited(code)
            compiler.add(compiler.compile(arena.codes[code], arena.table, machine.mnemonics, visited))
        arena.cool(code, 0)
        self._install_new(arena)


def _natively(fork: Hardfork, tier: Tier) -> Engine:
    engine = open_engine("compiled", dev_spec(CHAIN_ID, fork))
    engine.machine = type("Native", (NativeLoop,), {"__slots__": (), "tier": tier})  # type: ignore[attr-defined]
    return engine


def _told(execution: Execution) -> tuple[object, ...]:
    """What py-evm must say too: it has its own words for why a frame halted, and asks for more where one does."""
    result = execution.result
    return type(result), result.output, execution.gas, execution.logs, execution.diff


class Fuzzer:
    """Engines for each hardfork, opened once."""

    def __init__(self, with_py_evm: bool = True) -> None:
        tiers = {"natively": Tier(), "hot": Prompt(20), "at once": Tier(at_once=True)}
        self.engines: dict[Hardfork, dict[str, Engine]] = {}
        for fork in Hardfork:
            engines = {"interpreter": open_engine("interpreter", dev_spec(CHAIN_ID, fork))}
            engines |= {name: _natively(fork, tier) for name, tier in tiers.items()}
            if with_py_evm:
                engines["py-evm"] = open_engine("py-evm", dev_spec(CHAIN_ID, fork))
            self.engines[fork] = engines

    def run(self, seed: int) -> None:
        """One program. Raises AssertionError, naming the seed and the engine, where anything differs."""
        chance = random.Random(seed)
        fork = chance.choice(tuple(Hardfork))
        is_hostile = chance.random() < 0.1
        code, other = (
            chance.choice(HOSTILE)(chance) if is_hostile and i == 0 else Writer(chance, fork).program()
            for i in range(2)
        )
        made = plan(analyse(code), EVM_RULES[fork].opcodes, None, lambda: None)
        assert made.opcodes <= MOST_OPCODES + 1_000, (seed, made.opcodes)
        assert len(made.module) <= LARGEST_MODULE, (seed, len(made.module))
        world: dict[Address, Has] = {
            SENDER: Has(10**24),
            CONTRACT: Has(100, 1, code, {0: 1, 1: 2, 2: (1 << 256) - 1}),
            OTHER: Has(5, 1, other, {1: 1}),
            THIRD: Has(0, 3, b"\xef\x01\x00" + OTHER),
        }
        creates = chance.random() < 0.1
        gas = chance.choice((60_000, 200_000, 200_000, 700_000, chance.randrange(25_000, 700_000)))
        tx = TxEnv(
            SENDER, None if creates else CONTRACT, 0, 3, code[:4_000] if creates else chance.randbytes(40),
            max(gas, 200_000) if creates else gas, 2 * GWEI, 2 * GWEI,
        )  # fmt: skip
        expected: Execution | None = None
        for name, engine in self.engines[fork].items():
            try:
                found = engine.execute(BLOCK, tx, (WholeState if seed % 2 else DictState)(world, BLOCK_HASHES))
            except Exception as error:
                if type(error).__name__ in ("IntrinsicGasTooLow", "GasFloorTooLow"):
                    return
                raise AssertionError(f"seed {seed}: {name} under {fork.label}: {error!r}") from error
            if expected is None:
                expected = found
            is_same = found == expected if name != "py-evm" else _told(found) == _told(expected)
            assert is_same, f"seed {seed}: {name} under {fork.label}: {code.hex()} {other.hex()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run for some time, from a seed on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--without-py-evm", action="store_true", help="several times as fast")
    given = parser.parse_args(arguments)
    fuzzer = Fuzzer(not given.without_py_evm)
    end, seed, failed = time.monotonic() + given.seconds, given.seed, 0
    while time.monotonic() < end:
        try:
            fuzzer.run(seed)
        except AssertionError as problem:
            failed += 1
            print(str(problem)[:2_000], flush=True)
        seed += 1
    print(f"{seed - given.seed} programs, {failed} differ")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
