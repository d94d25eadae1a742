"""Storage by the names of the source: which variable, member, item or entry a slot holds, and its value as people write
it.

A slot of a mapping's entry or of an array's item is a hash and does not tell of what. In a transaction the hashed words
were seen (KECCAK256), so every slot that it changed can be named; of storage that merely lies there, keys are guessed:
accounts of the chain, and small numbers. ("Layout of State Variables in Storage" in the Solidity documentation.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from megadev.artifacts.artifact import VYPER, Artifact
from megadev.artifacts.layout import WORD, Form, Layout, Type, Variable
from megadev.artifacts.registry import ArtifactRegistry
from megadev.chain.blocks import Tag
from megadev.errors import PrefetchNeeded, StateUnavailable
from megadev.evm.engine import Execution, Frame, FrameExit, Step, Tracer
from megadev.evm.tracers.prestate import Change, changes
from megadev.inspect.replay import placed_transaction, replay
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView

IMPLEMENTATION_SLOT = int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1
"""Where a proxy keeps whose code it runs (ERC-1967)."""
_OLDER_SLOTS = tuple(
    int.from_bytes(keccak(name), "big") for name in (b"PROXIABLE", b"org.zeppelinos.proxy.implementation")
)
"""Where others keep it: ERC-1822's, and those that OpenZeppelin made before ERC-1967."""
_DELEGATION = b"\xef\x01\x00"
_CLONES = tuple(
    map(bytes.fromhex, ("363d3d373d3d3d363d73", "365f5f375f5f365f73", "3d3d3d3d363d3d37363d73", "5f5f365f5f37365f73"))
)
"""How minimal proxies begin: ERC-1167, ERC-7511, and the two shorter ones that Solady makes."""
_KECCAK256 = 0x20
_LONGEST_KEY = 1_024
"""Bytes of a mapping's key, and how many hashed texts are kept of a transaction."""
_MOST_SEEN = 200_000
_MOST_GUESSES = 100_000
_SMALL = range(256)
"""Numbers that are guessed as keys."""
_LONGEST_ARRAY = 2**40
"""Slots behind an array's or a text's first that are taken for its items."""
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A variable in a slot: all of it, or ``type.size`` bytes from ``offset`` (from the low end) on. ``name``:
    ``balances[0x…]``, ``points[2].x``.
    """

    name: str
    type: Type
    offset: int = 0

    def value(self, word: int) -> str:
        """Its value, where ``word`` is in the slot, as Solidity writes it."""
        return _value(self.type, word, self.offset)


def _value(type_: Type, word: int, offset: int) -> str:
    label, size = type_.label, type_.size
    if type_.form is Form.BYTES:
        return _short(word, label)
    number = (word >> (8 * offset)) & ((1 << (8 * min(size, WORD))) - 1)
    if type_.form is Form.ENUM:
        if size == 1:
            return type_.words[number] if number < len(type_.words) else str(number)
        return " | ".join(each for i, each in enumerate(type_.words) if number >> i & 1) or "0"  # a flag of Vyper's
    if label == "bool":
        return {0: "false", 1: "true"}.get(number, str(number))
    if label == "address":
        return checksum_address((number & (2**160 - 1)).to_bytes(_ADDRESS_BYTES, "big"))
    if label.startswith("bytes"):
        width = int(label[5:] or WORD)
        # a word of Vyper's holds them at its high end
        raw = number >> (8 * (WORD - width)) if size == WORD and width < WORD else number
        return to_data(raw.to_bytes(width, "big"))
    if label == "decimal":
        signed = number - 2**256 if number >> 255 else number
        return f"{'-' * (signed < 0)}{abs(signed) // 10**10}.{abs(signed) % 10**10:010d}"
    if label.startswith("int") and label[3:].isdecimal():
        bits = int(label[3:])
        number &= 2**bits - 1
        return str(number - 2**bits if number >> (bits - 1) else number)
    return str(number) if size <= 8 or label.startswith("uint") else hex(number)


def _short(word: int, label: str) -> str:
    """A text or bytes whose slot holds ``word``: shorter ones lie in it."""
    if word & 1:
        return f"{word >> 1} bytes"
    raw = word.to_bytes(WORD, "big")[: (word & 0xFF) // 2]
    return _quoted(raw) if label == "string" else to_data(raw)


def _quoted(raw: bytes) -> str:
    return '"' + raw.decode(errors="replace").replace("\\", "\\\\").replace('"', '\\"') + '"'


_NUMBER = Type(Form.VALUE, "uint256")
_RAW = Type(Form.VALUE, "bytes32")


class _Namer:
    """Names of the slots ``wanted``, and of no others. ``seen``: texts that were hashed; ``accounts``: guesses."""

    def __init__(
        self, wanted: Iterable[int], seen: Iterable[bytes], accounts: Sequence[Address], is_vyper: bool
    ) -> None:
        self.names: dict[int, list[Part]] = {}
        self._wanted = set(wanted)
        self._accounts = accounts
        self._is_vyper = is_vyper
        self._guesses = _MOST_GUESSES
        self._hashed: dict[int, list[bytes]] = {}
        for text in seen:
            slot = text[:WORD] if is_vyper else text[-WORD:]
            self._hashed.setdefault(int.from_bytes(slot, "big"), []).append(text[WORD:] if is_vyper else text[:-WORD])
        self._points = sorted(self._wanted | self._hashed.keys())

    def name(self, layout: Layout) -> dict[int, list[Part]]:
        for variables in (layout.variables, *layout.namespaces.values()):
            for variable in variables:
                self._visit(variable.name, variable.type, variable.slot, variable.offset)
        return self.names

    def _visit(self, name: str, type_: Type, slot: int, offset: int = 0) -> None:
        form = type_.form
        if form is Form.STRUCT:
            self._members(name, type_.members, slot)
        elif form is Form.MAPPING:
            self._entries(name, type_, slot)
        elif form is Form.FIXED:
            self._items(name, type_, slot, type_.slots)
        elif form is Form.DYNAMIC:
            self._note(slot, Part(f"{name}.length", _NUMBER))
            self._items(name, type_, _hash(slot.to_bytes(WORD, "big")), _LONGEST_ARRAY)
        elif form is Form.BYTES:
            self._note(slot, Part(name, type_))
            self._text(name, _hash(slot.to_bytes(WORD, "big")), _LONGEST_ARRAY)
        elif form is Form.BOUNDED:
            self._note(slot, Part(f"{name}.length", _NUMBER))
            if type_.item is None:
                self._text(name, slot + 1, type_.slots - 1)
            else:
                self._items(name, type_, slot + 1, type_.slots - 1)
        elif form is not Form.AGAIN:
            self._note(slot, Part(name, type_, offset))

    def _note(self, slot: int, part: Part) -> None:
        if slot in self._wanted:
            self.names.setdefault(slot, []).append(part)

    def _members(self, name: str, members: Iterable[Variable], slot: int) -> None:
        for member in members:
            self._visit(f"{name}.{member.name}", member.type, slot + member.slot, member.offset)

    def _within(self, first: int, slots: int) -> Iterator[int]:
        """Slots that matter, of so many from ``first`` on, counted from there."""
        for point in self._points[bisect_left(self._points, first) :]:
            if point >= first + slots:
                return
            yield point - first

    def _text(self, name: str, first: int, slots: int) -> None:
        for i in self._within(first, slots):
            self._note(first + i, Part(f"{name}[{WORD * i}…{WORD * i + WORD - 1}]", _RAW))

    def _items(self, name: str, type_: Type, first: int, slots: int) -> None:
        item = type_.item
        assert item is not None
        if not self._is_vyper and not item.starts_slot and item.size <= WORD // 2:
            each = WORD // item.size
            for i in self._within(first, slots):
                for j in range(each):
                    if type_.form is not Form.FIXED or each * i + j < type_.length:
                        self._visit(f"{name}[{each * i + j}]", item, first + i, j * item.size)
            return
        size = max(item.slots, 1)
        for index in dict.fromkeys(i // size for i in self._within(first, slots)):
            self._visit(f"{name}[{index}]", item, first + size * index)

    def _entries(self, name: str, type_: Type, slot: int) -> None:
        key, item, place = type_.key, type_.item, slot.to_bytes(WORD, "big")
        assert key is not None and item is not None
        known = dict.fromkeys(self._hashed.get(slot, ()))
        for text in known:
            at = _hash(place + text if self._is_vyper else text + place)
            self._visit(f"{name}[{_key(key, text)}]", item, at)
        for text in self._guessed(key):
            if self._guesses == 0:
                return
            self._guesses -= 1
            at = _hash(place + text if self._is_vyper else text + place)
            # further mappings within are at places of their own, so whether there is something cannot be told yet
            is_there = next(self._within(at, max(item.slots, 1)), None) is not None
            if text not in known and (is_there or item.form in (Form.MAPPING, Form.DYNAMIC)):
                self._visit(f"{name}[{_key(key, text)}]", item, at)

    def _guessed(self, key: Type) -> Iterator[bytes]:
        """Keys of this type that may be in use."""
        if not self._accounts:
            return
        if key.label == "address":
            yield from (account.rjust(WORD, b"\0") for account in self._accounts)
        elif key.form is Form.ENUM or (key.form is Form.VALUE and not key.label.startswith("bytes")):
            yield from (number.to_bytes(WORD, "big") for number in _SMALL)


def _hash(text: bytes) -> int:
    return int.from_bytes(keccak(text), "big")


def _key(type_: Type, text: bytes) -> str:
    if type_.form is Form.BYTES:
        return _quoted(text) if type_.label == "string" else to_data(text)
    if len(text) != WORD or type_.form is Form.BOUNDED:  # Vyper hashes texts first
        return to_data(text)
    word = int.from_bytes(text, "big")
    if type_.label.startswith("bytes"):  # a key has its bytes at the high end
        return to_data(text[: int(type_.label[5:] or WORD)])
    return _value(type_, word, 0)


def implementation_of(state: StateReader, address: Address, code: bytes) -> Address | None:
    """Returns the implementation whose code runs at ``address`` on its storage: a proxy's (ERC-1967, ERC-1822, ERC-1167
    and others like it) or a delegation's (EIP-7702).
    """
    if code.startswith(_DELEGATION) and len(code) == len(_DELEGATION) + _ADDRESS_BYTES:
        return code[len(_DELEGATION) :]
    for begin in _CLONES:
        if code.startswith(begin):
            return code[len(begin) : len(begin) + _ADDRESS_BYTES]
    for slot in (IMPLEMENTATION_SLOT, *_OLDER_SLOTS) if code else ():
        word = state.storage(address, slot)
        if 0 < word < 2**160:
            return word.to_bytes(WORD, "big")[12:]
    return None


def contracts_of(state: StateReader, registry: ArtifactRegistry, address: Address) -> list[Artifact]:
    """Returns the known contracts whose code runs on the storage of ``address``: its own, and an implementation's."""
    found = []
    code = _code(state, address)
    behind = implementation_of(state, address, code)
    for each, its_code in ((address, code), *(((behind, _code(state, behind)),) if behind is not None else ())):
        artifact = registry.contract_at(each, its_code)
        if artifact is not None:
            found.append(artifact)
    return found


def _code(state: StateReader, address: Address) -> bytes:
    account = state.account(address)
    return b"" if account is None else state.code(account.code_hash)


def names_of(
    artifacts: Iterable[Artifact], slots: Iterable[int], seen: Iterable[bytes] = (), accounts: Sequence[Address] = ()
) -> dict[int, list[Part]]:
    """Returns the variables in ``slots``, as far as the layouts of ``artifacts`` tell. ``seen``: texts that were
    hashed; ``accounts``: what keys of mappings are guessed to be; without any, nothing is guessed.
    """
    wanted, texts = tuple(slots), tuple(seen)
    found: dict[int, list[Part]] = {}
    for artifact in artifacts:
        layout = artifact.layout
        if layout is not None:
            for slot, parts in _Namer(wanted, texts, accounts, artifact.language == VYPER).name(layout).items():
                found.setdefault(slot, parts)
    if IMPLEMENTATION_SLOT in wanted:
        proxied = Part("implementation (ERC-1967)", Type(Form.VALUE, "address", _ADDRESS_BYTES))
        found.setdefault(IMPLEMENTATION_SLOT, [proxied])
    return found


class _Hashes:
    """Keeps what an execution hashed that may have been a mapping's key and slot."""

    wants_steps = True

    def __init__(self) -> None:
        self.texts: set[bytes] = set()

    def enter(self, frame: Frame) -> None:
        pass

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        pass

    def step(self, step: Step) -> None:
        if step.op == _KECCAK256 and len(step.stack) > 1:
            start, size = step.stack[-1], step.stack[-2]
            if WORD < size <= WORD + _LONGEST_KEY and start < 2**32 and len(self.texts) < _MOST_SEEN:
                self.texts.add(bytes(step.memory[start : start + size]).ljust(size, b"\0"))

    def step_done(self, gas_left: int) -> None:
        pass

    def log(self, log: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Named:
    """One account that a transaction changed. ``contract``: whose layout names its slots, '' where none is known."""

    contract: str
    change: Change
    names: Mapping[int, list[Part]]


def named_changes(
    chain: LocalChain, registry: ArtifactRegistry, tx_hash: Hash32, bounded: Callable[[Tracer], Tracer]
) -> dict[Address, Named]:
    """Returns an included transaction's changes, by address in order. Raises ``NotFound``, and what ``bounded`` ends it
    with.
    """
    block, position = placed_transaction(chain, tx_hash)
    hashes = _Hashes()
    watcher = bounded(hashes)
    again = replay(chain, block, lambda each, tx, state: watcher if each == position else None, stop=position + 1)
    for replayed in again:
        if replayed.index == position:
            return _named(replayed.before, replayed.execution, registry, hashes.texts)
    raise AssertionError("a placed transaction runs again")


def _named(
    before: StateReader, execution: Execution, registry: ArtifactRegistry, seen: set[bytes]
) -> dict[Address, Named]:
    found = {}
    after = Overlay(before, execution.diff)
    for address, change in changes(before, execution).items():
        state = after if change.after is not None else before
        artifacts = contracts_of(state, registry, address)
        names = names_of(artifacts, change.storage, seen)
        found[address] = Named(artifacts[-1].name if artifacts else "", change, names)
    return found


def kept_storage(chain: LocalChain, address: Address) -> dict[int, int]:
    """Slots that are not 0 as they are now; on a fork those that were asked for."""
    world, diffs = _layers(chain)
    slots = dict(world.storage_of(address))
    for diff in diffs:
        if address in diff.cleared:
            slots = {}
        slots.update(dict(diff.storage.get(address, {})))
    return {slot: value for slot, value in slots.items() if value}


def kept_accounts(chain: LocalChain) -> dict[Address, Account]:
    """The accounts as they are now; on a fork those that are held here."""
    world, diffs = _layers(chain)
    accounts: dict[Address, Account | None] = dict(world.accounts())
    for diff in diffs:
        accounts.update(dict(diff.accounts))
    return {address: account for address, account in accounts.items() if account is not None}


def _layers(chain: LocalChain) -> tuple[World, list[StateDiff]]:
    """The newest state: the world of a block, and what was laid on top since, the oldest first."""
    state = chain.state(Tag.LATEST)
    diffs: list[StateDiff] = []
    while isinstance(state, Overlay):
        diffs.insert(0, state.diff)
        state = state.base
    return (state.world if isinstance(state, WorldView) else chain.head.world), diffs


def known_contracts(chain: LocalChain, registry: ArtifactRegistry) -> Iterator[tuple[Address, list[Artifact]]]:
    """The accounts of a chain whose code, or the code that they run, is known; on a fork those that are held here."""
    state = chain.state(Tag.LATEST)
    held = {each: account for each, account in kept_accounts(chain).items() if account.code_hash != EMPTY_CODE_HASH}
    for address in sorted(held):
        try:
            artifacts = contracts_of(state, registry, address)
        except PrefetchNeeded:
            raise
        except StateUnavailable:  # a fork's upstream does not answer
            continue
        if artifacts:
            yield address, artifacts
