"""Small worlds and small programs for the engine suite: a state made of dicts, and an assembler."""

from __future__ import annotations

from dataclasses import dataclass, field

from megadev.chain.spec import Hardfork
from megadev.evm.rules import EVM_RULES
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff


@dataclass
class Has:
    """What an account has at the start."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: dict[int, int] = field(default_factory=dict)


class DictState:
    """A ``StateReader`` over plain dicts that counts how often each key is asked for."""

    def __init__(self, accounts: dict[Address, Has], block_hashes: dict[int, Hash32] | None = None) -> None:
        self.accounts: dict[Address, Account] = {}
        self.slots: dict[tuple[Address, int], int] = {}
        self.codes: dict[Hash32, bytes] = {EMPTY_CODE_HASH: b""}
        self.block_hashes = block_hashes or {}
        self.asked: list[object] = []
        for address, has in accounts.items():
            code_hash = keccak(has.code)
            self.codes[code_hash] = has.code
            self.accounts[address] = Account(has.nonce, has.balance, code_hash)
            for slot, value in has.storage.items():
                self.slots[address, slot] = value

    def account(self, address: Address) -> Account | None:
        self.asked.append(address)
        return self.accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        self.asked.append((address, slot))
        return self.slots.get((address, slot), 0)

    def has_storage(self, address: Address) -> bool:
        return any(value for (owner, _), value in self.slots.items() if owner == address)

    def code(self, code_hash: Hash32) -> bytes:
        return self.codes[code_hash]

    def block_hash(self, number: int) -> Hash32:
        return self.block_hashes.get(number, bytes(32))

    def apply(self, diff: StateDiff) -> None:
        """Become the state after ``diff``."""
        for address in diff.cleared:
            self.slots = {key: value for key, value in self.slots.items() if key[0] != address}
        for address, account in diff.accounts.items():
            if account is None:
                self.accounts.pop(address, None)
                self.slots = {key: value for key, value in self.slots.items() if key[0] != address}
            else:
                self.accounts[address] = account
        for address, slots in diff.storage.items():
            for slot, value in slots.items():
                self.slots[address, slot] = value
        self.codes.update(diff.codes)


class WholeState(DictState):
    """The same, and it knows each account's storage whole (``state.reader.KnowsStorage``)."""

    def whole_storage(self, address: Address, most: int) -> dict[int, int] | None:
        slots = {slot: value for (owner, slot), value in self.slots.items() if owner == address and value}
        return slots if len(slots) <= most else None


_OPCODES = {name: op for op, name in EVM_RULES[Hardfork.OSAKA].opcodes.items()}


def asm(*parts: str | int | bytes) -> bytes:
    """Bytecode: mnemonics (several to a string), integers and byte strings to push in the fewest bytes."""
    code = bytearray()
    for part in parts:
        if isinstance(part, str):
            for word in part.split():
                code.append(_OPCODES[word])
        elif part == 0:
            code.append(0x5F)
        else:
            data = part if isinstance(part, bytes) else part.to_bytes((part.bit_length() + 7) // 8, "big")
            code += bytes([0x5F + len(data)]) + data
    return bytes(code)


def returning(code: bytes, before: bytes = b"") -> bytes:
    """Creation code that does ``before`` and then deploys ``code``."""
    push = asm(len(code))
    offset = len(before) + len(push) + 7
    return before + push + asm("DUP1") + bytes([0x60, offset]) + asm(0, "CODECOPY", 0, "RETURN") + code


def call(
    kind: str, to: Address | int, *, value: int = 0, gas: int = 100_000, in_size: int = 0, out_size: int = 0
) -> bytes:
    """A call that leaves its success on the stack."""
    has_value = kind in ("CALL", "CALLCODE")
    target = to if isinstance(to, bytes) else to.to_bytes(20, "big")
    return asm(out_size, 0, in_size, 0, *([value] if has_value else []), target, gas, kind)
