"""The one table of opcodes: what each is called, takes, leaves and costs at least, what kind of thing it does and the
hardfork it came with. Interpreter, trace compiler, tracers and further tiers read it; a hardfork's opcodes are those
of its own rows and of all earlier ones.

What depends on operands or state (memory, words copied, cold access, value, …) is not in ``gas``: it is charged by
whoever runs the opcode, at the prices named in ``gas``.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from megadev.chain.spec import Hardfork
from megadev.evm import gas


class Kind(Enum):
    """The coarse effect of an opcode: enough to decide what may be compiled and what needs the world."""

    PURE = "reads the stack, leaves one word"
    PUSH = "pushes a constant"
    DUP = "copies a word of the stack"
    SWAP = "exchanges two words of the stack"
    POP = "drops a word of the stack"
    HASH = "hashes memory"
    FRAME = "reads the call frame or the transaction"
    COPY = "copies into memory"
    MEMORY = "reads or writes a word of memory"
    BLOCK = "reads the block"
    ACCOUNT = "reads an account"
    STORAGE = "reads or writes storage that stays"
    TRANSIENT = "reads or writes storage of the transaction"
    JUMP = "moves the program counter, or marks where to"
    LOG = "emits a log"
    CALL = "runs another account's code"
    CREATE = "creates a contract"
    END = "ends the frame"


class Opcode(msgspec.Struct, frozen=True):
    """One row. ``inputs``: words that must be on the stack (for DUP and SWAP: down to the deepest one touched);
    ``outputs``: words in their place afterwards. ``gas``: the part of the price that never changes. ``since``: the
    oldest hardfork megadev knows that has it.
    """

    number: int
    name: str
    inputs: int
    outputs: int
    gas: int
    kind: Kind
    since: Hardfork = Hardfork.LONDON


_ROWS: Final = (
    Opcode(0x00, "STOP", 0, 0, 0, Kind.END),
    Opcode(0x01, "ADD", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x02, "MUL", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x03, "SUB", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x04, "DIV", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x05, "SDIV", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x06, "MOD", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x07, "SMOD", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x08, "ADDMOD", 3, 1, gas.MID, Kind.PURE),
    Opcode(0x09, "MULMOD", 3, 1, gas.MID, Kind.PURE),
    Opcode(0x0A, "EXP", 2, 1, gas.EXP, Kind.PURE),
    Opcode(0x0B, "SIGNEXTEND", 2, 1, gas.LOW, Kind.PURE),
    Opcode(0x10, "LT", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x11, "GT", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x12, "SLT", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x13, "SGT", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x14, "EQ", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x15, "ISZERO", 1, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x16, "AND", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x17, "OR", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x18, "XOR", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x19, "NOT", 1, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x1A, "BYTE", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x1B, "SHL", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x1C, "SHR", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x1D, "SAR", 2, 1, gas.VERY_LOW, Kind.PURE),
    Opcode(0x1E, "CLZ", 1, 1, gas.LOW, Kind.PURE, Hardfork.OSAKA),
    Opcode(0x20, "KECCAK256", 2, 1, gas.KECCAK, Kind.HASH),
    Opcode(0x30, "ADDRESS", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x31, "BALANCE", 1, 1, 0, Kind.ACCOUNT),
    Opcode(0x32, "ORIGIN", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x33, "CALLER", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x34, "CALLVALUE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x35, "CALLDATALOAD", 1, 1, gas.VERY_LOW, Kind.FRAME),
    Opcode(0x36, "CALLDATASIZE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x37, "CALLDATACOPY", 3, 0, gas.VERY_LOW, Kind.COPY),
    Opcode(0x38, "CODESIZE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x39, "CODECOPY", 3, 0, gas.VERY_LOW, Kind.COPY),
    Opcode(0x3A, "GASPRICE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x3B, "EXTCODESIZE", 1, 1, 0, Kind.ACCOUNT),
    Opcode(0x3C, "EXTCODECOPY", 4, 0, 0, Kind.ACCOUNT),
    Opcode(0x3D, "RETURNDATASIZE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x3E, "RETURNDATACOPY", 3, 0, gas.VERY_LOW, Kind.COPY),
    Opcode(0x3F, "EXTCODEHASH", 1, 1, 0, Kind.ACCOUNT),
    Opcode(0x40, "BLOCKHASH", 1, 1, gas.BLOCKHASH, Kind.BLOCK),
    Opcode(0x41, "COINBASE", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x42, "TIMESTAMP", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x43, "NUMBER", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x44, "PREVRANDAO", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x45, "GASLIMIT", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x46, "CHAINID", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x47, "SELFBALANCE", 0, 1, gas.LOW, Kind.ACCOUNT),
    Opcode(0x48, "BASEFEE", 0, 1, gas.BASE, Kind.BLOCK),
    Opcode(0x49, "BLOBHASH", 1, 1, gas.VERY_LOW, Kind.BLOCK, Hardfork.CANCUN),
    Opcode(0x4A, "BLOBBASEFEE", 0, 1, gas.BASE, Kind.BLOCK, Hardfork.CANCUN),
    Opcode(0x50, "POP", 1, 0, gas.BASE, Kind.POP),
    Opcode(0x51, "MLOAD", 1, 1, gas.VERY_LOW, Kind.MEMORY),
    Opcode(0x52, "MSTORE", 2, 0, gas.VERY_LOW, Kind.MEMORY),
    Opcode(0x53, "MSTORE8", 2, 0, gas.VERY_LOW, Kind.MEMORY),
    Opcode(0x54, "SLOAD", 1, 1, 0, Kind.STORAGE),
    Opcode(0x55, "SSTORE", 2, 0, 0, Kind.STORAGE),
    Opcode(0x56, "JUMP", 1, 0, gas.MID, Kind.JUMP),
    Opcode(0x57, "JUMPI", 2, 0, gas.HIGH, Kind.JUMP),
    Opcode(0x58, "PC", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x59, "MSIZE", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x5A, "GAS", 0, 1, gas.BASE, Kind.FRAME),
    Opcode(0x5B, "JUMPDEST", 0, 0, gas.JUMPDEST, Kind.JUMP),
    Opcode(0x5C, "TLOAD", 1, 1, gas.TRANSIENT, Kind.TRANSIENT, Hardfork.CANCUN),
    Opcode(0x5D, "TSTORE", 2, 0, gas.TRANSIENT, Kind.TRANSIENT, Hardfork.CANCUN),
    Opcode(0x5E, "MCOPY", 3, 0, gas.VERY_LOW, Kind.COPY, Hardfork.CANCUN),
    Opcode(0x5F, "PUSH0", 0, 1, gas.BASE, Kind.PUSH, Hardfork.SHANGHAI),
    *(Opcode(0x5F + n, f"PUSH{n}", 0, 1, gas.VERY_LOW, Kind.PUSH) for n in range(1, 33)),
    *(Opcode(0x7F + n, f"DUP{n}", n, n + 1, gas.VERY_LOW, Kind.DUP) for n in range(1, 17)),
    *(Opcode(0x8F + n, f"SWAP{n}", n + 1, n + 1, gas.VERY_LOW, Kind.SWAP) for n in range(1, 17)),
    *(Opcode(0xA0 + n, f"LOG{n}", n + 2, 0, gas.LOG + n * gas.LOG_TOPIC, Kind.LOG) for n in range(5)),
    Opcode(0xF0, "CREATE", 3, 1, gas.CREATE, Kind.CREATE),
    Opcode(0xF1, "CALL", 7, 1, 0, Kind.CALL),
    Opcode(0xF2, "CALLCODE", 7, 1, 0, Kind.CALL),
    Opcode(0xF3, "RETURN", 2, 0, 0, Kind.END),
    Opcode(0xF4, "DELEGATECALL", 6, 1, 0, Kind.CALL),
    Opcode(0xF5, "CREATE2", 4, 1, gas.CREATE, Kind.CREATE),
    Opcode(0xFA, "STATICCALL", 6, 1, 0, Kind.CALL),
    Opcode(0xFD, "REVERT", 2, 0, 0, Kind.END),
    Opcode(0xFE, "INVALID", 0, 0, 0, Kind.END),
    Opcode(0xFF, "SELFDESTRUCT", 1, 0, gas.SELFDESTRUCT, Kind.END),
)

_BY_NUMBER: Final = {row.number: row for row in _ROWS}
OPCODES: Final[tuple[Opcode | None, ...]] = tuple(_BY_NUMBER.get(number) for number in range(256))
"""By number; None where no hardfork has put anything."""
NUMBERS: Final[dict[str, int]] = {row.name: row.number for row in _ROWS}
"""By name."""
STACK_INPUTS: Final[tuple[int, ...]] = tuple(0 if row is None else row.inputs for row in OPCODES)
"""How many words each opcode needs on the stack, by number."""
BASE_GAS: Final[tuple[int, ...]] = tuple(0 if row is None else row.gas for row in OPCODES)
"""The constant part of each opcode's price, by number."""


def named(number: int) -> str:
    """An opcode as an error names it, whether or not the hardfork has it: code compiled for a later one shows as such,
    in geth's words.
    """
    row = OPCODES[number]
    return f"opcode {number:#x} not defined" if row is None else row.name


def names_at(hardfork: Hardfork) -> dict[int, str]:
    """Mnemonic by number of every opcode that ``hardfork`` has; PREVRANDAO was called DIFFICULTY before the merge."""
    names = {row.number: row.name for row in _ROWS if row.since <= hardfork}
    return names if hardfork >= Hardfork.PARIS else names | {0x44: "DIFFICULTY"}
